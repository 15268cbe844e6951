"""The rights of the database role that the site runs as, which owns nothing.

Another role owns the tables and runs migrations. The site's role adds to the trail and reads it,
and can neither change its rows nor take its triggers away.
"""

import re

from django.db.backends.base.base import BaseDatabaseWrapper

from clinic.trail.audit_guard import TABLES

# Which migrations have run decides, among others, whether old texts are still read.
ONLY_READ = ("django_migrations",)
ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def grant_to_site(connection: BaseDatabaseWrapper, role: str) -> None:
    """Give the role what the site needs in every table, and take away everything else."""
    if connection.vendor != "postgresql":
        return
    if not ROLE.fullmatch(role):
        raise ValueError(f"This is not a name of a role: {role}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = connection.ops.quote_name(cursor.fetchone()[0])
        name = connection.ops.quote_name(role)
        for statement in _statements(schema, name):
            cursor.execute(statement)


def _statements(schema: str, role: str) -> list[str]:
    trail, read = ", ".join(TABLES), ", ".join(ONLY_READ)
    return [
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        f"REVOKE ALL ON {trail}, {read} FROM {role}",
        f"GRANT SELECT, INSERT ON {trail} TO {role}",
        f"GRANT SELECT ON {read} TO {role}",
    ]
