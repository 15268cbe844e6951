"""The triggers with which the database protects an ended record against changes.

Nothing can be added to it, and the rows of the patient and the account no longer change. Texts
can still be rewritten, because keys are rotated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps.registry import Apps
from django.core.exceptions import FieldDoesNotExist
from django.db.backends.base.base import BaseDatabaseWrapper

from clinic.people.ways_to_patient import APPS, steps_to_patient

REFUSAL = "A record that has ended is only ever read."
# The trail continues, and papers signed before can still be printed.
STILL_ADDED_TO = frozenset({"clinic.AuditEvent", "clinic.IssuedDocument"})
PATIENTS = "clinic_patient"
ACCOUNTS = "clinic_user"


@dataclass(frozen=True)
class Guard:
    """One trigger: its table, and the query that finds the row's patient."""

    table: str
    event: str
    found_by: str

    @property
    def name(self) -> str:
        """The name of the trigger and of its function on PostgreSQL."""
        return f"{self.table}_refuses_{self.event}_in_ended_record"


def guard_ended_records(connection: BaseDatabaseWrapper, apps: Apps) -> None:
    """Create the triggers again, for the tables that exist."""
    unguard_ended_records(connection)
    with connection.cursor() as cursor:
        for guard in _guards(apps):
            for statement in _statements(guard, is_postgresql=connection.vendor == "postgresql"):
                cursor.execute(statement)


def unguard_ended_records(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers, so that a migration can rebuild and correct the tables."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
                "WHERE tgname LIKE '%\\_in\\_ended\\_record' "
                "AND relnamespace = current_schema()::regnamespace"
            )
            for name, table in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name} ON {table}")
                cursor.execute(f"DROP FUNCTION {name}()")
            return
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' "
            "AND name LIKE '%\\_in\\_ended\\_record' ESCAPE '\\'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


def _guards(apps: Apps) -> Iterator[Guard]:
    try:
        apps.get_model("clinic", "Patient")._meta.get_field("pseudonymised_at")
    except (LookupError, FieldDoesNotExist):
        return  # migrated back to before records ended
    yield Guard(PATIENTS, "update", f"{PATIENTS} t0 WHERE t0.id = OLD.id")
    yield Guard(ACCOUNTS, "update", f"{PATIENTS} t0 WHERE t0.user_id = OLD.id")
    # When only some migrations run, there may be the models of one app only.
    for model in apps.get_models():
        steps = steps_to_patient(model) if model._meta.app_label in APPS else []
        if steps and model._meta.label not in STILL_ADDED_TO:
            yield Guard(model._meta.db_table, "insert", _way(model, steps))


def _way(model: Any, steps: list[str]) -> str:
    """Return the end of a query that joins a new row to its patient, who is always t0."""
    tables, conditions, row = [], [], "NEW"
    for step, number in zip(steps, reversed(range(len(steps))), strict=True):
        field = model._meta.get_field(step)
        model = field.related_model
        tables.append(f"{model._meta.db_table} t{number}")
        conditions.append(f"t{number}.{model._meta.pk.column} = {row}.{field.column}")
        row = f"t{number}"
    return f"{', '.join(tables)} WHERE {' AND '.join(conditions)}"


def _statements(guard: Guard, *, is_postgresql: bool) -> list[str]:
    when = f"BEFORE {guard.event.upper()} ON {guard.table}"
    if not is_postgresql:
        return [
            f"CREATE TRIGGER {guard.name} {when} WHEN EXISTS (SELECT 1 FROM {guard.found_by} "  # noqa: S608
            f"AND t0.pseudonymised_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        ]
    return [
        # The lock waits only for somebody who is ending this record right now.
        f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ "  # noqa: S608
        f"DECLARE ended timestamptz; BEGIN "
        f"SELECT t0.pseudonymised_at INTO ended FROM {guard.found_by} FOR KEY SHARE OF t0; "
        f"IF ended IS NOT NULL THEN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'check_violation'; "
        f"END IF; RETURN NEW; END $$",
        f"CREATE TRIGGER {guard.name} {when} FOR EACH ROW EXECUTE FUNCTION {guard.name}()",
    ]
