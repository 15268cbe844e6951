"""Store names as they are compared, and let the database refuse the same person twice."""

from collections import defaultdict
from typing import Any

import django.db.models.functions.text
from django.db import migrations, models
from django.db.models import Q

from clinic.people.names import name_columns

COLUMNS = ("folded_name", "joined_names", "name_key")
BATCH = 1_000
TRIGRAMS = {
    "patient_folded_name_trigrams": "folded_name",
    "patient_search_name_trigrams": "search_name",
} | {"patient_joined_names_trigrams": "joined_names"}


def fill(apps: Any, _editor: Any) -> None:
    """Compute the columns of the patients who have a name, and tell namesakes apart."""
    patients = apps.get_model("clinic", "Patient").objects
    known: dict[Any, int] = defaultdict(int)
    living = patients.filter(pseudonymised_at__isnull=True).order_by("created_at", "record_number")
    rows = []
    for patient in living.only("full_name", "preferred_name", "birth_date"):
        columns = name_columns(patient.full_name, patient.preferred_name)
        for name in COLUMNS:
            setattr(patient, name, columns[name])
        same = (patient.name_key, patient.birth_date)
        patient.namesake = known[same]
        known[same] += 1
        rows.append(patient)
    patients.bulk_update(rows, [*COLUMNS, "namesake"], batch_size=BATCH)


def index(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        # Constraints that wait for the end of the transaction would forbid the index.
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for name, column in TRIGRAMS.items():
            editor.execute(
                f"CREATE INDEX {name} ON clinic_patient USING gin ({column} gin_trgm_ops)"
            )


def unindex(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        for name in TRIGRAMS:
            editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("clinic", "0050_plainer_words")]

    operations = [
        migrations.RemoveConstraint(
            model_name="patient", name="patient_whose_record_has_ended_has_no_name"
        ),
        migrations.AddField(
            model_name="patient",
            name="folded_name",
            field=models.TextField(blank=True, default="", editable=False),
        ),
        migrations.AddField(
            model_name="patient",
            name="joined_names",
            field=models.TextField(blank=True, default="", editable=False),
        ),
        migrations.AddField(
            model_name="patient",
            name="name_key",
            field=models.CharField(blank=True, default="", editable=False, max_length=150),
        ),
        migrations.AddField(
            model_name="patient",
            name="namesake",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(index, unindex),
        migrations.AlterField(
            model_name="patient",
            name="birth_date",
            field=models.DateField(db_index=True, verbose_name="date of birth"),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.UniqueConstraint(
                condition=~Q(name_key=""),
                fields=("name_key", "birth_date", "namesake"),
                name="patient_is_registered_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("pseudonymised_at__isnull", True),
                    Q(
                        ("duplicate_reason", ""),
                        ("email", ""),
                        ("emergency_contact", ""),
                        ("folded_name", ""),
                        ("full_name", models.F("record_number")),
                        ("has_email_reminders", False),
                        ("has_sms_reminders", False),
                        ("insurer", ""),
                        ("is_possible_duplicate", False),
                        ("joined_names", ""),
                        ("name_key", ""),
                        ("national_id", ""),
                        ("phone", ""),
                        ("preferred_name", ""),
                        ("search_name", django.db.models.functions.text.Lower("record_number")),
                    ),
                    _connector="OR",
                ),
                name="patient_whose_record_has_ended_has_no_name",
            ),
        ),
    ]
