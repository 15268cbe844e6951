"""Check whether a time can be booked; the database has the final say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from clinic.core.constraints import refused_by
from clinic.core.days import TOO_FAR, is_too_far
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.services.slots import (
    Slot,
    is_on_leave,
    is_taken,
    is_within_hours,
    next_free_slots,
)


class SlotRefusedError(ValidationError):
    """A time that cannot be booked, with the next ones that can."""

    def __init__(
        self, field: str, message: str, alternatives: list[Slot], *, is_overridable: bool
    ) -> None:
        super().__init__({field: message})
        self.alternatives = alternatives
        # The doctor's calendar may be overbooked, but not the past or the patient's own time.
        self.is_overridable = is_overridable


@dataclass(frozen=True)
class Obstacle:
    """Why a doctor has no time: a code for the audit trail and a sentence."""

    code: str
    message: str


def lock_calendars(appointment: Appointment) -> None:
    """Make other bookings for the same doctor or patient wait.

    Two inserts that meet in an exclusion constraint would wait for each other, and PostgreSQL
    would end one of them as a deadlock.
    """
    Doctor.objects.select_for_update(no_key=True, of=("self",)).get(pk=appointment.doctor_id)
    Patient.objects.select_for_update(no_key=True).get(pk=appointment.patient_id)


def works_here(doctor: Doctor) -> bool:
    """Return whether the doctor can be booked and can call patients in, as stored now."""
    return Doctor.objects.filter(pk=doctor.pk, user__is_active=True).exists()


def check_time(appointment: Appointment) -> str:
    """Reject past or unavailable times.

    With an override reason, return the obstacle's code instead.
    """
    if appointment.starts_at < timezone.now():
        message = gettext("This time is in the past.")
        raise _slot_refused(appointment, "starts_at", message, is_overridable=False)
    if is_too_far(appointment.starts_at):
        raise _slot_refused(appointment, "starts_at", str(TOO_FAR), is_overridable=False)
    if not works_here(appointment.doctor):
        message = gettext("%(doctor)s no longer works here. Choose another doctor.")
        raise _slot_refused(appointment, "doctor", message, is_overridable=False)
    obstacle = _obstacle(appointment)
    if obstacle is None:
        appointment.overbooked_reason = ""
        return ""
    if not appointment.is_overbooked:
        raise _slot_refused(appointment, "starts_at", obstacle.message)
    return obstacle.code


@contextmanager
def words_for_a_taken_time(appointment: Appointment) -> Iterator[None]:
    """Turn a refusal by the database's constraints into a sentence."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if refused_by(error, Appointment, "appointment_doctor_is_free"):
            message = gettext("%(doctor)s has another appointment at this time.")
            raise _slot_refused(appointment, "starts_at", message) from error
        if refused_by(error, Appointment, "appointment_patient_is_free"):
            message = gettext("This patient has another appointment at this time.")
            raise _slot_refused(appointment, "patient", message, is_overridable=False) from error
        raise


def _obstacle(appointment: Appointment) -> Obstacle | None:
    """Return why the doctor is unavailable at that time; the database decides what is taken."""
    doctor, starts_at, ends_at = appointment.doctor, appointment.starts_at, appointment.ends_at
    buffer = timedelta(minutes=doctor.buffer_minutes)
    if is_on_leave(doctor=doctor, starts_at=starts_at, ends_at=ends_at):
        return Obstacle("leave", gettext("%(doctor)s is away at this time."))
    if not is_within_hours(doctor=doctor, starts_at=starts_at, ends_at=ends_at):
        return Obstacle("hours", gettext("This is outside the working hours of %(doctor)s."))
    if is_taken(doctor=doctor, starts_at=starts_at, ends_at=ends_at):
        return Obstacle("taken", gettext("%(doctor)s has another appointment at this time."))
    if buffer and is_taken(doctor=doctor, starts_at=starts_at - buffer, ends_at=ends_at + buffer):
        message = gettext("%(doctor)s keeps %(minutes)d minutes free after each visit.")
        return Obstacle("buffer", message)
    return None


def _slot_refused(
    appointment: Appointment, field: str, message: str, *, is_overridable: bool = True
) -> SlotRefusedError:
    doctor, now = appointment.doctor, timezone.now()
    after = now if is_too_far(appointment.starts_at) else max(appointment.starts_at, now)
    return SlotRefusedError(
        field,
        message % {"doctor": doctor, "minutes": doctor.buffer_minutes},
        next_free_slots(
            visit_type=appointment.visit_type,
            after=after,
            doctor=doctor,
            patient=appointment.patient,
        ),
        is_overridable=is_overridable,
    )
