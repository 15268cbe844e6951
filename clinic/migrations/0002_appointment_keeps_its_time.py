"""Make the database refuse a second appointment in a time that a doctor or patient has already given.

PostgreSQL has exclusion constraints for it, SQLite gets triggers. A later migration in which Django
rebuilds this table drops them and has to run `guard_sqlite` again (a test checks for them).
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SLOT_STATUSES = "('booked', 'confirmed', 'arrived', 'in_consultation', 'completed')"
GUARDS = {
    "appointment_doctor_is_free": "doctor_id",
    "appointment_patient_is_free": "patient_id",
}


def guard_postgresql(editor: BaseDatabaseSchemaEditor) -> None:
    editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for name, column in GUARDS.items():
        editor.execute(
            f"ALTER TABLE clinic_appointment ADD CONSTRAINT {name} EXCLUDE USING gist ("
            f"{column} WITH =, tstzrange(starts_at, ends_at) WITH &&"
            f") WHERE (status IN {SLOT_STATUSES})"
        )


def guard_sqlite(editor: BaseDatabaseSchemaEditor) -> None:
    for name, column in GUARDS.items():
        for event in ("INSERT", f"UPDATE OF status, starts_at, ends_at, {column}"):
            editor.execute(
                f"CREATE TRIGGER {name}_{event.split()[0].lower()} BEFORE {event} "
                f"ON clinic_appointment WHEN NEW.status IN {SLOT_STATUSES} "
                "BEGIN "
                f"SELECT RAISE(ABORT, '{name}') WHERE EXISTS ("
                f"SELECT 1 FROM clinic_appointment WHERE {column} = NEW.{column} "
                f"AND id != NEW.id AND status IN {SLOT_STATUSES} "
                "AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at); "
                "END"
            )


def guard(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        guard_postgresql(editor)
    else:
        guard_sqlite(editor)


def unguard(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for name in GUARDS:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE clinic_appointment DROP CONSTRAINT {name}")
        else:
            for event in ("insert", "update"):
                editor.execute(f"DROP TRIGGER {name}_{event}")


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_people_appointments_visits")]

    operations = [migrations.RunPython(guard, unguard)]
