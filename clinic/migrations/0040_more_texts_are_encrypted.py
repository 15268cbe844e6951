from django.db import migrations

from clinic.encrypted_columns import open_stored_texts, seal_stored_texts

LINE = ("form", "strength", "dose", "route", "frequency", "duration", "quantity")
COLUMNS = (
    *(f"clinic_prescriptionline.{name}" for name in LINE),
    "clinic_writingtemplateversion.content",
)


class Migration(migrations.Migration):
    # Separate, because PostgreSQL cannot alter a column in a transaction that has changed its rows.
    dependencies = [("clinic", "0039_more_texts_have_room_to_be_encrypted")]

    operations = [
        migrations.RunPython(
            seal_stored_texts("clinic", COLUMNS), open_stored_texts("clinic", COLUMNS)
        ),
    ]
