"""The log of a production site, which contains no patient data."""

import io
import json
import logging
import logging.config

import pytest
from bs4 import BeautifulSoup, SoupStrainer
from django.conf import settings as site
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import path, reverse

from clinic.models import AuditEvent, User
from skinhealth import urls
from skinhealth.celery import app
from skinhealth.operations.logs.configuration import logging_configuration
from tests import photographs
from tests.one_of_everything import FEED_TOKEN, PAPER_TOKEN, SCREEN_SECRET
from tests.test_access_matrix import ROWS, address

MARKER = "Zyxwort"  # typed into every field
MARKED_PHONE = "+33198765432"

pytestmark = pytest.mark.django_db


@login_not_required
def break_a_constraint(request, name):
    patients_phone = MARKED_PHONE
    with transaction.atomic():
        for _time in range(2):
            User.objects.create(
                email=f"{MARKER}@example.org", full_name=patients_phone, role="patient"
            )


@login_not_required
def break_with_words(request, name):
    try:
        int(f"{MARKER} {MARKED_PHONE}")
    except ValueError as error:
        raise RuntimeError(f"{MARKER} cannot be read") from error


urlpatterns = [
    path("constraint/<str:name>/", break_a_constraint, name="constraint"),
    path("words/<str:name>/", break_with_words, name="words"),
    *urls.urlpatterns,
]
handler404 = urls.handler404
handler500 = urls.handler500


class Log:
    """What has been written since the log was opened."""

    def __init__(self):
        self.stream = io.StringIO()

    def open(self, *, format_name="json", is_production=True):
        configuration = logging_configuration(
            format_name=format_name, level="DEBUG", is_production=is_production
        )
        configuration["handlers"]["console"]["stream"] = self.stream
        logging.config.dictConfig(configuration)

    @property
    def text(self):
        return self.stream.getvalue()

    @property
    def lines(self):
        return [json.loads(line) for line in self.text.splitlines()]

    def requests(self):
        return [
            line for line in self.lines if line["logger"] == "skinhealth.operations.logs.requests"
        ]


@pytest.fixture
def log():
    """Return the log in its production configuration, with every level."""
    opened = Log()
    opened.open()
    yield opened
    logging.config.dictConfig(site.LOGGING)


def test_each_request_is_one_line_with_route_status_time_and_user(log, doctor, sign_in, things):
    sign_in(doctor).get(reverse("diagnosis:visit", args=[things["visit"].pk]))
    (line,) = log.requests()
    assert set(line) == {
        "time",
        "level",
        "logger",
        "message",
        "request_id",
        "route",
        "method",
        "status",
        "ms",
        "user",
    }
    assert line["route"] == "diagnosis:visit"
    assert (line["method"], line["status"], line["user"]) == ("GET", 200, str(doctor.pk))
    assert str(things["visit"].pk) not in log.text
    assert AuditEvent.objects.filter(request_id=line["request_id"], actor=doctor).exists()


def _values(form):
    """Return every field of a form as a browser sends it, with the marker in text fields."""
    values = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        kind = field.get("type", "text") if field.name == "input" else field.name
        if kind == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            values[field["name"]] = chosen.get("value", chosen.text) if chosen else ""
        elif kind in {"hidden", "date", "datetime-local", "time", "number", "color"}:
            values[field["name"]] = field.get("value", "")
        elif kind == "email":
            values[field["name"]] = f"{MARKER}@example.org"
        elif kind == "tel":
            values[field["name"]] = MARKED_PHONE
        elif kind == "file":
            values[field["name"]] = SimpleUploadedFile(f"{MARKER}.jpg", photographs.jpeg(3))
        elif kind in {"checkbox", "radio"}:
            values.setdefault(field["name"], field.get("value", "on"))
        else:
            values[field["name"]] = MARKER
    return values


def _forms(response):
    if "text/html" not in response.headers.get("Content-Type", "") or response.streaming:
        return []
    forms = BeautifulSoup(response.content, "html.parser", parse_only=SoupStrainer("form"))
    return [form for form in forms.select("form") if "logout" not in form.get("action", "")]


def test_no_page_and_no_form_writes_a_patient_into_the_log(
    log, things, admin, secretary, doctor, patient, sign_in
):
    people = [None, admin, secretary, doctor, patient.user]
    posted = 0
    for person in people:
        client = sign_in(person) if person else Client()
        client.raise_request_exception = False
        seen = set()
        for row in ROWS:
            if row.method != "GET" or row.url == "account_logout":
                continue
            page = client.get(address(row, things), {"q": f"{MARKER} {patient.full_name}"})
            for form in _forms(page):
                action = form.get("action") or form.get("hx-post") or address(row, things)
                method = form.get("method", "get").lower()
                if (action.partition("?")[0], method) in seen:
                    continue
                seen.add((action.partition("?")[0], method))
                with transaction.atomic():
                    send = client.post if method == "post" else client.get
                    send(action, _values(form), headers={"host": "testserver"})
                    transaction.set_rollback(True)
                posted += 1
    client.get(f"/patients/{MARKER}/{patient.full_name}/?phone={MARKED_PHONE}")
    assert posted > 60
    routes = {line["route"] for line in log.requests()}
    assert {"clinic:patient_register", "diagnosis:visit", "clinic:calendar_feed", "none"} <= routes
    things.pop("account")  # the number of the person is logged on purpose
    secrets = [
        MARKER,
        MARKED_PHONE,
        FEED_TOKEN,
        SCREEN_SECRET,
        PAPER_TOKEN,
        *things["secrets"],
        patient.email,
        str(patient.phone),
        patient.full_name.split()[0],
        *[str(thing.pk) for thing in things.values() if len(str(getattr(thing, "pk", ""))) > 20],
    ]
    assert [secret for secret in secrets if secret and secret in log.text] == []


@pytest.mark.urls("tests.test_logs")
@pytest.mark.parametrize("format_name", ["json", "plain"])
@pytest.mark.parametrize("route", ["constraint", "words"])
def test_an_error_tells_where_and_not_what(route, format_name, log):
    log.open(format_name=format_name)
    client = Client(raise_request_exception=False)
    assert client.get(f"/{route}/{MARKER}/").status_code == 500
    assert "tests/test_logs.py:" in log.text
    assert "IntegrityError" in log.text or "RuntimeError" in log.text
    for secret in (MARKER, MARKED_PHONE, "Key ("):
        assert secret not in log.text
    if format_name == "json":
        error, request = [line for line in log.lines if line["level"] == "ERROR"]
        assert [one["type"] for one in error["errors"]][-1] in {
            "IntegrityError",
            "UniqueViolation",
            "ValueError",
        }
        assert request["route"] == route
        assert request["status"] == 500
        assert request["request_id"] == error["request_id"]


@pytest.mark.urls("tests.test_logs")
def test_the_same_error_shows_its_words_on_a_developers_machine(log):
    log.open(format_name="plain", is_production=False)
    Client(raise_request_exception=False).get(f"/words/{MARKER}/")
    assert MARKER in log.text


@app.task
def break_off(name):
    raise ValueError(f"{name} has no appointment")


@app.task
def go_well(name):
    return name


def test_a_task_is_one_line_without_arguments_results_and_words(log):
    go_well.apply(args=[MARKER])
    break_off.apply(args=[MARKER], kwargs={})
    told = [line for line in log.lines if line["logger"] == "skinhealth.operations.logs.tasks"]
    assert [(line["message"], line.get("state")) for line in told] == [
        ("task", "SUCCESS"),
        ("A task failed", None),
        ("task", "FAILURE"),
    ]
    assert told[0]["task"].endswith("go_well")
    assert told[1]["errors"][0]["type"] == "ValueError"
    assert told[1]["request_id"] == told[2]["request_id"] != told[0]["request_id"]
    assert MARKER not in log.text


def test_a_library_tells_its_template_and_its_numbers_at_most(log):
    logging.getLogger("pypdf").warning(f"Odd object: {MARKER}")
    logging.getLogger("celery.redirected").warning(f"To: {MARKER}@example.org")
    logging.getLogger("celery.worker").warning("Job %s of %d: %r", MARKER, 7, {"name": MARKER})
    logging.getLogger("celery.worker").warning(
        "Job %(name)s took %(s)0.1f", {"name": MARKER, "s": 2}
    )
    logging.getLogger("gunicorn.error").warning("Booting worker with pid: %s", 77)
    logging.getLogger("django.db.backends").info("SELECT %s", MARKER)
    logging.getLogger("somebody").error(ValueError(MARKER), extra={"patient": MARKER})
    assert [line["message"].partition(", at ")[0] for line in log.lines] == [
        "A message of pypdf",
        "A message of celery.redirected",
        "Job … of 7: …",
        "Job … took 2.0",
        "Booting worker with pid: 77",
        "ValueError",
    ]
    assert MARKER not in log.text


def test_what_the_operator_must_set_is_said_in_words(log):
    try:
        raise ImproperlyConfigured("Set SECRET_KEY.")
    except ImproperlyConfigured:
        logging.getLogger("gunicorn.error").exception("Exception in worker process")
    (line,) = log.lines
    assert line["errors"][0]["says"] == "Set SECRET_KEY."
