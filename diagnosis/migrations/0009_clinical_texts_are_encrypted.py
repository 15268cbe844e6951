from django.db import migrations

from clinic.encrypted_columns import open_stored_texts, seal_stored_texts


class Migration(migrations.Migration):
    # Separate, because PostgreSQL cannot alter a column in a transaction that has changed its rows.
    dependencies = [
        ("diagnosis", "0008_clinical_texts_have_room_to_be_encrypted"),
    ]

    operations = [
        migrations.RunPython(seal_stored_texts("diagnosis"), open_stored_texts("diagnosis")),
    ]
