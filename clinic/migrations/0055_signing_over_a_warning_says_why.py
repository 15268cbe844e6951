from django.db import migrations

import clinic.encrypted_fields


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0054_clinic_says_when_diagnoses_are_read"),
    ]

    operations = [
        migrations.AddField(
            model_name="consultation",
            name="unreviewed_reason",
            field=clinic.encrypted_fields.EncryptedTextField(
                blank=True,
                editable=False,
                verbose_name="why it was signed before a warning was reviewed",
            ),
        ),
    ]
