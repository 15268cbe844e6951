"""Visits that a doctor leaves unsigned, and who signs them."""

from django.db.models import QuerySet

from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.records.models.consultation import Consultation
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record


def count_unsigned(doctor: Doctor) -> int:
    """Count the visits that the doctor has not signed."""
    return _unsigned(doctor).count()


def give_unsigned(doctor: Doctor, successor: Doctor, actor: User) -> None:
    """Let the successor sign the doctor's unsigned visits."""
    _give_visits(_unsigned(doctor), to=successor, actor=actor)


def take_unsigned_back(doctor: Doctor, actor: User) -> None:
    """Let a doctor who is back sign the visits that nobody has signed meanwhile."""
    given = Consultation.objects.filter(appointment__doctor=doctor, signed_at__isnull=True)
    _give_visits(given.exclude(doctor=doctor), to=doctor, actor=actor)


def _unsigned(doctor: Doctor) -> QuerySet[Consultation]:
    visits = Consultation.objects.filter(doctor=doctor, signed_at__isnull=True)
    # Nothing is written into an ended record, not even whose work it is.
    return visits.exclude(patient__in=Patient.objects.ended())


def _give_visits(visits: QuerySet[Consultation], *, to: Doctor, actor: User) -> None:
    # Only these columns are read, so an unreadable note does not stop the deactivation.
    held = visits.select_for_update(no_key=True, of=("self",)).only("doctor", "patient")
    for visit in held.order_by("pk"):
        detail = {"doctor": [str(visit.doctor_id), str(to.pk)]}
        Consultation.objects.filter(pk=visit.pk).update(doctor=to)
        record(
            AuditEvent.Verb.UPDATE, actor=actor, patient=visit.patient, target=visit, detail=detail
        )
