from django.db import migrations

import clinic.core.encrypted_fields


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0058_what_is_encrypted_is_bound_to_its_row"),
    ]

    operations = [
        migrations.AddField(
            model_name="prescriptionline",
            name="in_languages",
            field=clinic.core.encrypted_fields.EncryptedJSONField(
                editable=False, null=True, verbose_name="in other languages"
            ),
        ),
    ]
