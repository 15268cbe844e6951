"""Appointments to which nobody came, marked by the clock."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from clinic.models import Appointment, Patient
from clinic.services.appointments import IllegalTransitionError, move_appointment

NO_SHOW = Appointment.Status.NO_SHOW
BATCH = 500


def mark_no_shows() -> int:
    """Marks appointments that ended a while ago without the patient; returns how many."""
    minutes = settings.NO_SHOW_AFTER_MINUTES
    missed = Appointment.objects.filter(
        status__in=Appointment.EXPECTED_STATUSES,
        ends_at__lte=timezone.now() - timedelta(minutes=minutes),
        # What the desk has taken back once stays taken back.
    ).exclude(transitions__to_status=NO_SHOW)
    marked = 0
    for appointment in missed.select_related("patient").order_by("ends_at")[:BATCH]:
        reason = gettext("Not here %(minutes)d minutes after the end.") % {"minutes": minutes}
        try:
            move_appointment(appointment=appointment, status=NO_SHOW, actor=None, reason=reason)
        except IllegalTransitionError:
            continue  # the patient has arrived this very moment
        marked += 1
    return marked


def count_no_shows(patient: Patient) -> int:
    """How many appointments the patient has missed."""
    return patient.appointments.filter(status=NO_SHOW).count()
