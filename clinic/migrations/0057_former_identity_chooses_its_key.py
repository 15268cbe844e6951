from django.db import migrations, models

import clinic.people.models.record_ending


class Migration(migrations.Migration):
    dependencies = [("clinic", "0056_line_names_its_diagnosis")]

    operations = [
        migrations.AlterField(
            model_name="formeridentity",
            name="id",
            field=models.BigAutoField(
                default=clinic.people.models.record_ending.new_key,
                editable=False,
                primary_key=True,
                serialize=False,
            ),
        ),
    ]
