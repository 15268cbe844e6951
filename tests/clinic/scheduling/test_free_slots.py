from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from clinic.models import Absence, Appointment
from clinic.scheduling.services.slots import Calendar, free_slots, next_free_slots
from tests.clinic.desk import at, booked, clocks, coming, visit_type, works

pytestmark = pytest.mark.both_engines

MONDAY = 0
# Clocks change on the last Sundays of March and October, at 2:00 and 3:00 in Paris.
SPRING = date(2040, 3, 25)
AUTUMN = date(2040, 10, 28)


@pytest.fixture
def day(db):
    return coming(MONDAY)


def slots_of(doctor, day, code="follow-up"):
    return free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type(code))


def test_slots_fill_the_hours_of_the_day(doctor, day):
    works(doctor, day, "09:00", "10:00")
    slots = slots_of(doctor, day)
    assert clocks(slots) == ["09:00", "09:15", "09:30", "09:45"]
    assert {slot.starts_at.tzinfo for slot in slots} == {UTC}
    assert {slot.ends_at - slot.starts_at for slot in slots} == {timedelta(minutes=15)}


def test_a_longer_visit_has_to_end_within_the_hours(doctor, day):
    works(doctor, day, "09:00", "10:00")
    assert clocks(slots_of(doctor, day, "full-skin-check")) == ["09:00", "09:15"]


def test_no_visit_runs_into_a_break(doctor, day):
    works(doctor, day, "09:00", "09:30")
    works(doctor, day, "10:00", "10:30")
    assert clocks(slots_of(doctor, day, "first-visit")) == ["09:00", "10:00"]


def test_hours_that_touch_are_one(doctor, day):
    works(doctor, day, "09:00", "09:30")
    works(doctor, day, "09:30", "10:00")
    assert clocks(slots_of(doctor, day, "full-skin-check")) == ["09:00", "09:15"]


def test_the_grid_is_the_clinics(doctor, day, settings):
    settings.CLINIC_SLOT_MINUTES = 20
    works(doctor, day, "09:00", "10:00")
    assert clocks(slots_of(doctor, day)) == ["09:00", "09:20", "09:40"]


def test_other_days_have_no_slots(doctor, day):
    works(doctor, day)
    assert slots_of(doctor, day + timedelta(days=1)) == []


def test_hours_hold_from_and_until_the_days_they_name(doctor, day):
    works(doctor, day, valid_from=day, valid_until=day)
    week = timedelta(days=7)
    assert [len(slots_of(doctor, each)) for each in (day - week, day, day + week)] == [0, 12, 0]


@pytest.mark.parametrize("status", Appointment.Status)
def test_only_appointments_that_hold_their_time_take_it(doctor, patient, day, status):
    works(doctor, day, "09:00", "09:30")
    booked(doctor, patient, at(day, "09:00"), status=status)
    is_taken = status in Appointment.SLOT_STATUSES
    assert clocks(slots_of(doctor, day)) == (["09:15"] if is_taken else ["09:00", "09:15"])


def test_an_appointment_takes_every_slot_that_it_touches(doctor, patient, day):
    works(doctor, day, "09:00", "10:00")
    booked(doctor, patient, at(day, "09:10"), minutes=25)
    assert clocks(slots_of(doctor, day)) == ["09:45"]


def test_another_doctors_appointments_take_nothing(doctor, other_doctor, patient, day):
    works(doctor, day, "09:00", "09:30")
    booked(other_doctor, patient, at(day, "09:00"))
    assert len(slots_of(doctor, day)) == 2


def test_an_absence_takes_its_time(doctor, day):
    works(doctor, day, "09:00", "10:00")
    Absence.objects.create(
        doctor=doctor.doctor, starts_at=at(day, "09:20"), ends_at=at(day, "09:40")
    )
    assert clocks(slots_of(doctor, day)) == ["09:00", "09:45"]


def test_what_is_past_is_not_free(doctor, monkeypatch):
    day = coming(MONDAY)
    works(doctor, day, "09:00", "10:00")
    monkeypatch.setattr(timezone, "now", lambda: at(day, "09:20"))
    assert clocks(slots_of(doctor, day)) == ["09:30", "09:45"]


def test_the_hour_that_march_skips_has_no_slots(doctor):
    works(doctor, SPRING, "01:30", "04:00")
    slots = slots_of(doctor, SPRING)
    assert clocks(slots) == ["01:30", "01:45", "03:00", "03:15", "03:30", "03:45"]
    assert slots[1].ends_at == slots[2].starts_at


def test_hours_that_begin_in_the_skipped_hour_begin_after_it(doctor):
    works(doctor, SPRING, "02:30", "03:30")
    assert clocks(slots_of(doctor, SPRING)) == ["03:00", "03:15"]


def test_the_hour_that_october_repeats_has_slots_twice(doctor):
    works(doctor, AUTUMN, "02:30", "03:30")
    slots = slots_of(doctor, AUTUMN)
    assert clocks(slots) == ["02:30", "02:45", "02:30", "02:45", "03:00", "03:15"]
    assert len({slot.starts_at for slot in slots}) == 6


@pytest.mark.parametrize(
    ("day", "hour_in_utc"),
    [
        (SPRING - timedelta(days=1), 8),
        (SPRING, 7),
        (AUTUMN - timedelta(days=1), 7),
        (AUTUMN, 8),
    ],
)
def test_nine_by_the_clinics_clock_stays_nine_when_the_clock_changes(doctor, day, hour_in_utc):
    works(doctor, day, "09:00", "17:00")
    slots = slots_of(doctor, day)
    assert clocks(slots)[0] == "09:00"
    assert slots[0].starts_at == datetime.combine(day, time(hour_in_utc), tzinfo=UTC)
    assert len(slots) == 32


def test_the_next_free_slots_are_the_earliest_of_all_doctors(doctor, other_doctor, day):
    works(doctor, day, "10:00", "10:30")
    works(other_doctor, day, "09:45", "10:15")
    slots = next_free_slots(visit_type=visit_type(), after=at(day, "09:00"))
    found = [(slot.doctor.user, clock) for slot, clock in zip(slots, clocks(slots), strict=True)]
    assert found[0] == (other_doctor, "09:45")
    assert sorted(found[1:], key=str) == sorted(
        [(doctor, "10:00"), (other_doctor, "10:00")], key=str
    )


def test_the_next_free_slots_go_on_into_the_coming_weeks(doctor, day):
    works(doctor, day, "09:00", "09:15")
    slots = next_free_slots(visit_type=visit_type(), after=at(day, "09:00"), doctor=doctor.doctor)
    days = [timezone.localdate(slot.starts_at) for slot in slots]
    assert days == [day + timedelta(days=7 * week) for week in range(3)]


def test_the_next_free_slots_leave_out_what_the_patient_has_given_away(
    doctor, other_doctor, patient, day
):
    works(doctor, day, "09:00", "10:00")
    booked(other_doctor, patient, at(day, "09:00"))
    slots = next_free_slots(visit_type=visit_type(), after=at(day, "09:00"), patient=patient)
    assert clocks(slots) == ["09:15", "09:30", "09:45"]


def test_a_doctor_without_hours_has_no_next_slots(doctor, other_doctor, day):
    works(other_doctor, day)
    assert (
        next_free_slots(visit_type=visit_type(), after=timezone.now(), doctor=doctor.doctor) == []
    )


def test_a_search_in_vain_reads_the_coming_months_in_two_goes(
    doctor, django_assert_max_num_queries
):
    with django_assert_max_num_queries(9):
        next_free_slots(visit_type=visit_type(), after=timezone.now(), doctor=doctor.doctor)


def test_a_doctor_who_left_is_not_offered(doctor, day):
    works(doctor, day)
    doctor.is_active = False
    doctor.save()
    assert next_free_slots(visit_type=visit_type(), after=timezone.now()) == []


def test_a_day_of_many_doctors_is_read_in_four_queries(
    doctor, other_doctor, day, django_assert_num_queries
):
    works(doctor, day)
    works(other_doctor, day)
    with django_assert_num_queries(4):
        calendar = Calendar([doctor.doctor, other_doctor.doctor], day, day)
        for each in (doctor, other_doctor):
            calendar.free_slots(each.doctor, day, 15)
