"""Every page of the site in a real browser: no error in its console, no violation of its policy."""

import pytest

from tests.access_table import ROLES
from tests.test_access_matrix import ROWS, address

pytestmark = pytest.mark.django_db(transaction=True)


def is_page(response):
    return (
        response.status_code == 200
        and response["Content-Type"].startswith("text/html")
        and not response.streaming
        and b"<html" in response.content
    )


@pytest.mark.parametrize("role", ["admn", "secr", "doct", "pati"])
def test_each_page_of_a_role_loads_without_an_error(role, cast, things, sign_in, browser_of):
    user = cast[role]
    client = sign_in(user)
    readable = [
        row for row in ROWS if row.method == "GET" and row.expected[ROLES.index(role)] == "200"
    ]
    addresses = [address(row, things) for row in readable]
    pages = [path for path in addresses if is_page(client.get(path))]
    assert len(pages) >= 10

    browser = browser_of(user)
    for path in pages:
        answer = browser.goto(path)
        assert answer.status == 200, path
        assert browser.locator("main").count() == 1, path
