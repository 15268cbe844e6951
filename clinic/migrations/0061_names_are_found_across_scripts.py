"""Keep the consonants of each name, by which it is found in Latin and in Arabic letters."""

from typing import Any

from django.db import migrations

from clinic.people.names import name_columns

BATCH = 1_000


def fill(apps: Any, _editor: Any) -> None:
    """Compute the column again for the patients who have a name."""
    patients = apps.get_model("clinic", "Patient").objects.filter(pseudonymised_at__isnull=True)
    rows = patients.only("full_name", "preferred_name").order_by("pk")
    last: Any = None
    while batch := list((rows.filter(pk__gt=last) if last else rows)[:BATCH]):
        for patient in batch:
            columns = name_columns(patient.full_name, patient.preferred_name)
            patient.joined_names = columns["joined_names"]
        patients.bulk_update(batch, ["joined_names"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("clinic", "0060_patients_are_compared_by_email")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
