"""Empty the database after a test that ran without a surrounding transaction.

Django truncates every table, which takes seconds on PostgreSQL and also empties tables filled by
migrations. A test leaves few rows: these are deleted, and the rows of migrations are put back.
"""

import threading
import time

from django.core.signals import request_finished, request_started
from django.db import connection, transaction

from clinic.trail.audit_guard import guard_audit_trail, unguard_audit_trail

PATIENCE_S = 60


class Database:
    """The tables as migrations left them."""

    def __init__(self):
        self.made = {table: rows for table in tables() if (rows := rows_of(table))}
        self.requests = RequestsUnderWay()

    def restore(self):
        """Empty every table, including the guarded audit trail, and put rows of migrations back."""
        self.requests.wait()
        with transaction.atomic(), connection.cursor() as cursor:
            unguard_audit_trail(connection)
            for table in tables():
                cursor.execute(f"DELETE FROM {quoted(table)}")
            for table, rows in self.made.items():
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {quoted(table)} VALUES ({places})", rows)
            connection.check_constraints()
            guard_audit_trail(connection)


class RequestsUnderWay:
    """The live server's threads that are answering a request.

    A page that was closed may have asked for something a moment before, and its answer writes rows.
    """

    def __init__(self):
        self.threads = set()
        request_started.connect(self._start)
        request_finished.connect(self._finish)

    def wait(self):
        """Wait until every request is answered."""
        end = time.monotonic() + PATIENCE_S
        while any(thread.is_alive() for thread in self.threads.copy()):
            assert time.monotonic() < end, "A request of the live server never ended."
            time.sleep(0.01)

    def _start(self, **_):
        if threading.current_thread() is not threading.main_thread():
            self.threads.add(threading.current_thread())

    def _finish(self, **_):
        self.threads.discard(threading.current_thread())


def tables():
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def rows_of(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {quoted(table)}")
        return cursor.fetchall()


def quoted(table):
    return connection.ops.quote_name(table)
