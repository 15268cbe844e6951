"""An appointment changes status at its time: not on another day, not before it begins."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment
from clinic.records.services.consultations import open_visit
from clinic.scheduling.services.appointments import MovedAtWrongTimeError, move_appointment
from tests.clinic.desk import at, booked, in_status, visit_type

Status = Appointment.Status


@pytest.fixture
def clock(monkeypatch):
    """Set the time."""

    def _clock(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment

    return _clock


@pytest.fixture
def noon(clock):
    return clock(at(timezone.localdate(), "12:00"))


def url(name, appointment):
    return reverse(f"clinic:{name}", args=[appointment.pk])


def test_nobody_has_missed_a_visit_before_it_begins(noon, desk, doctor, patient):
    appointment = booked(doctor, patient, noon + timedelta(minutes=20))
    assert "Did not come" not in desk.get(url("appointment_detail", appointment)).content.decode()
    missed = {"status": "no_show", "reason": "Not here."}

    response = desk.post(url("appointment_move", appointment), missed)

    assert response.status_code == 409
    assert "This visit has not started yet" in response.content.decode()
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED
    assert not appointment.transitions.exists()

    Appointment.objects.update(starts_at=noon)

    assert "Did not come" in desk.get(url("appointment_detail", appointment)).content.decode()
    desk.post(url("appointment_move", appointment), missed)
    appointment.refresh_from_db()
    assert appointment.status == Status.NO_SHOW


@pytest.mark.parametrize("door", ["appointment_move", "waiting_room_move"])
def test_nobody_arrives_for_a_visit_of_a_later_day(noon, desk, doctor, patient, door):
    appointment = booked(doctor, patient, noon + timedelta(days=1))
    page = desk.get(url("appointment_detail", appointment))
    assert Status.ARRIVED not in {move.status for move in page.context["moves"]}

    response = desk.post(url(door, appointment), {"status": "arrived"})

    assert response.status_code == 409
    assert "This appointment is on a later day" in response.content.decode()
    appointment.refresh_from_db()
    assert (appointment.status, appointment.arrived_at) == (Status.BOOKED, None)

    Appointment.objects.update(starts_at=noon, ends_at=noon + timedelta(minutes=15))

    desk.post(url(door, appointment), {"status": "arrived"})
    appointment.refresh_from_db()
    assert appointment.status == Status.ARRIVED


@pytest.mark.parametrize("old", [Status.BOOKED, Status.CONFIRMED, Status.NO_SHOW])
def test_nobody_arrives_once_the_day_of_a_visit_is_over(doctor, patient, secretary, noon, old):
    appointment = booked(doctor, patient, noon - timedelta(days=1), status=old)

    with pytest.raises(MovedAtWrongTimeError) as refusal:
        move_appointment(appointment=appointment, status=Status.ARRIVED, actor=secretary)

    assert "is a walk-in" in refusal.value.messages[0]
    appointment.refresh_from_db()
    assert appointment.status == old


def test_a_visit_agreed_for_just_before_midnight_is_arrived_for_after_it(
    doctor, patient, secretary, clock
):
    midnight = at(timezone.localdate(), "00:00")
    appointment = booked(doctor, patient, midnight - timedelta(minutes=15))
    clock(midnight + timedelta(minutes=10))

    move_appointment(appointment=appointment, status=Status.ARRIVED, actor=secretary)

    assert appointment.status == Status.ARRIVED


def test_nobody_is_called_in_for_a_visit_of_a_later_day(doctor, patient, noon):
    appointment = in_status(booked(doctor, patient, noon + timedelta(days=1)), Status.ARRIVED)

    with pytest.raises(ValidationError, match="on a later day"):
        open_visit(appointment=appointment, actor=doctor)

    appointment.refresh_from_db()
    assert appointment.status == Status.ARRIVED


def test_who_waited_over_midnight_is_still_called_in(doctor, patient, noon):
    appointment = in_status(booked(doctor, patient, noon - timedelta(days=1)), Status.ARRIVED)

    open_visit(appointment=appointment, actor=doctor)

    appointment.refresh_from_db()
    assert appointment.status == Status.IN_CONSULTATION


def test_what_is_over_is_not_confirmed(doctor, patient, secretary, noon):
    appointment = booked(doctor, patient, noon - timedelta(hours=1))

    with pytest.raises(MovedAtWrongTimeError, match="nothing to confirm"):
        move_appointment(appointment=appointment, status=Status.CONFIRMED, actor=secretary)


@pytest.mark.parametrize("old", [Status.BOOKED, Status.CONFIRMED])
def test_a_visit_whose_day_is_over_is_missed_and_not_cancelled(
    doctor, patient, secretary, noon, old
):
    appointment = booked(doctor, patient, noon - timedelta(days=1), status=old)
    why = {"actor": secretary, "reason": "Called this morning."}

    with pytest.raises(MovedAtWrongTimeError, match="The day of this appointment is over"):
        move_appointment(appointment=appointment, status=Status.CANCELLED, **why)

    move_appointment(appointment=appointment, status=Status.NO_SHOW, **why)
    assert appointment.status == Status.NO_SHOW


def test_a_wish_for_days_that_are_over_waits_for_nothing(doctor, patient, secretary, noon):
    wish = booked(doctor, patient, noon - timedelta(days=1), status=Status.REQUESTED)

    for status, words in ((Status.WAITLIST, "are over"), (Status.BOOKED, "in the past")):
        with pytest.raises(MovedAtWrongTimeError, match=words):
            move_appointment(appointment=wish, status=status, actor=secretary)

    move_appointment(appointment=wish, status=Status.CANCELLED, actor=secretary, reason="Too late.")
    assert wish.status == Status.CANCELLED


def test_a_visit_is_booked_no_further_ahead_than_three_years(desk, doctor, patient, day):
    years = day + timedelta(weeks=52 * 5)
    fields = {
        "patient": patient.pk, "doctor": doctor.doctor.pk, "visit_type": visit_type().pk,
        "starts_at": f"{years}T09:00",
    }  # fmt: skip

    response = desk.post(reverse("clinic:appointment_book"), fields)

    assert response.status_code == 422
    assert "Choose a day within the next three years." in response.content.decode()
    assert not Appointment.objects.exists()
