"""Reading anything about a patient leaves an audit row, and so does a refusal."""

from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.people.services.audit_denials import _row_of_a_patient, patient_of
from tests.access_table import ROLES
from tests.test_access_matrix import ROWS, address

Verb = AuditEvent.Verb
READING = [Verb.VIEW, Verb.LIST, Verb.SEARCH, Verb.DOWNLOAD, Verb.EXPORT]
READERS = ["admn", "secr", "doct", "pati"]

# Lists of several patients: a row says which list it was and how long.
LISTS = {
    "clinic:calendar_events": {"start": "2026-11-01", "end": "2026-11-08"},
    "clinic:desk_day": {},
    "clinic:doctor_day": {},
    "clinic:account_list": {},
    "clinic:emergency_list": {},
    "clinic:notification_list": {},
    "clinic:patient_list": {},
    "clinic:request_list": {},
    "clinic:waiting_room": {},
    "diagnosis:day_alerts": {},
    "diagnosis:to_review": {},
}


def rows_of_the_patient(things, patient, methods=("GET",)):
    """Return the lines of the table for pages about one patient."""
    about = {
        name for name, thing in things.items() if name != "secrets" and patient_of(thing) == patient
    }
    return [row for row in ROWS if row.method in methods and row.of in about]


@pytest.mark.parametrize("role", READERS)
def test_each_page_and_file_of_a_patient_leaves_a_row(
    role,
    cast,
    things,
    patient,
    sign_in,
):
    client = sign_in(cast[role])
    silent = []
    for row in rows_of_the_patient(things, patient):
        if row.expected[ROLES.index(role)] != "200":
            continue
        with transaction.atomic():
            client.get(address(row, things))
            written = AuditEvent.objects.filter(verb__in=READING, actor=cast[role])
            if not written.filter(patient=patient).exists():
                silent.append(str(row))
            # So that no page counts on another page's row.
            transaction.set_rollback(True)

    assert not silent


def test_the_walk_passes_pages_of_every_kind(things, patient):
    walked = {row.url for row in rows_of_the_patient(things, patient)}

    assert "diagnosis:prediction_status" in walked
    assert walked >= {"clinic:patient_detail", "clinic:document_file", "diagnosis:image_file"}
    assert len(walked) > 25


@pytest.mark.parametrize("role", ["admn", "secr", "doct"])
def test_each_list_of_patients_leaves_a_row(role, cast, things, sign_in):
    client = sign_in(cast[role])
    seen = set()
    for row in ROWS:
        # Only the doctor has news here.
        is_empty = row.url == "clinic:notification_list" and role != "doct"
        if row.method == "POST" or row.url not in LISTS or is_empty:
            continue
        if row.expected[ROLES.index(role)] in {"403", "404"}:
            continue
        with transaction.atomic():
            assert client.get(reverse(row.url), LISTS[row.url]).status_code == 200, row
            assert AuditEvent.objects.filter(verb=Verb.LIST, actor=cast[role]).count() == 1, row
            transaction.set_rollback(True)
        seen.add(row.url)

    assert len(seen) >= 4


def test_a_page_that_stays_open_fills_no_pages_of_the_trail(
    cast,
    things,
    sign_in,
):
    client = sign_in(cast["doct"])
    image, visit = things["photograph"], things["visit"]
    for _look in range(4):
        client.get(reverse("diagnosis:visit_thumbnails", args=[visit.pk]))
        client.get(reverse("diagnosis:image_thumbnail", args=[image.pk]))
        client.get(reverse("diagnosis:prediction_status", args=[things["prediction"].pk]))

    verbs = AuditEvent.objects.filter(actor=cast["doct"], verb__in=READING)
    assert sorted(verbs.values_list("verb", flat=True)) == ["download", "view", "view"]


def test_a_photograph_at_full_size_leaves_a_row_each_time(cast, things, sign_in):
    client = sign_in(cast["doct"])
    for _look in range(3):
        client.get(reverse("diagnosis:image_file", args=[things["photograph"].pk]))

    assert AuditEvent.objects.filter(verb=Verb.DOWNLOAD).count() == 3


@pytest.mark.parametrize(
    ("url", "of"),
    [
        ("clinic:patient_detail", "patient"),
        ("clinic:document_file", "clinical_paper"),
        ("clinic:prescription_pdf", "prescription"),
        ("diagnosis:image_file", "photograph"),
        ("diagnosis:prediction_status", "prediction"),
        ("diagnosis:referral_letter", "letter"),
    ],
)
def test_a_stranger_who_asks_for_what_exists_is_written_down_with_the_patient(
    url,
    of,
    cast,
    things,
    patient,
    sign_in,
):
    response = sign_in(cast["doc2"]).get(reverse(url, args=[things[of].pk]))

    assert response.status_code == 404
    event = AuditEvent.objects.get(verb=Verb.DENIED)
    assert (event.actor, event.patient) == (cast["doc2"], patient)
    assert (event.target_id, event.detail) == (str(things[of].pk), {"page": url})


def test_what_does_not_exist_is_refused_to_nobody(cast, sign_in):
    sign_in(cast["doc2"]).get(reverse("clinic:patient_detail", args=[uuid4()]))
    sign_in(cast["doc2"]).get("/nowhere/")

    assert not AuditEvent.objects.filter(verb=Verb.DENIED).exists()


def test_who_may_not_open_a_page_at_all_is_written_down(cast, sign_in):
    assert sign_in(cast["pati"]).get(reverse("clinic:desk_day")).status_code == 403

    event = AuditEvent.objects.get(verb=Verb.DENIED)
    assert (event.actor, event.detail["page"]) == (cast["pati"], "clinic:desk_day")
    assert event.patient is None


@pytest.mark.parametrize("role", READERS)
def test_each_refusal_about_something_of_a_patient_names_the_patient(
    role, cast, things, patient, sign_in
):
    client = sign_in(cast[role])
    refused = [
        row
        for row in rows_of_the_patient(things, patient, methods=("GET", "POST"))
        if row.expected[ROLES.index(role)] == "403"
    ]
    assert len(refused) > 3
    silent = []
    for row in refused:
        with transaction.atomic():
            getattr(client, row.method.lower())(address(row, things))
            [event] = AuditEvent.objects.filter(verb=Verb.DENIED)
            if event.patient != patient or event.detail["page"] != row.url:
                silent.append(str(row))
            transaction.set_rollback(True)

    assert not silent


def test_a_refusal_asks_the_database_once_whose_row_it_is(
    things, patient, django_assert_num_queries
):
    with django_assert_num_queries(2):  # the table, and the row
        found = _row_of_a_patient(things["consent"].pk)

    assert patient_of(found) == patient


@pytest.mark.parametrize(
    ("url", "key"), [("clinic:appointment_reschedule", uuid4()), ("clinic:symptom_edit", 1)]
)
def test_a_refusal_about_nobody_names_nobody(url, key, cast, things, sign_in):
    assert sign_in(cast["pati"]).get(reverse(url, args=[key])).status_code in {403, 404}

    assert not AuditEvent.objects.filter(verb=Verb.DENIED, patient__isnull=False).exists()
