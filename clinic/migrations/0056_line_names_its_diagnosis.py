from django.db import migrations

import clinic.encrypted_fields


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0055_signing_over_a_warning_says_why"),
    ]

    operations = [
        migrations.AddField(
            model_name="prescriptionline",
            name="indication",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=120, verbose_name="for which diagnosis"
            ),
        ),
    ]
