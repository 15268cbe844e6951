"""What a client says about itself never decides what the audit trail says about it."""

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from tests.access_table import ROLES
from tests.factories import AppointmentFactory
from tests.test_access_matrix import EMPTY_FORM, ROWS, address
from tests.test_audit_reads import LISTS

READERS = ["admn", "secr", "doct", "pati"]
LONG_AGO, LATER = "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
# What a browser, a script or a proxy may say that makes an answer shorter, or another one.
SAID = [
    {"If-None-Match": "x"},
    {"If-None-Match": "*", "If-Modified-Since": LATER},
    {"If-Match": '"x"', "If-Unmodified-Since": LONG_AGO},
    {"Range": "bytes=0-0", "If-Range": LATER},
    {"HX-Request": "true"},
    {"HX-Request": "true", "HX-Boosted": "true", "HX-History-Restore-Request": "true"},
    {"HX-Request": "true", "HX-Target": "dialog-page", "HX-Trigger": "every"},
    {"HX-Request": "true", "HX-Target": "patient-options", "HX-Current-URL": "http://testserver/"},
    {"X-Without-Click": "true", "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"},
    {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender", "X-Moz": "prefetch"},
    {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"},
    {"Accept": "image/*", "Cache-Control": "only-if-cached", "Save-Data": "on", "DNT": "1"},
    {"X-HTTP-Method-Override": "HEAD", "User-Agent": "Googlebot", "Expect": "100-continue"},
]
# For every address, the same in as few requests.
TOGETHER = [
    SAID[0] | SAID[4] | SAID[8] | SAID[9],
    SAID[1] | SAID[3] | SAID[10] | SAID[12],
    SAID[2] | SAID[6] | SAID[8],
    SAID[7],
]
POLLED = [
    *LISTS,
    "diagnosis:day_alerts",
    "diagnosis:prediction_status",
    "diagnosis:image_panel",
    "diagnosis:visit_thumbnails",
    "clinic:visit_patient",
]


def read(row, session_key, things, headers):
    """Return what a request leaves in the trail and its response; undo what it changed."""
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = session_key
    before = AuditEvent.objects.latest("pk").pk
    data = EMPTY_FORM if row.method == "POST" else LISTS.get(row.url)
    with transaction.atomic():
        send = client.get if row.method == "GET" else client.post
        response = send(address(row, things), data, headers=headers)
        body = b"".join(response) if response.streaming else response.content
        written = AuditEvent.objects.filter(pk__gt=before)
        left = sorted(map(str, written.values_list("verb", "patient", "target_type")))
        transaction.set_rollback(True)
    return left, response.status_code, body


def open_to(role, urls=None):
    """Return the lines of the table that the role is not refused."""
    return [
        row
        for row in ROWS
        if row.expected[ROLES.index(role)] not in {"403", "404"} and (not urls or row.url in urls)
    ]


@pytest.mark.parametrize("role", READERS)
def test_no_header_decides_about_the_trail(role, cast, things, sign_in):
    session_key = sign_in(cast[role]).session.session_key
    # Patients read their own name at the top of every page.
    secrets = things["secrets"][1:3] if role == "pati" else things["secrets"][:3]
    wrong = []
    for row in open_to(role):
        plain, _status, _body = read(row, session_key, things, {})
        for headers in [{}, *TOGETHER] if row.method == "GET" else [{}, TOGETHER[0]]:
            left, status, body = read(row, session_key, things, headers)
            if set(plain) - set(left):
                wrong.append(f"{row} with {headers} ({status}): {left}, without: {plain}")
            if not left and any(secret.encode() in body for secret in secrets):
                wrong.append(f"{row} with {headers} ({status}) shows the patient")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ["secr", "doct"])
def test_each_header_alone_leaves_the_row_of_a_polled_page(role, cast, things, sign_in):
    session_key = sign_in(cast[role]).session.session_key
    # Only the doctor has news here.
    urls = [url for url in POLLED if role == "doct" or url != "clinic:notification_list"]
    silent = [
        f"{row} with {headers} ({status})"
        for row in open_to(role, urls)
        for headers in SAID
        for left, status, _body in [read(row, session_key, things, headers)]
        if row.method == "GET" and len(left) != 1
    ]

    assert not silent, "\n".join(silent)


def polled(client, url, **headers):
    before = AuditEvent.objects.count()
    assert client.get(reverse(url), headers=headers).status_code == 200
    return AuditEvent.objects.count() - before


def test_a_poll_is_one_row_until_the_list_changes(sign_in, secretary, doctor, patient):
    client = sign_in(secretary)
    rows = [polled(client, "clinic:waiting_room", **{"HX-Request": "true"}) for _poll in range(3)]
    AppointmentFactory(doctor=doctor.doctor, patient=patient, starts_at=timezone.now())
    rows += [polled(client, "clinic:waiting_room", **{"HX-Request": "true"}) for _poll in range(2)]

    assert rows == [1, 0, 0, 1, 0]


def test_who_polls_from_elsewhere_leaves_a_row_of_their_own(sign_in, secretary):
    client = sign_in(secretary)
    assert polled(client, "clinic:waiting_room") == 1
    client.defaults["REMOTE_ADDR"] = "192.0.2.9"

    assert polled(client, "clinic:waiting_room") == 1


def test_an_empty_form_about_a_patient_is_noted_once(sign_in, doctor, things):
    client = sign_in(doctor)
    for _post in range(3):
        client.post(reverse("clinic:visit_save", args=[things["visit"].pk]), EMPTY_FORM)

    event = AuditEvent.objects.get(verb=AuditEvent.Verb.VIEW, actor=doctor)
    assert (event.patient, event.target_id) == (things["patient"], str(things["visit"].pk))
