"""The calendar’s page and data, and booking and moving in its dialog."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import timezone

from clinic.models import Absence, Allergy, Appointment, AuditEvent
from tests.clinic.desk import at, booked, in_status, visit_type, works
from tests.factories import PatientFactory

pytestmark = pytest.mark.both_engines

URL = reverse("clinic:calendar")
FEED = reverse("clinic:calendar_events")
BOOK = reverse("clinic:appointment_book")
SUNDAY = 6
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-page"}


def events(client, start, end=None, **asked):
    """Return the events of the calendar, by kind."""
    query = {"start": start, "end": end or start + timedelta(days=1), **asked}
    response = client.get(FEED, query)
    assert response.status_code == 200, response.content
    found = {"appointment": [], "absence": [], "free": [], "count": []}
    for event in response.json()["events"]:
        found[event["extendedProps"]["kind"]].append(event)
    return found


def readings(found):
    return [(event["start"], event["end"]) for event in found]


@pytest.mark.parametrize(
    ("view", "start", "end", "title"),
    [
        ("day", "2026-11-25", "2026-11-26", "Wed 25 November 2026"),
        ("week", "2026-11-23", "2026-11-30", "23 to 29 November 2026"),
        ("month", "2026-10-26", "2026-12-07", "November 2026"),
    ],
)
def test_the_address_says_what_the_page_shows(desk, doctor, view, start, end, title):
    asked = {"view": view, "date": "2026-11-25", "doctor": doctor.doctor.pk}
    page = desk.get(URL, asked).content.decode()
    feed = f"{FEED}?start={start}&amp;end={end}&amp;doctor={doctor.doctor.pk}"
    assert f'data-feed="{feed}"' in page
    assert f"<h2>{title}</h2>" in page


def test_an_address_that_makes_no_sense_shows_today(desk, doctor):
    page = desk.get(URL, {"view": "year", "date": "9999-12-31", "doctor": "x"}).content.decode()
    assert f'data-date="{timezone.localdate()}"' in page
    assert 'data-view="day"' in page


def test_the_page_names_no_patient(desk, doctor, patient, day):
    booked(doctor, patient, at(day, "09:00"))
    response = desk.get(URL, {"date": day})
    assert response.context["count"] == 1
    assert patient.full_name not in response.content.decode()


def test_a_doctor_has_the_own_calendar_and_books_in_it(sign_in, doctor, other_doctor, day):
    page = sign_in(doctor).get(URL, {"date": day, "doctor": other_doctor.doctor.pk})
    assert [column["title"] for column in json.loads(page.context["columns"])] == ["Dr Dora Doctor"]
    assert 'data-book-url="/appointments/new/"' in page.content.decode()


def test_an_admin_looks_at_every_calendar_and_books_nothing(sign_in, admin, doctor):
    page = sign_in(admin).get(URL).content.decode()
    assert 'data-book-url=""' in page
    assert 'href="/appointments/new/"' not in page


def test_the_rail_leads_the_desk_to_the_calendar(desk, doctor):
    page = desk.get(URL).content.decode()
    assert f'href="{URL}"\n                     aria-current="page"' in page


def test_without_a_doctor_the_page_says_what_is_missing(desk):
    page = desk.get(URL).content.decode()
    assert "A calendar appears here once a doctor has an account." in page
    assert 'id="calendar"' not in page


def test_the_library_comes_from_the_site_itself(db):
    for name in ("event-calendar.min.js", "event-calendar.min.css"):
        assert finders.find(f"vendor/event-calendar/{name}")


def test_the_calendar_says_who_is_booked_and_what_is_free(desk, doctor, patient, day):
    appointment = booked(doctor, patient, at(day, "09:30"), minutes=30)
    found = events(desk, day)
    [event] = found["appointment"]
    assert (event["id"], event["title"]) == (str(appointment.pk), "Paul Patient")
    assert (event["start"], event["end"]) == (f"{day}T09:30", f"{day}T10:00")
    assert event["resourceIds"] == [str(doctor.doctor.pk)]
    assert event["extendedProps"]["status"] == "booked"
    assert event["startEditable"] is True
    assert readings(found["free"]) == [
        (f"{day}T09:00", f"{day}T09:30"),
        (f"{day}T10:00", f"{day}T12:00"),
    ]


def test_leave_is_shown_without_its_reason_and_leaves_nothing_free(desk, doctor, day):
    Absence.objects.create(
        doctor=doctor.doctor,
        starts_at=at(day, "00:00"),
        ends_at=at(day + timedelta(days=2), "00:00"),
        reason="Operation on the knee",
    )
    found = events(desk, day, day + timedelta(days=7))
    assert readings(found["absence"]) == [(f"{day}T00:00", f"{day + timedelta(days=2)}T00:00")]
    assert found["free"] == []
    assert "knee" not in json.dumps(found)


@pytest.mark.parametrize(
    "status", ["requested", "waitlist", "cancelled", "rescheduled", "entered_in_error"]
)
def test_what_keeps_no_time_is_not_shown(desk, doctor, patient, day, status):
    in_status(booked(doctor, patient, at(day, "09:00")), status)
    assert events(desk, day)["appointment"] == []


@pytest.mark.parametrize("status", ["arrived", "in_consultation", "completed", "no_show"])
def test_what_has_begun_cannot_be_dragged(desk, doctor, patient, day, status):
    in_status(booked(doctor, patient, at(day, "09:00")), status)
    [event] = events(desk, day)["appointment"]
    assert event["startEditable"] is False


def test_nobody_but_the_desk_may_drag(sign_in, admin, doctor, patient, day):
    booked(doctor, patient, at(day, "09:00"))
    for person in (admin, doctor):
        [event] = events(sign_in(person), day)["appointment"]
        assert event["title"] == "Paul Patient"
        assert event["startEditable"] is False


def test_a_doctor_is_told_of_the_own_calendar_alone(
    sign_in, doctor, other_doctor, patient, other_patient, day
):
    booked(doctor, patient, at(day, "09:00"))
    booked(other_doctor, patient, at(day, "10:00"))
    booked(other_doctor, other_patient, at(day, "11:00"))
    browser = sign_in(doctor)
    assert [event["start"] for event in events(browser, day)["appointment"]] == [f"{day}T09:00"]
    asked = {"start": day, "end": day + timedelta(days=1), "doctor": other_doctor.doctor.pk}
    assert browser.get(FEED, asked).status_code == 422


def test_one_doctor_s_calendar_leaves_out_the_others(
    desk, doctor, other_doctor, patient, other_patient, day
):
    booked(doctor, patient, at(day, "09:00"))
    booked(other_doctor, other_patient, at(day, "09:00"))
    assert len(events(desk, day)["appointment"]) == 2
    [event] = events(desk, day, doctor=other_doctor.doctor.pk)["appointment"]
    assert event["title"] == "Olga Other"


def test_the_calendar_holds_nothing_medical(desk, doctor, consultation):
    consultation.notes = "NOTES-OF-THE-DOCTOR"
    consultation.save()
    Allergy.objects.create(patient=consultation.patient, substance="ALLERGIC-TO-SOMETHING")
    body = json.dumps(events(desk, timezone.localdate(consultation.appointment.starts_at)))
    assert consultation.patient.full_name in body
    assert "NOTES-OF-THE-DOCTOR" not in body
    assert "ALLERGIC-TO-SOMETHING" not in body


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-01", "2026-12-14"),
        ("2026-11-02", "2026-11-02"),
        ("2026-11-02", "2026-11-01"),
        ("9999-12-30", "9999-12-31"),
        ("x", "2026-11-01"),
        ("", ""),
    ],
)
def test_more_than_six_weeks_or_no_days_at_all_are_refused(desk, doctor, start, end):
    response = desk.get(FEED, {"start": start, "end": end})
    assert response.status_code == 422
    assert response.json()["errors"]


def test_a_month_of_six_weeks_is_answered_without_free_times(desk, doctor, patient, day):
    booked(doctor, patient, at(day, "09:00"))
    found = events(desk, day, day + timedelta(days=42))
    assert len(found["appointment"]) == 1
    assert found["free"] == []


def test_a_month_of_several_doctors_counts_the_visits_of_each_day_and_leads_to_them(
    desk, doctor, other_doctor, patient, day
):
    booked(doctor, patient, at(day, "09:00"))
    booked(doctor, PatientFactory(), at(day, "23:30"))
    booked(other_doctor, PatientFactory(), at(day, "10:00"))
    gone = booked(doctor, PatientFactory(), at(day, "11:00"))
    Appointment.objects.filter(pk=gone.pk).update(status="cancelled")
    found = events(desk, day, day + timedelta(days=42))
    assert found["appointment"] == []
    counts = {each["title"]: each["extendedProps"] for each in found["count"]}
    assert {title: props["words"] for title, props in counts.items()} == {
        str(doctor.doctor): "2 visits",
        str(other_doctor.doctor): "1 visit",
    }
    assert {each["start"] for each in found["count"]} == {f"{day}T00:00"}
    led_to = desk.get(counts[str(doctor.doctor)]["url"])
    assert led_to.context["doctor"] == doctor.doctor
    assert led_to.context["day"] == day


def test_a_calendar_that_has_not_changed_is_not_sent_again(desk, doctor, patient, day):
    asked = {"start": day, "end": day + timedelta(days=1)}
    first = desk.get(FEED, asked)
    assert first["Cache-Control"] == "private, no-store"
    known = {"If-None-Match": first["ETag"]}

    again = desk.get(FEED, asked, headers=known)
    assert (again.status_code, again.content) == (304, b"")

    booked(doctor, patient, at(day, "09:00"))
    changed = desk.get(FEED, asked, headers=known)
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_who_looks_is_written_down_once_and_not_every_ten_seconds(desk, secretary, doctor, day):
    asked = {"start": day, "end": day + timedelta(days=1)}
    first = desk.get(FEED, asked)
    desk.get(FEED, asked, headers={"If-None-Match": first["ETag"]})
    event = AuditEvent.objects.get(actor=secretary, verb="list")
    assert event.detail == {"of": "calendar", "count": 0}


def test_the_number_of_queries_does_not_grow(
    desk, doctor, other_doctor, patient, day, django_assert_max_num_queries
):
    def look():
        with django_assert_max_num_queries(15) as queries:
            events(desk, day, day + timedelta(days=7))
        with django_assert_max_num_queries(15) as of_page:
            desk.get(URL, {"date": day, "view": "week"})
        return len(queries), len(of_page)

    booked(doctor, patient, at(day, "15:00"))
    before = look()
    works(other_doctor, day)
    for number in range(6):
        other = PatientFactory()
        booked(doctor, other, at(day, f"{9 + number:02}:00"))
        booked(other_doctor, other, at(day, f"{9 + number:02}:30"))
    assert look() == before


def last_sunday(month):
    """Return the last Sunday of a coming March or October, when clocks change in Paris."""
    year = timezone.localdate().year + 1
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() - SUNDAY) % 7)


@pytest.mark.parametrize(("month", "hours_of_utc"), [(3, 2), (10, 1)])
def test_on_the_days_the_clock_changes_a_booking_is_at_the_time_the_clock_shows(
    desk, doctor, patient, month, hours_of_utc
):
    day = last_sunday(month)
    works(doctor, day, "09:00", "11:00")
    fields = {
        "patient": patient.pk,
        "doctor": doctor.doctor.pk,
        "visit_type": visit_type("first-visit").pk,
        "starts_at": f"{day}T09:30",
    }
    assert desk.post(BOOK, fields, headers=DIALOG).status_code == 204

    appointment = Appointment.objects.get()
    utc = datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC)
    assert appointment.starts_at == utc - timedelta(hours=hours_of_utc)
    found = events(desk, day)
    assert readings(found["appointment"]) == [(f"{day}T09:30", f"{day}T10:00")]
    assert readings(found["free"]) == [
        (f"{day}T09:00", f"{day}T09:30"),
        (f"{day}T10:00", f"{day}T11:00"),
    ]
    # The week around it contains the same.
    monday = day - timedelta(days=6)
    week = events(desk, monday, monday + timedelta(days=7))
    assert readings(week["appointment"]) == [(f"{day}T09:30", f"{day}T10:00")]


def test_a_visit_through_the_hour_that_is_left_out_is_as_long_as_it_takes(desk, doctor, patient):
    day = last_sunday(3)
    booked(doctor, patient, at(day, "01:45").astimezone(UTC), minutes=30)
    assert readings(events(desk, day)["appointment"]) == [(f"{day}T01:45", f"{day}T02:15")]


def test_a_visit_through_the_hour_that_comes_twice_is_as_long_as_it_takes(desk, doctor, patient):
    day = last_sunday(10)
    booked(doctor, patient, at(day, "02:45").astimezone(UTC), minutes=30)
    assert readings(events(desk, day)["appointment"]) == [(f"{day}T02:45", f"{day}T03:15")]
