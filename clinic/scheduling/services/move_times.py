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
NOTHING_TO_CONFIRM = _("The time of this appointment is past, so there is nothing to confirm.")


def words_against(appointment: Appointment, status: str) -> str | Promise:
    """Return why the time of an appointment forbids a change now, or nothing if it is allowed.

    Only patients who have arrived are called in, and only then can their visit be completed.
    """
    now = timezone.now()
    if status == Status.NO_SHOW and appointment.starts_at > now:
        return NOT_BEGUN
    if status in {Status.ARRIVED, Status.IN_CONSULTATION} and _is_on_later_day(appointment):
        return LATER_DAY
    if status == Status.ARRIVED and _is_day_over(appointment):
        return PAST_DAY
    if status == Status.CONFIRMED and appointment.ends_at <= now:
        return NOTHING_TO_CONFIRM
    return ""


def _is_on_later_day(appointment: Appointment) -> bool:
    return timezone.localdate(appointment.starts_at) > timezone.localdate()


def _is_day_over(appointment: Appointment) -> bool:
    """Return whether the day is over, with some time to spare for visits just before midnight."""
    grace = timedelta(minutes=settings.NO_SHOW_AFTER_MINUTES)
    return timezone.localdate(appointment.ends_at + grace) < timezone.localdate()
