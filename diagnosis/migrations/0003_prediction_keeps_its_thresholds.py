from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0002_catalogue")]

    operations = [
        migrations.AddField(
            model_name="prediction",
            name="malignant_threshold",
            field=models.FloatField(
                blank=True,
                help_text="The malignant share from which this model version warns.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="prediction",
            name="uncertain_below",
            field=models.FloatField(
                blank=True,
                help_text="The highest probability under which this model version names no class.",
                null=True,
            ),
        ),
    ]
