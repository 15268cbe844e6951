"""No page makes more than a handful of queries, whoever reads it."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.access_table import ROLES
from tests.test_access_matrix import ROWS, address

pytestmark = pytest.mark.both_engines

BOUND = 15
# Savepoints query nothing, and the session's clock writes at most once a minute.
UNCOUNTED = ("SAVEPOINT", "RELEASE SAVEPOINT", 'UPDATE "django_session"')
READERS = [role for role in ROLES if role != "anon"]
PAGES = [row for row in ROWS if row.method == "GET"]


def asked(client, path):
    """Return a page's queries, or nothing if the person may not see it."""
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        response = client.get(path)
        transaction.set_rollback(True)
    if response.status_code != 200:
        return []
    return [query["sql"] for query in queries if not query["sql"].startswith(UNCOUNTED)]


@pytest.mark.parametrize("role", READERS)
def test_a_page_takes_fifteen_queries_at_most(role, cast, things, sign_in):
    client = sign_in(cast[role])
    too_many = []
    for row in PAGES:
        queries = asked(client, address(row, things))
        if len(queries) > BOUND:
            too_many.append("\n  ".join([f"{row}: {len(queries)} queries", *queries]))

    assert not too_many, "\n".join(too_many)
