"""Check whether the time of an appointment allows a change of status."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.scheduling.models.appointment import Appointment

Status = Appointment.Status
NOT_BEGUN = _("This visit has not started yet, so it cannot be missed.")
LATER_DAY = _(
    "This appointment is on a later day. The patient cannot arrive or be called in today."
)
PAST_DAY = _(
    "The day of this appointment is over. A patient who comes now is a walk-in or needs a new time."
)
OVER_NOT_CANCELLED = _(
    "The day of this appointment is over, so it cannot be cancelled. Mark that the patient did not "
    "come, or that it was entered in error."
)
OVER_NOT_BOOKED = _("This time is in the past.")
OVER_NOT_WAITING = _("The days that the patient asked for are over. Book another day, or decline.")
NOTHING_TO_CONFIRM = _("The time of this appointment is past, so there is nothing to confirm.")


def words_against(appointment: Appointment, status: str) -> str | Promise:
    """Return why the time of an appointment forbids a change now, or nothing if it is allowed.

    Only patients who have arrived are called in, and only then can their visit be completed. To
    undo something, to move a missed visit and to say that it was an error, there is no wrong time.
    """
    is_wish = appointment.status in {Status.REQUESTED, Status.WAITLIST}
    now = timezone.now()
    if status == Status.NO_SHOW and appointment.starts_at > now:
        return NOT_BEGUN
    if status in {Status.ARRIVED, Status.IN_CONSULTATION} and _is_on_later_day(appointment):
        return LATER_DAY
    if status == Status.ARRIVED and _is_day_over(appointment):
        return PAST_DAY
    if status == Status.CONFIRMED and appointment.ends_at <= now:
        return NOTHING_TO_CONFIRM
    if status == Status.WAITLIST and appointment.ends_at <= now:
        return OVER_NOT_WAITING
    if status == Status.BOOKED and is_wish and appointment.ends_at <= now:
        return OVER_NOT_BOOKED
    if (
        status == Status.CANCELLED
        and appointment.status in Appointment.EXPECTED_STATUSES
        and _is_day_over(appointment)
    ):
        return OVER_NOT_CANCELLED
    return ""


def _is_on_later_day(appointment: Appointment) -> bool:
    return timezone.localdate(appointment.starts_at) > timezone.localdate()


def _is_day_over(appointment: Appointment) -> bool:
    """Return whether the day is over, with some time to spare for visits just before midnight."""
    grace = timedelta(minutes=settings.NO_SHOW_AFTER_MINUTES)
    return timezone.localdate(appointment.ends_at + grace) < timezone.localdate()
