"""Leave of the whole clinic, minutes between visits, and overbooking with a reason.

An ordinary appointment still takes no time that another one holds. One with a reason may take a
doctor's time twice, but never a patient's. A walk-in holds no time at all. Existing rows stay where
they are and change as before, so the guard checks only when a row takes time. No exclusion
constraint can express that, because it knows no before and after: PostgreSQL keeps its constraint
for ordinary appointments among themselves, which may be inserted at the same moment, and a trigger
for what an overbooked one holds.

SQLite only has triggers. A later migration in which Django rebuilds the table of appointments drops
them and has to run `guard` again (a test checks for them).
"""

from importlib import import_module

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

HOLDING = "('booked', 'confirmed', 'arrived', 'in_consultation', 'completed')"
GUARDS = {
    "appointment_doctor_is_free": "doctor_id",
    "appointment_patient_is_free": "patient_id",
}
EVENTS = ("insert", "update")
ORDINARY = "overbooked_reason = ''"


def is_taking_time(column: str) -> str:
    """Match the rows of an UPDATE that hold something after it that they did not hold before."""
    return (
        f"(OLD.status NOT IN {HOLDING} OR OLD.starts_at <> NEW.starts_at OR OLD.ends_at <> NEW.ends_at"
        f" OR OLD.{column} <> NEW.{column} OR OLD.overbooked_reason <> NEW.overbooked_reason"
        " OR OLD.is_walk_in <> NEW.is_walk_in)"
    )


def columns_of(event: str, column: str) -> str:
    return (
        "INSERT"
        if event == "insert"
        else f"UPDATE OF status, starts_at, ends_at, {column}, overbooked_reason, is_walk_in"
    )


def watched(event: str, column: str) -> str:
    """Match the rows that a guard checks."""
    parts = [f"NEW.status IN {HOLDING}", "NOT NEW.is_walk_in"]
    if column == "doctor_id":
        parts.append(f"NEW.{ORDINARY}")
    if event == "update":
        parts.append(is_taking_time(column))
    return " AND ".join(parts)


def overlaps(column: str) -> str:
    return (
        f"SELECT 1 FROM clinic_appointment WHERE {column} = NEW.{column} AND id <> NEW.id"
        f" AND status IN {HOLDING} AND NOT is_walk_in AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at"
    )


def guard_postgresql(editor: BaseDatabaseSchemaEditor) -> None:
    for name, column in GUARDS.items():
        holding = f"status IN {HOLDING} AND NOT is_walk_in"
        editor.execute(
            f"ALTER TABLE clinic_appointment ADD CONSTRAINT {name} EXCLUDE USING gist ("
            f"{column} WITH =, tstzrange(starts_at, ends_at) WITH &&"
            f") WHERE ({holding if column == 'patient_id' else f'{holding} AND {ORDINARY}'})",
            params=None,
        )
    name, column = "appointment_doctor_is_free", "doctor_id"
    editor.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF EXISTS ({overlaps(column)} AND overbooked_reason <> '') THEN "
        f"RAISE EXCEPTION '{name}' USING ERRCODE = 'exclusion_violation'; "
        "END IF; RETURN NEW; END $$",
        params=None,
    )
    for event in EVENTS:
        editor.execute(
            f"CREATE TRIGGER {name}_{event} BEFORE {columns_of(event, column)} "
            f"ON clinic_appointment FOR EACH ROW WHEN ({watched(event, column)}) "
            f"EXECUTE FUNCTION {name}()",
            params=None,
        )


def guard_sqlite(editor: BaseDatabaseSchemaEditor) -> None:
    for name, column in GUARDS.items():
        for event in EVENTS:
            editor.execute(
                f"CREATE TRIGGER {name}_{event} BEFORE {columns_of(event, column)} "
                f"ON clinic_appointment WHEN {watched(event, column)} "
                f"BEGIN SELECT RAISE(ABORT, '{name}') WHERE EXISTS ({overlaps(column)}); END",
                params=None,
            )


def guard(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    unguard(apps, editor)
    if editor.connection.vendor == "postgresql":
        guard_postgresql(editor)
    else:
        guard_sqlite(editor)


def unguard(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    on_table = " ON clinic_appointment" if editor.connection.vendor == "postgresql" else ""
    for name in GUARDS:
        for event in EVENTS:
            editor.execute(f"DROP TRIGGER IF EXISTS {name}_{event}{on_table}")
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE clinic_appointment DROP CONSTRAINT IF EXISTS {name}")
            editor.execute(f"DROP FUNCTION IF EXISTS {name}()")


def guard_as_before(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    before = import_module("clinic.migrations.0012_walk_in_holds_no_slot")
    before.make_guards(editor, "is_walk_in")


class Migration(migrations.Migration):
    dependencies = [("clinic", "0013_waiting_room")]

    operations = [
        migrations.RunPython(unguard, guard_as_before),
        migrations.AddField(
            model_name="appointment",
            name="overbooked_reason",
            field=models.CharField(blank=True, max_length=200, verbose_name="why overbooked"),
        ),
        migrations.AddField(
            model_name="clinicsettings",
            name="is_overbooking_allowed",
            field=models.BooleanField(
                default=False, verbose_name="the desk may book past full calendars, with a reason"
            ),
        ),
        migrations.AddField(
            model_name="doctor",
            name="buffer_minutes",
            field=models.PositiveSmallIntegerField(
                default=0,
                validators=[django.core.validators.MaxValueValidator(60)],
                verbose_name="minutes kept free after each visit",
            ),
        ),
        migrations.AlterField(
            model_name="absence",
            name="doctor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="absences",
                to="clinic.doctor",
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
