from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("clinic", "0059_lines_keep_their_words_in_other_languages")]

    operations = [
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(Upper("email"), name="patient_by_email"),
        ),
    ]
