"""Empty the database after a test that ran without a surrounding transaction.

Django truncates every table, which takes seconds on PostgreSQL and also empties tables filled by
migrations. A test leaves few rows: these are deleted, and the rows of migrations are put back.
"""

from django.db import connection, transaction

from clinic.trail.audit_guard import guard_audit_trail, unguard_audit_trail


class Database:
    """The tables as migrations left them."""

    def __init__(self):
        self.made = {table: rows for table in tables() if (rows := rows_of(table))}

    def restore(self):
        """Empty every table, including the guarded audit trail, and put rows of migrations back."""
        with transaction.atomic(), connection.cursor() as cursor:
            unguard_audit_trail(connection)
            for table in tables():
                cursor.execute(f"DELETE FROM {quoted(table)}")
            for table, rows in self.made.items():
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {quoted(table)} VALUES ({places})", rows)
            connection.check_constraints()
            guard_audit_trail(connection)


def tables():
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def rows_of(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {quoted(table)}")
        return cursor.fetchall()


def quoted(table):
    return connection.ops.quote_name(table)
