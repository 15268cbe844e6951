"""A walk-in waits for a gap, so its row neither takes a time nor keeps one.

The guards of the first migrations stay as they are for all other rows. SQLite loses its triggers
where Django rebuilds the table, so they are created again at the end.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SLOT_STATUSES = "('booked', 'confirmed', 'arrived', 'in_consultation', 'completed')"
GUARDS = {
    "appointment_doctor_is_free": "doctor_id",
    "appointment_patient_is_free": "patient_id",
}


def drop_guards(editor: BaseDatabaseSchemaEditor) -> None:
    for name in GUARDS:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE clinic_appointment DROP CONSTRAINT {name}")
        else:
            for event in ("insert", "update"):
                editor.execute(f"DROP TRIGGER IF EXISTS {name}_{event}")


def make_guards(editor: BaseDatabaseSchemaEditor, *exempt: str) -> None:
    """Create the guards, which leave out rows where one of the columns is true."""
    holds = "".join(f" AND NOT {column}" for column in exempt)
    for name, column in GUARDS.items():
        if editor.connection.vendor == "postgresql":
            editor.execute(
                f"ALTER TABLE clinic_appointment ADD CONSTRAINT {name} EXCLUDE USING gist ("
                f"{column} WITH =, tstzrange(starts_at, ends_at) WITH &&"
                f") WHERE (status IN {SLOT_STATUSES}{holds})"
            )
            continue
        new_holds = "".join(f" AND NOT NEW.{each}" for each in exempt)
        columns = ", ".join(["status", "starts_at", "ends_at", column, *exempt])
        for event in ("INSERT", f"UPDATE OF {columns}"):
            editor.execute(
                f"CREATE TRIGGER {name}_{event.split()[0].lower()} BEFORE {event} "
                f"ON clinic_appointment WHEN NEW.status IN {SLOT_STATUSES}{new_holds} "
                "BEGIN "
                f"SELECT RAISE(ABORT, '{name}') WHERE EXISTS ("
                f"SELECT 1 FROM clinic_appointment WHERE {column} = NEW.{column} "
                f"AND id != NEW.id AND status IN {SLOT_STATUSES}{holds} "
                "AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at); "
                "END"
            )


def leave_walk_ins_out(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    drop_guards(editor)
    make_guards(editor, "is_walk_in")


def guard_all_rows(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    make_guards(editor)


def unguard(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    drop_guards(editor)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0011_referral_letter_has_its_own_token")]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, guard_all_rows),
        migrations.AddField(
            model_name="appointment",
            name="is_walk_in",
            field=models.BooleanField(
                default=False, editable=False, verbose_name="came without an appointment"
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_walk_in", False),
                    models.Q(
                        ("arrived_at__isnull", False),
                        (
                            "status__in",
                            (
                                "arrived",
                                "in_consultation",
                                "completed",
                                "cancelled",
                                "entered_in_error",
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="walk_in_is_never_booked",
            ),
        ),
        migrations.RunPython(leave_walk_ins_out, unguard),
    ]
