"""Admins read, filter and export the audit trail, and that is noted in the trail too."""

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from clinic.audit_words import LISTS
from clinic.models import AuditCheck, AuditEvent, Notification
from clinic.people.services.nightly_check import check_and_remember
from clinic.trail.audit_words import words_for
from clinic.trail.services.audit import record
from clinic.trail.services.audit_chain import seal_events
from clinic.trail.services.audit_trail import _cell
from diagnosis.audit_words import LISTS as DIAGNOSIS_LISTS
from tests.factories import PatientFactory, UserFactory

pytestmark = pytest.mark.both_engines

LIST = reverse("clinic:audit_list")
EXPORT = reverse("clinic:audit_export")
Verb = AuditEvent.Verb


@pytest.fixture
def trail(doctor, secretary, patient, other_patient):
    """Record four events: two people, two patients, three kinds."""
    return {
        "read": record(Verb.VIEW, actor=doctor, patient=patient, target=patient),
        "changed": record(Verb.UPDATE, actor=secretary, patient=patient, target=patient),
        "other": record(Verb.VIEW, actor=secretary, patient=other_patient, target=other_patient),
        "entered": record(Verb.SIGN_IN, actor=doctor, target=doctor),
    }


@pytest.fixture
def client(sign_in, admin):
    return sign_in(admin)


def shown(response, trail):
    names = {event.pk: name for name, event in trail.items()}
    return [names[e.event.pk] for e in response.context["entries"] if e.event.pk in names]


def table(response):
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_newest_events_stand_first_with_who_what_and_of_whom(client, trail):
    response = client.get(LIST)

    assert shown(response, trail) == ["entered", "other", "changed", "read"]
    page = response.content.decode()
    for words in ("Dora Doctor, Doctor", "Sam Secretary, Secretary", "Olga Other", "Personal data"):
        assert words in page


def test_filters_narrow_by_patient_person_and_action(client, trail, doctor, secretary, patient):
    def asked(**filters):
        return shown(client.get(LIST, filters), trail)

    assert asked(patient=patient.pk) == ["changed", "read"]
    assert asked(actor=secretary.pk) == ["other", "changed"]
    assert asked(verb="view") == ["other", "read"]
    assert asked(patient=patient.pk, actor=doctor.pk, verb="view") == ["read"]
    assert asked(verb="nonsense") == ["entered", "other", "changed", "read"]


def test_filters_narrow_by_the_clinics_days(client, doctor):
    today = timezone.localdate()
    record(Verb.VIEW, actor=doctor)

    def count(**days):
        response = client.get(LIST, {name: day.isoformat() for name, day in days.items()})
        return len([e for e in response.context["entries"] if e.event.actor == doctor])

    assert count(first_day=today) == 1
    assert count(last_day=today) == 1
    assert count(first_day=today + timedelta(days=1)) == 0
    assert count(last_day=today - timedelta(days=1)) == 0


def test_a_search_leads_to_the_one_who_fits_and_its_words_stay_out_of_the_address(
    client, trail, patient, doctor
):
    response = client.post(LIST, {"patient": patient.record_number})
    assert response["Location"] == f"{LIST}?patient={patient.pk}"

    response = client.post(LIST, {"person": "dora"})
    assert response["Location"] == f"{LIST}?actor={doctor.pk}"
    assert AuditEvent.objects.filter(verb=Verb.SEARCH).count() == 1


def test_a_search_keeps_the_other_filters(client, patient, doctor):
    response = client.post(f"{LIST}?verb=view&actor={doctor.pk}", {"patient": "Paul Patient"})

    assert response.status_code == 302
    for part in (f"patient={patient.pk}", f"actor={doctor.pk}", "verb=view"):
        assert part in response["Location"]


def test_of_several_who_fit_the_admin_chooses(client, patient):
    PatientFactory(full_name="Paul Other")

    response = client.post(LIST, {"patient": "paul"})

    assert response.status_code == 200
    assert [option.label.split(",")[0] for option in response.context["options"]] == [
        "Paul Other",
        "Paul Patient",
    ]


def test_nobody_who_fits_is_said(client):
    assert "No match for what you typed." in client.post(LIST, {"patient": "xy"}).content.decode()
    assert "No match for what you typed." in client.post(LIST, {"person": "xy"}).content.decode()


def test_older_events_are_a_click_away(client, doctor):
    keys = [record(Verb.VIEW, actor=doctor).pk for _number in range(27)]
    first = client.get(LIST, {"actor": doctor.pk})
    assert [e.event.pk for e in first.context["entries"]] == keys[:1:-1]

    second = client.get(first.context["older"])

    assert [e.event.pk for e in second.context["entries"]] == keys[1::-1]
    assert not second.context["older"]


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "٣"])
def test_an_odd_address_shows_a_page_all_the_same(client, trail, before):
    assert client.get(LIST, {"before": before, "patient": "x"}).status_code == 200


def test_the_badge_says_when_the_chain_was_verified_and_how_far(client, trail):
    assert "Not verified yet" in client.get(LIST).content.decode()

    seal_events()
    check_and_remember()
    page = client.get(LIST).content.decode()
    assert "The chain is intact" in page
    assert f"up to position {AuditCheck.objects.first().position}" in page

    AuditCheck.objects.create(position=3, hash="0" * 64, problems=2)
    page = client.get(LIST).content.decode()
    assert "The chain is broken" in page
    assert "2 problems found" in page


def test_the_export_holds_what_the_filters_leave_and_is_written_down(client, admin, trail, patient):
    response = client.get(EXPORT, {"patient": patient.pk, "verb": "view"})

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Cache-Control"] == "private, no-store"
    assert "attachment" in response["Content-Disposition"]
    [row] = table(response)
    assert row["id"] == str(trail["read"].pk)
    assert row["actor_name"] == "Dora Doctor"
    assert row["patient_record_number"] == patient.record_number
    event = AuditEvent.objects.get(verb=Verb.EXPORT)
    assert event.actor == admin
    assert event.detail["filters"] == {"patient": str(patient.pk), "verb": "view"}


def test_the_page_links_to_the_export_of_what_it_shows(client, trail, patient):
    response = client.get(LIST, {"patient": patient.pk})

    assert response.context["export_url"] == f"{EXPORT}?patient={patient.pk}"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_name_becomes_a_formula(client, name):
    record(Verb.VIEW, actor=UserFactory(email="f@example.org", full_name=name, role="secretary"))

    names = [row["actor_name"] for row in table(client.get(EXPORT))]

    assert f"'{name}" in names
    assert name not in names


@pytest.mark.parametrize("text", ["\tx", "\rx"])
def test_no_cell_begins_with_what_steers_a_table(text):
    assert _cell(text) == f"'{text}"


def test_an_ordinary_cell_stays_as_it_is():
    assert [_cell(value) for value in ("Ada", 7, None, {"a": None})] == [
        "Ada",
        "7",
        "",
        '{"a": null}',
    ]


def test_who_reads_the_trail_stands_in_it(client, admin, trail, patient):
    client.get(LIST, {"patient": patient.pk})

    event = AuditEvent.objects.get(actor=admin, verb=Verb.LIST)
    assert (event.patient, event.detail) == (patient, {"list": "audit"})


def test_a_full_page_takes_fifteen_queries_at_most(
    client, doctor, patient, django_assert_max_num_queries
):
    for _number in range(30):
        record(Verb.VIEW, actor=doctor, patient=PatientFactory())

    with django_assert_max_num_queries(15):
        client.get(LIST)


def test_admins_hear_once_of_a_broken_chain_and_come_to_the_trail(client, admin, trail):
    seal_events()
    check_and_remember()
    assert not Notification.objects.exists()

    AuditCheck.objects.create(position=9_999, hash="0" * 64, problems=0)
    check_and_remember()
    check_and_remember()

    news = Notification.objects.get()
    assert (news.recipient, news.kind) == (admin, Notification.Kind.AUDIT_BROKEN)
    page = client.get(reverse("clinic:notification_list")).content.decode()
    assert "The audit trail is not as it was written" in page
    assert client.post(reverse("clinic:notification_open", args=[news.pk])).url == LIST


@pytest.mark.parametrize(
    ("target_type", "detail", "words"),
    [
        ("clinic.consultation", {}, "Visit"),
        ("clinic.erasurerequest", {}, "Request for erasure"),
        ("diagnosis.diseasestage", {}, "Stage"),
        ("clinic.user", {}, "Account or portrait"),
        ("clinic.user", {"second_factor": "added"}, "Second sign-in step"),
        ("", {"list": "calendar"}, "Calendar"),
        ("clinic.modelofanotheryear", {}, ""),
    ],
)
def test_what_an_event_is_about_is_said_in_words(target_type, detail, words):
    event = AuditEvent(verb=Verb.UPDATE, target_type=target_type, detail=detail)
    assert str(words_for(event)) == words


def test_every_list_that_is_noted_has_words():
    code = "".join(
        path.read_text()
        for app in ("clinic", "diagnosis")
        for path in Path(settings.BASE_DIR, app).rglob("*.py")
    )
    noted = set(re.findall(r'"(?:list|of)": "([a-z_]+)"', code))
    noted |= set(re.findall(r'\bof="([a-z_]+)"', code))
    assert "calendar" in noted
    assert noted <= set(LISTS) | set(DIAGNOSIS_LISTS)
