"""One appointment as a calendar file, read back by a different program."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment
from clinic.scheduling.services.appointments import move_appointment, reschedule_appointment
from clinic.scheduling.services.feeds import visit_file
from tests.calendar_files import event_of
from tests.clinic.desk import at, booked, coming, in_status, works

PARIS = ZoneInfo("Europe/Paris")
Status = Appointment.Status


@pytest.fixture
def visit(doctor, patient):
    starts_at = timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)
    return booked(doctor, patient, starts_at, note="Owes a form")


def download(client, appointment):
    return client.get(reverse("clinic:my_appointment_calendar", args=[appointment.pk]))


def test_the_file_says_when_and_where(sign_in, settings, patient, visit):
    settings.CLINIC_ADDRESS = "1 rue de la Peau, Lyon"
    settings.DEFAULT_FROM_EMAIL = "Skin <desk@clinic.example>"
    response = download(sign_in(patient.user), visit)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="visit.ics"'
    method, event = event_of(response.content)
    assert method == "REQUEST"
    assert event["status"] == "CONFIRMED"
    assert event["summary"] == f"Visit at {settings.CLINIC_NAME}"
    assert event["location"] == f"{settings.CLINIC_NAME}, 1 rue de la Peau, Lyon"
    assert event["organizer"] == "mailto:desk@clinic.example"
    assert event["organizer"].params["cn"] == settings.CLINIC_NAME
    assert (event["dtstart"].dt, event["dtend"].dt) == (visit.starts_at, visit.ends_at)
    assert event["uid"] == f"{visit.pk}@skinhealth"


def test_the_file_says_nothing_else_about_the_visit(patient, visit):
    content = visit_file(visit).content.decode()
    for secret in (patient.full_name, patient.record_number, visit.note, visit.visit_type.name):
        assert secret not in content
    assert "Dora" not in content


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        ("2027-03-27", 8),
        ("2027-03-28", 7),  # clocks went forward in the night
        ("2027-03-29", 7),
        ("2027-10-30", 7),
        ("2027-10-31", 8),  # clocks went back in the night
        ("2027-11-01", 8),
    ],
)
def test_nine_stays_nine_when_the_clock_changes(settings, doctor, patient, day, utc_hour):
    assert settings.TIME_ZONE == "Europe/Paris"
    day = datetime.fromisoformat(day).date()
    content = visit_file(booked(doctor, patient, at(day, "09:00"))).content
    _method, event = event_of(content)
    start = event["dtstart"].dt
    assert start.tzinfo is not None
    assert start.utcoffset() == timedelta(0)
    assert start.hour == utc_hour
    assert f"DTSTART:{day:%Y%m%d}T{utc_hour:02d}0000Z".encode() in content
    assert start.astimezone(PARIS).strftime("%Y-%m-%d %H:%M") == f"{day} 09:00"


@pytest.mark.parametrize(("clock", "utc"), [("01:30", "00:30"), ("03:30", "01:30")])
def test_both_sides_of_the_missing_hour_are_told_apart(doctor, patient, clock, utc):
    day = datetime(2027, 3, 28).date()
    _method, event = event_of(visit_file(booked(doctor, patient, at(day, clock))).content)
    assert f"{event['dtstart'].dt:%H:%M}" == utc


def test_a_visit_across_the_clock_change_is_as_long_as_it_is(doctor, patient):
    starts_at = datetime(2027, 10, 31, 0, 45, tzinfo=UTC)
    _method, event = event_of(visit_file(booked(doctor, patient, starts_at, 30)).content)
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=30)


def test_a_cancelled_visit_leaves_the_calendar(visit, secretary):
    _method, before = event_of(visit_file(visit).content)
    move_appointment(appointment=visit, status="cancelled", actor=secretary, reason="Ill")
    method, after = event_of(visit_file(visit).content)
    assert (method, after["status"]) == ("CANCEL", "CANCELLED")
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]


def test_a_moved_visit_keeps_its_uid_and_rises_in_sequence(doctor, patient, secretary, visit):
    seen = []
    day = coming(0)
    works(doctor, day)
    for clock in (None, "09:00", "10:00"):
        if clock:
            visit = reschedule_appointment(
                appointment=visit,
                doctor=doctor.doctor,
                starts_at=at(day, clock),
                actor=secretary,
            )
        method, event = event_of(visit_file(visit).content)
        assert (method, event["dtstart"].dt) == ("REQUEST", visit.starts_at)
        seen.append((event["uid"], event["sequence"]))
    move_appointment(appointment=visit, status="cancelled", actor=secretary, reason="Ill")
    method, event = event_of(visit_file(visit).content)
    assert method == "CANCEL"
    seen.append((event["uid"], event["sequence"]))
    assert len({uid for uid, _sequence in seen}) == 1
    sequences = [sequence for _uid, sequence in seen]
    assert sequences == sorted(set(sequences))


@pytest.mark.parametrize("status", ["requested", "waitlist", "rescheduled", "no_show"])
def test_a_time_that_nobody_keeps_has_no_file(sign_in, patient, visit, status):
    in_status(visit, status)
    response = download(sign_in(patient.user), visit)
    assert response.status_code == 409
    assert "This time is not booked." in response.content.decode()


def test_the_list_offers_the_file_of_what_is_agreed(sign_in, patient, visit):
    client = sign_in(patient.user)
    link = reverse("clinic:my_appointment_calendar", args=[visit.pk])
    page = reverse("clinic:my_appointments")
    assert link in client.get(page).content.decode()
    for status in ("requested", "cancelled", "completed"):
        in_status(visit, status)
        assert link not in client.get(page).content.decode()


def test_only_the_patient_takes_the_file_home(
    sign_in, visit, admin, secretary, doctor, other_doctor, other_patient
):
    for user, status in (
        (admin, 403),
        (secretary, 403),
        (doctor, 403),
        (other_doctor, 404),
        (other_patient.user, 404),
    ):
        assert download(sign_in(user), visit).status_code == status
