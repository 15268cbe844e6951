"""Every address of the site for every role, in one table.

A cell is the status of the response; `in` redirects to the sign-in page. 404 is for people who must
not know that the thing exists, 403 for those who may see it but not do this. POST sends an empty
form: if somebody may press the button, the response is a refused form (422), an illegal change
(409) or a redirect (302).
"""

from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from clinic.scheduling.services.reply_links import answer_address
from tests.access_table import ROLES, TABLE
from tests.one_of_everything import FEED_TOKEN, PAPER_TOKEN, SCREEN_SECRET

pytestmark = pytest.mark.both_engines

# A form with no field filled in, as a browser sends it.
EMPTY_FORM = {"csrfmiddlewaretoken": "not checked here"}
# What an address needs apart from the key of its object.
ARGUMENTS = {
    "clinic:document_verify": {"token": PAPER_TOKEN},
    "clinic:fact_add": {"kind": "allergy"},
    "clinic:fact_end": {"kind": "allergy"},
    "clinic:template_new": {"kind": "notes"},
    "clinic:template_menu": {"kind": "notes"},
    "clinic:template_keep": {"kind": "notes"},
    "clinic:calendar_feed": {"token": FEED_TOKEN},
    "clinic:waiting_screen": {"secret": SCREEN_SECRET},
    # The token of the reminder in `things`.
    "clinic:reminder_answer": {"token": ""},
    "clinic:my_consent_give": {"purpose": "ai_analysis"},
    "clinic:my_consent_withdraw": {"purpose": "ai_analysis"},
    "diagnosis:class_map": {"label": "mel"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "not-a-key"},
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    url: str
    method: str
    of: str
    expected: tuple[str, ...]

    def __str__(self):
        return f"{self.method} {self.url} {self.of}"


ROWS = [
    Row(url, method, of, tuple(expected))
    for url, method, of, *expected in (line.split() for line in TABLE.split("\n")[2:] if line)
]


def address(row, things):
    arguments = dict(ARGUMENTS.get(row.url, {}))
    if row.url == "clinic:reminder_answer":
        arguments["token"] = answer_address(things["reminder"]).rpartition("/answer/")[2][:-1]
    if row.of != "-":
        arguments["pk"] = things[row.of].pk
    return reverse(row.url, kwargs=arguments)


def answer(row, session_key, things, secrets):
    """Return the response to the person, and undo what the request changed."""
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = session_key
    with transaction.atomic():
        send = client.get if row.method == "GET" else client.post
        response = send(address(row, things), EMPTY_FORM if row.method == "POST" else None)
        body = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    if response.status_code == 404:
        assert not [secret for secret in secrets if secret in body.decode()], row
    is_sign_in = response.status_code == 302 and response["Location"].startswith(
        reverse("account_login")
    )
    return "in" if is_sign_in else str(response.status_code)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(role, cast, things, sign_in):
    session_key = sign_in(cast[role]).session.session_key if cast[role] else ""

    # Patients read their own name at the top of every page.
    secrets = [] if role == "pati" else things["secrets"]
    wrong = []
    for row in ROWS:
        status = answer(row, session_key, things, secrets)
        expected = row.expected[ROLES.index(role)]
        if status != expected:
            wrong.append(f"{row}: {status}, where the table says {expected}")

    assert not wrong, "\n".join(wrong)


def test_what_changes_things_is_never_a_link(cast, things, sign_in):
    """Check that an address without a line for GET answers GET with 405 for everybody."""
    readable = {row.url for row in ROWS if row.method == "GET"}
    changing = [row for row in ROWS if row.url not in readable]
    client = sign_in(cast["doct"])

    answers = {row.url: client.get(address(row, things)).status_code for row in changing}

    assert answers == dict.fromkeys(answers, 405)


def test_each_address_refuses_the_methods_that_it_does_not_serve(cast, things, sign_in):
    """Check the clinic's own addresses; those without a namespace are of libraries or lead on."""
    rows = {row.url: row for row in ROWS if ":" in row.url}
    served = {url: {row.method for row in ROWS if row.url == url} for url in rows}
    client = sign_in(cast["doct"])

    wrong = []
    for url, row in rows.items():
        for method in ({"POST"} - served[url]) | {"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}:
            with transaction.atomic():
                status = client.generic(method, address(row, things)).status_code
                transaction.set_rollback(True)
            if status != 405:
                wrong.append(f"{method} {url}: {status}")

    assert not wrong, "\n".join(wrong)


def named_urls(patterns, namespace=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from named_urls(pattern.url_patterns, namespace + inner)
        else:
            yield f"{namespace}{pattern.name}"


def test_the_table_knows_every_address_of_the_site():
    assert set(named_urls(get_resolver().url_patterns)) == {row.url for row in ROWS}
    assert len({str(row) for row in ROWS}) == len(ROWS)
