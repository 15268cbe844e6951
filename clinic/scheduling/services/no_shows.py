"""Mark appointments that the patient missed."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from clinic.core.batches import each_alone
from clinic.people.models.patient import Patient
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.services.appointments import IllegalTransitionError, move_appointment

NO_SHOW = Appointment.Status.NO_SHOW
BATCH = 500


def mark_no_shows() -> int:
    """Mark appointments that ended a while ago without the patient; return how many."""
    minutes = settings.NO_SHOW_AFTER_MINUTES
    missed = Appointment.objects.filter(
        status__in=Appointment.EXPECTED_STATUSES,
        ends_at__lte=timezone.now() - timedelta(minutes=minutes),
        # If the desk has undone it once, it stays undone.
    ).exclude(transitions__to_status=NO_SHOW)
    reason = gettext("Not here %(minutes)d minutes after the end.") % {"minutes": minutes}
    keys = list(missed.order_by("ends_at").values_list("pk", flat=True)[:BATCH])
    marked = 0

    def mark(key: UUID) -> None:
        nonlocal marked
        appointment = Appointment.objects.select_related("patient").get(pk=key)
        # An error means that the patient has just arrived.
        with suppress(IllegalTransitionError):
            move_appointment(appointment=appointment, status=NO_SHOW, actor=None, reason=reason)
            marked += 1

    each_alone(keys, mark, what="An appointment could not be marked as missed")
    return marked


def count_no_shows(patient: Patient) -> int:
    """Count the appointments that the patient has missed."""
    return patient.appointments.filter(status=NO_SHOW).count()
