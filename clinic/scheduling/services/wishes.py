"""How the desk answers patients' requests."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.ended_records import refuse_ended
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.wish import AppointmentRequest
from clinic.scheduling.services.appointments import (
    NOT_YET_AGREED,
    IllegalTransitionError,
    move_appointment,
)
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

Status = Appointment.Status


def count_new_requests() -> int:
    """Count the requests that nobody has answered yet."""
    return AppointmentRequest.objects.new().count()


def wish_without_time(appointment: Appointment) -> AppointmentRequest | None:
    """Return the patient's request, if the desk has not given it a time."""
    if appointment.status not in NOT_YET_AGREED:
        return None
    return AppointmentRequest.objects.filter(appointment=appointment).first()


@transaction.atomic
def put_on_waiting_list(*, request: AppointmentRequest, actor: User) -> Appointment:
    """Keep a request until a time becomes free."""
    return move_appointment(appointment=request.appointment, status=Status.WAITLIST, actor=actor)


@transaction.atomic
def decline_request(*, request: AppointmentRequest, reason: str, actor: User) -> Appointment:
    """Decline with one of the sentences that may go into an email."""
    if reason not in AppointmentRequest.DeclineReason.values:
        raise ValidationError({"reason": _("Choose a reason. The patient gets it by email.")})
    # The reason is stored before the change of status queues the email that contains it.
    AppointmentRequest.objects.filter(pk=request.pk, appointment__status__in=NOT_YET_AGREED).update(
        decline_reason=reason
    )
    request.refresh_from_db()
    if not request.decline_reason:
        # Another desk booked it, or the patient withdrew it.
        raise IllegalTransitionError(request.appointment.status, Status.CANCELLED)
    return move_appointment(
        appointment=request.appointment,
        status=Status.CANCELLED,
        actor=actor,
        reason=str(AppointmentRequest.DeclineReason(reason).label),
    )


@transaction.atomic
def clear_possible_duplicate(*, patient: Patient, actor: User) -> None:
    """Note the desk's decision that this patient is no duplicate."""
    refuse_ended(patient.pk)
    cleared = Patient.objects.filter(pk=patient.pk, is_possible_duplicate=True).update(
        is_possible_duplicate=False
    )
    if cleared:
        record(
            AuditEvent.Verb.UPDATE,
            actor=actor,
            patient=patient,
            target=patient,
            detail={"fields": ["is_possible_duplicate"]},
        )
