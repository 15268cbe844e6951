"""Note in the trail that patients look at their own appointments."""

from django.db import transaction

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.scheduling.models.appointment import Appointment
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record


@transaction.atomic
def record_appointment_file(*, appointment: Appointment, actor: User) -> None:
    """Note that a patient downloaded their own appointment as a file."""
    patient = appointment.patient
    record(AuditEvent.Verb.DOWNLOAD, actor=actor, patient=patient, target=appointment)


@transaction.atomic
def record_own_appointments_view(*, actor: User) -> None:
    """Note that a patient looked at their own appointments."""
    patient = Patient.objects.filter(user=actor).first()
    record(AuditEvent.Verb.LIST, actor=actor, patient=patient, detail={"of": "own_appointments"})
