"""Every form and parameter of the site with values that nobody expects: never a server error."""

import random
import traceback
from unittest import mock
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.utils.datastructures import MultiValueDict

from tests.access_table import ROLES
from tests.fuzz.budget import examples
from tests.fuzz.values import FILES, VALUES, reasonable
from tests.test_access_matrix import ROWS, address

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]

SEED = 4242
PARTS = 4
# Answers that look like faults and are none: the site has no worker here.
HONEST = {("readyz", 503)}
MAY_TRY = {"200", "302", "409", "422"}
# Names that a page reads only if another one is there, or that it makes up.
ALSO = {
    "clinic:prescription_save": ["form-0-drug", "form-0-dose", "form-0-id"],
    "account_login": ["login", "password", "next"],
}
URLENCODED = "application/x-www-form-urlencoded"


class Names:
    """Which fields and parameters each address reads, as it tells by reading them."""

    def __init__(self, client_of, things):
        self._client_of, self._things = client_of, things
        self._known = {}

    def of(self, row, role):
        """Return the names that an address reads; the second look knows the first ones."""
        if (row, role) not in self._known:
            names = set(ALSO.get(row.url, []))
            for _look in range(2):
                names |= self._read_by(row, role, names)
            self._known[row, role] = sorted(names)
        return self._known[row, role]

    def _read_by(self, row, role, names):
        read = set()

        def watched(method):
            def watch(mapping, name, *args, **options):
                if isinstance(name, str):
                    read.add(name)
                return method(mapping, name, *args, **options)

            return watch

        filled = {name: reasonable(name, self._things) for name in names}
        methods = ("__getitem__", "getlist", "__contains__")
        with mock.patch.multiple(
            MultiValueDict, **{name: watched(getattr(MultiValueDict, name)) for name in methods}
        ):
            send(self._client_of(role), row.method, address(row, self._things), urlencode(filled))
        return {name for name in read if name.isascii() and name != "csrfmiddlewaretoken"}


def send(client, method, where, body, content_type=URLENCODED, **headers):
    """Return the response, after all that the database checks at a commit, and undo it."""
    with transaction.atomic():
        try:
            if method == "GET":
                return client.get(f"{where}?{body}", **headers)
            response = client.generic("POST", where, body, content_type=content_type, **headers)
            if response.status_code < 400:
                connection.check_constraints()
            return response
        finally:
            transaction.set_rollback(True)
            cache.clear()
            mail.outbox.clear()


def filled_badly(draw, names, things):
    """Return pairs of names and values: most as they should be, one to three as nobody would."""
    fields = [(name, reasonable(name, things)) for name in names if draw.random() > 0.1]
    wrong = draw.sample(names, min(len(names), draw.choice([1, 1, 2, 3])))
    fields = [(name, value) for name, value in fields if name not in wrong]
    for name in wrong:
        for _time in range(draw.choice([1, 1, 1, 2])):
            fields.append((draw.choice([name] * 9 + [f"{name}[]"]), draw.choice(VALUES)))
    draw.shuffle(fields)
    return fields


def encoded(draw, fields):
    """Return a body and its type: as forms are sent, or as programs try it."""
    plain = plainly(fields)
    kind = draw.random()
    if kind < 0.8:
        return plain, URLENCODED
    if kind < 0.92:
        boundary = "frontier"
        parts = b"".join(
            b'--frontier\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
            % (_bytes(name), draw.choice([b"", b'; filename="x.pdf"']), _bytes(value))
            for name, value in fields
        )
        return parts + b"--frontier--\r\n", f"multipart/form-data; boundary={boundary}"
    return plain, draw.choice(
        [
            "application/json",
            "text/plain",
            "",
            f"{URLENCODED}; charset=utf-7",
            f"{URLENCODED}; charset=none-such",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
        ]
    )


def plainly(fields):
    """Return fields as in an address."""
    return urlencode([(_bytes(name), _bytes(value)) for name, value in fields])


def _bytes(text):
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def fault_of(row, response):
    """Return where the site broke, or nothing if it has answered."""
    if response.status_code < 500 or (row.url, response.status_code) in HONEST:
        return ""
    error = getattr(response, "exc_info", None)
    if not error:
        return f"{row.url}: {response.status_code}"
    frames = [one for one in traceback.extract_tb(error[2]) if "/.venv/" not in one.filename]
    last = frames[-1]
    return f"{error[0].__name__}: {str(error[1])[:120]!r} ({last.filename}:{last.lineno})"


class Faults:
    """The different faults that a run has found, each with one request that shows it."""

    def __init__(self):
        self._found = {}

    def look(self, row, response, said):
        """Remember a fault that is new."""
        if fault := fault_of(row, response):
            self._found.setdefault(fault, said[:600])

    def __str__(self):
        return "\n".join(f"{fault}\n    {said}" for fault, said in self._found.items())

    def __bool__(self):
        return bool(self._found)


@pytest.fixture
def client_of(cast, sign_in):
    """Return a function that gives the browser of a role, signed in anew each time."""
    keys = {
        role: sign_in(person).session.session_key if person else "" for role, person in cast.items()
    }

    def _client_of(role):
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = keys[role]
        return client

    return _client_of


def someone_who_may(draw, row):
    """Return a role that gets more from the address than a refusal, if there is one."""
    may = [role for role, cell in zip(ROLES, row.expected, strict=True) if cell in MAY_TRY]
    return draw.choice(may or ROLES)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_value_in_any_field_is_a_server_error(part, client_of, things):
    draw = random.Random(SEED + part)
    names, faults, answers = Names(client_of, things), Faults(), set()
    for _number in range(examples(100, many=3_000)):
        row = draw.choice(ROWS)
        role = someone_who_may(draw, row)
        known = names.of(row, role) or ["page", "q", "next"]
        fields = filled_badly(draw, known, things)
        body, content_type = encoded(draw, fields)
        if row.method == "GET":
            body = plainly(fields)
        headers = {"HTTP_HX_REQUEST": "true"} if draw.random() < 0.2 else {}
        where = address(row, things)
        response = send(client_of(role), row.method, where, body, content_type, **headers)
        answers.add(response.status_code)
        faults.look(row, response, f"{row} as {role}: {fields} ({content_type})")

    assert not faults, str(faults)
    # Not everything was refused at the door.
    assert {200, 302, 422} <= answers


def test_no_value_in_an_address_is_a_server_error(client_of, things):
    draw = random.Random(SEED)
    faults = Faults()
    for _number in range(examples(100, many=2_000)):
        row = draw.choice(ROWS)
        parts = address(row, things).split("/")
        place = draw.randrange(1, max(len(parts) - 1, 2))
        parts[place] = quote(_bytes(draw.choice(VALUES)), safe="")
        role = someone_who_may(draw, row)
        response = send(client_of(role), row.method, "/".join(parts), "")
        faults.look(row, response, f"{row.method} {'/'.join(parts)} as {role}")

    assert not faults, str(faults)


def test_no_file_in_any_field_is_a_server_error(client_of, things):
    draw = random.Random(SEED)
    names, faults = Names(client_of, things), Faults()
    rows = [row for row in ROWS if row.method == "POST"]
    for _number in range(examples(60, many=1_000)):
        row = draw.choice(rows)
        role = someone_who_may(draw, row)
        fields = {
            name: reasonable(name, things) for name in names.of(row, role) if draw.random() > 0.1
        }
        name = draw.choice(sorted(fields) or ["file"])
        content, content_type = draw.choice(FILES)
        title = draw.choice(["x.jpg", "../../x", "x" * 300, "x.pdf", "\u202ex.exe", "x\r\n.jpg"])
        fields[name] = SimpleUploadedFile(title, content, content_type)
        with transaction.atomic():
            response = client_of(role).post(address(row, things), fields)
            transaction.set_rollback(True)
        cache.clear()
        faults.look(row, response, f"{row} as {role}: {name}={title!r} {content[:30]}")

    assert not faults, str(faults)
