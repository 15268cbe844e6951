"""A doctor's secret calendar address: unguessable, revocable, without names."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, AuditEvent, CalendarFeed
from clinic.scheduling.services.feeds import renew_feed
from tests.calendar_files import events_of
from tests.clinic.desk import booked, in_status

PROFILE = reverse("clinic:profile")
RENEW = reverse("clinic:calendar_feed_renew")
REVOKE = reverse("clinic:calendar_feed_revoke")
INITIALS = reverse("clinic:calendar_feed_initials")
Status = Appointment.Status


def in_days(days):
    return timezone.now().replace(second=0, microsecond=0) + timedelta(days=days)


def address_on(page):
    found = re.findall(r'value="http://testserver(/calendar/\S+\.ics)"', page.content.decode())
    return found[0] if found else None


@pytest.fixture
def browser(sign_in, doctor):
    return sign_in(doctor)


@pytest.fixture
def address(browser):
    """Return the address that the profile page shows."""
    return address_on(browser.post(RENEW, follow=True))


@pytest.fixture
def visit(doctor, patient):
    return booked(doctor, patient, in_days(3), note="Owes a form")


def read(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return events_of(response.content)


def test_a_calendar_program_reads_without_signing_in(client, address, visit):
    method, (event,) = read(client, address)
    assert method == "PUBLISH"
    assert event["dtstart"].dt == visit.starts_at
    assert event["uid"] == f"{visit.pk}@skinhealth"


def test_the_feed_names_nobody(client, settings, address, visit, patient):
    content = client.get(address).content.decode()
    for secret in (patient.full_name, "Paul", patient.email, visit.note, visit.visit_type.name):
        assert secret not in content
    _method, (event,) = read(client, address)
    assert event["summary"] == f"Visit at {settings.CLINIC_NAME}"


def test_the_switch_gives_initials_and_no_more(client, settings, browser, address, visit, patient):
    browser.post(INITIALS, {"shows_initials": "on"})
    _method, (event,) = read(client, address)
    assert event["summary"] == f"Visit at {settings.CLINIC_NAME} · P. P."
    assert "Paul" not in client.get(address).content.decode()
    browser.post(INITIALS, {})
    _method, (event,) = read(client, address)
    assert "P. P." not in event["summary"]


def test_the_feed_holds_the_doctors_own_recent_and_coming_visits(
    client, address, doctor, other_doctor, patient, other_patient
):
    coming = booked(doctor, patient, in_days(90))
    recent = booked(doctor, patient, in_days(-20), status=Status.COMPLETED)
    booked(doctor, patient, in_days(-40), status=Status.COMPLETED)
    in_status(booked(doctor, other_patient, in_days(4)), Status.CANCELLED)
    booked(other_doctor, other_patient, in_days(5))
    _method, events = read(client, address)
    assert [event["dtstart"].dt for event in events] == [recent.starts_at, coming.starts_at]


def test_the_secret_is_long_shown_once_and_not_kept(browser, address):
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) >= 43
    assert address_on(browser.get(PROFILE)) is None
    feed = CalendarFeed.objects.get()
    assert token not in "".join(str(value) for value in vars(feed).values())


def test_a_new_secret_waits_for_its_page_in_no_plain_text(browser):
    browser.post(RENEW)
    kept = str([session.get_decoded() for session in Session.objects.all()])
    secret = address_on(browser.get(PROFILE)).removeprefix("/calendar/").removesuffix(".ics")
    assert secret not in kept


def test_a_new_address_ends_the_old_one(client, browser, address):
    newer = address_on(browser.post(RENEW, follow=True))
    assert newer != address
    assert client.get(address).status_code == 404
    assert client.get(newer).status_code == 200
    assert CalendarFeed.objects.count() == 1


def test_a_new_address_keeps_the_choice_about_initials(browser, address):
    browser.post(INITIALS, {"shows_initials": "on"})
    browser.post(RENEW)
    assert CalendarFeed.objects.get().shows_initials


def test_guessing_is_slowed_down_but_the_feed_goes_on(client, address):
    guess = reverse("clinic:calendar_feed", args=["x" * 43])
    assert [client.get(guess).status_code for _try in range(31)] == [404] * 30 + [429]
    assert client.get(address).status_code == 200


def test_a_revoked_address_is_nothing(client, browser, address):
    for _click in range(2):
        assert browser.post(REVOKE).status_code == 302
    assert client.get(address).status_code == 404
    assert b"Create an address" in browser.get(PROFILE).content


def test_initials_without_an_address_are_refused_in_words(browser):
    response = browser.post(INITIALS, {"shows_initials": "on"})
    assert response.status_code == 409
    assert "There is no calendar address." in response.content.decode()


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "secretary"}])
def test_who_is_no_doctor_any_more_has_no_feed(client, doctor, address, change):
    type(doctor).objects.filter(pk=doctor.pk).update(**change)
    assert client.get(address).status_code == 404


def test_a_guess_finds_nothing(client, db):
    assert client.get(reverse("clinic:calendar_feed", args=["x" * 43])).status_code == 404


def test_making_reading_and_ending_leave_a_trace(client, browser, doctor, address, visit):
    client.get(address)
    browser.post(INITIALS, {"shows_initials": "on"})
    browser.post(REVOKE)
    events = AuditEvent.objects.filter(target_type="clinic.calendarfeed").order_by("pk")
    assert [(event.verb, event.actor) for event in events] == [
        ("create", doctor),
        ("export", None),
        ("update", doctor),
        ("update", doctor),
    ]
    assert events[1].detail == {"count": 1, "initials": False}


def test_the_profile_says_when_the_address_was_last_read(client, browser, address):
    assert b"not read yet" in browser.get(PROFILE).content
    client.get(address)
    assert b"last read on" in browser.get(PROFILE).content


def test_a_full_feed_takes_few_queries(
    client, doctor, patient, secretary, django_assert_max_num_queries
):
    token = renew_feed(doctor=doctor.doctor, actor=doctor)
    for day in range(1, 30):
        booked(doctor, patient, in_days(day))
    with django_assert_max_num_queries(8):
        response = client.get(reverse("clinic:calendar_feed", args=[token]))
    assert len(events_of(response.content)[1]) == 29


@pytest.mark.parametrize("role", ["admin", "secretary", "patient"])
def test_only_doctors_have_a_calendar_address(role, request, sign_in):
    person = request.getfixturevalue(role)
    browser = sign_in(person.user if role == "patient" else person)
    assert b"secret address" not in browser.get(PROFILE).content
    for url in (RENEW, REVOKE, INITIALS):
        assert browser.post(url).status_code == 403
