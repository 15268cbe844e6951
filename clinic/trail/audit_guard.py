"""The triggers with which the database itself refuses to change or delete the trail."""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("clinic_auditevent", "clinic_auditlink")
REFUSAL = "The audit trail is only ever added to."

FUNCTION = f"""
CREATE OR REPLACE FUNCTION audit_trail_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$
"""


def guard_audit_trail(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers; SQLite drops them where Django rebuilds one of the tables."""
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_postgresql:
            cursor.execute(FUNCTION)
        for table in TABLES:
            for statement in _on_postgresql(table) if is_postgresql else _on_sqlite(table):
                cursor.execute(statement)


def unguard_audit_trail(connection: BaseDatabaseWrapper) -> None:
    """Remove the triggers, to migrate backwards or to empty a test's database."""
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for table in TABLES:
            for event in ("update", "delete", *(["truncate"] if is_postgresql else [])):
                on_table = f" ON {table}" if is_postgresql else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_refuses_{event}{on_table}")


def _on_sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_refuses_{event} BEFORE {event.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for event in ("update", "delete")
    ]


def _on_postgresql(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_refuses_{event} BEFORE {event.upper()} ON {table} "
        f"FOR EACH {level} EXECUTE FUNCTION audit_trail_refuses()"
        for event, level in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT"))
    ]
