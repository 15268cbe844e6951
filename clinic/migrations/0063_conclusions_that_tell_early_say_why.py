from django.db import migrations

import clinic.encrypted_fields


class Migration(migrations.Migration):
    dependencies = [("clinic", "0062_patients_hear_of_released_diagnoses")]

    operations = [
        migrations.AddField(
            model_name="consultation",
            name="early_reason",
            field=clinic.encrypted_fields.EncryptedTextField(
                blank=True,
                editable=False,
                verbose_name="why the conclusion names a diagnosis that waits",
            ),
        ),
    ]
