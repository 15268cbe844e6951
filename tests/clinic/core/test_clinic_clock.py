"""The clinic's time zone applies to hours, pages, emails and papers."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from clinic.core.clinic_settings import as_the_clinic_decides
from clinic.models import AppointmentNotice, ClinicSettings
from clinic.scheduling.services.slots import free_slots
from clinic.tasks import send_notice_task
from tests.clinic.desk import booked, clocks, visit_type, works

# A Monday in winter, when Paris is one hour ahead of UTC and New York five behind.
MONDAY = date(2040, 1, 16)
NINE_IN_PARIS = datetime.combine(MONDAY, time(8), tzinfo=UTC)
# America's clocks go forward on the second Sunday in March, Paris's on the last.
SPRING_IN_NEW_YORK = date(2040, 3, 11)


@pytest.fixture
def move_clinic(db):
    """Move the clinic into another time zone."""

    def _move_clinic(zone):
        ClinicSettings.objects.update_or_create(pk=1, defaults={"name": "A", "time_zone": zone})

    return _move_clinic


def slots(doctor, day):
    with as_the_clinic_decides():
        found = free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type())
        return clocks(found), found


@pytest.mark.parametrize(
    ("zone", "utc"), [("Europe/Paris", 8), ("America/New_York", 14), ("Asia/Tokyo", 0)]
)
def test_weekly_hours_are_by_the_clinics_clock(move_clinic, doctor, zone, utc):
    works(doctor, MONDAY, "09:00", "10:00")
    move_clinic(zone)
    shown, found = slots(doctor, MONDAY)
    assert shown == ["09:00", "09:15", "09:30", "09:45"]
    assert found[0].starts_at == datetime.combine(MONDAY, time(utc), tzinfo=UTC)


def test_the_hour_that_is_skipped_is_that_of_the_clinics_zone(move_clinic, doctor):
    works(doctor, SPRING_IN_NEW_YORK, "01:30", "03:30")
    assert len(slots(doctor, SPRING_IN_NEW_YORK)[0]) == 8
    move_clinic("America/New_York")
    assert slots(doctor, SPRING_IN_NEW_YORK)[0] == ["01:30", "01:45", "03:00", "03:15"]


def test_a_page_shows_the_clinics_time(move_clinic, sign_in, doctor, patient):
    booked(doctor, patient, NINE_IN_PARIS)
    portal = sign_in(patient.user)
    url = reverse("clinic:my_appointments")
    assert "09:00" in portal.get(url).content.decode()
    move_clinic("America/New_York")
    page = portal.get(url).content.decode()
    assert "03:00" in page
    assert "09:00" not in page


def test_the_desk_books_by_the_clinics_clock(move_clinic, sign_in, secretary, doctor, patient):
    works(doctor, MONDAY, "09:00", "10:00")
    move_clinic("America/New_York")
    page = sign_in(secretary).get(reverse("clinic:desk_day"), {"date": MONDAY.isoformat()})
    (column,) = page.context["columns"]
    assert column.free[0].starts_at == NINE_IN_PARIS + timedelta(hours=6)
    assert "09:00" in page.content.decode()


def test_a_mail_of_the_worker_shows_the_clinics_time(move_clinic, doctor, patient):
    visit = booked(doctor, patient, NINE_IN_PARIS)
    notice = AppointmentNotice.objects.create(
        appointment=visit, kind="booked", channel="email", starts_at=visit.starts_at
    )
    move_clinic("America/New_York")
    send_notice_task(notice.pk)
    (message,) = mail.outbox
    assert "03:00" in message.body
    assert "03:00" in message.alternatives[0][0]
    assert "09:00" not in message.body


def test_the_zone_ends_with_the_request(move_clinic, sign_in, patient):
    move_clinic("Asia/Tokyo")
    sign_in(patient.user).get(reverse("clinic:my_appointments"))
    assert timezone.get_current_timezone_name() == "Europe/Paris"
