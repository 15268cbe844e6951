"""Let an image of the atlas say its caption and source in other languages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0018_descriptions_in_french_and_arabic")]

    operations = [
        migrations.AddField(
            model_name="atlasimage",
            name="translations",
            field=models.JSONField(
                blank=True, default=dict, help_text="By language: caption, source."
            ),
        ),
    ]
