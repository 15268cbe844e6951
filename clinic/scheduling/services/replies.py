"""A patient's reply to a reminder, without signing in."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.people.services.succession import word_of_leaving
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.message import AppointmentNotice
from clinic.scheduling.services.appointments import move_appointment
from clinic.scheduling.services.cancellation import (
    can_still_be_cancelled_by_patient,
    cancel_own_appointment,
    cancellation_notice,
)

Status = Appointment.Status


class AnswerSpentError(ValidationError):
    """A link that was already used, or whose appointment is no longer valid."""

    def __init__(self) -> None:
        super().__init__(_("This link has been used, or the visit has changed."), code="spent")


@dataclass(frozen=True)
class Answerable:
    """What a reminder's link can do right now."""

    is_over: bool
    is_answered: bool
    is_expected: bool
    leaving: str
    can_confirm: bool
    can_cancel: bool


def answerable(notice: AppointmentNotice) -> Answerable:
    """Return whether the link can still do something, and what."""
    appointment = notice.appointment
    is_over = notice.starts_at <= timezone.now()
    is_expected = (
        appointment.status in Appointment.EXPECTED_STATUSES
        and appointment.starts_at == notice.starts_at
    )
    leaving = word_of_leaving(appointment.doctor)
    is_open = is_expected and not is_over and notice.answered_at is None
    return Answerable(
        is_over=is_over,
        is_answered=notice.answered_at is not None,
        is_expected=is_expected,
        leaving=leaving,
        can_confirm=is_open and not leaving and appointment.status == Status.BOOKED,
        can_cancel=is_open
        and can_still_be_cancelled_by_patient(appointment, notice=cancellation_notice()),
    )


@transaction.atomic
def confirm_by_link(*, notice: AppointmentNotice) -> Appointment:
    """Confirm the appointment for the receiver of the reminder."""
    if leaving := word_of_leaving(notice.appointment.doctor):
        raise ValidationError(leaving)
    _spend(notice)
    return move_appointment(
        appointment=notice.appointment,
        status=Status.CONFIRMED,
        actor=None,
        reason=str(_("Confirmed through the link in the reminder.")),
    )


@transaction.atomic
def cancel_by_link(*, notice: AppointmentNotice) -> Appointment:
    """Cancel for the receiver of the reminder, within the clinic's notice."""
    _spend(notice)
    return cancel_own_appointment(appointment=notice.appointment, actor=None)


def _spend(notice: AppointmentNotice) -> None:
    """Use the link up; of two clicks at once only one succeeds."""
    state = answerable(notice)
    if state.is_over or not state.is_expected:
        raise AnswerSpentError
    spent = AppointmentNotice.objects.filter(pk=notice.pk, answered_at=None).update(
        answered_at=timezone.now()
    )
    if not spent:
        raise AnswerSpentError
