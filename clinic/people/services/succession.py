"""What a doctor whose account is deactivated leaves open, and who finishes it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.account_history import hands_behind
from clinic.records.models.consultation import Consultation
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Doctor
from clinic.trail.models.audit import AuditEvent
from clinic.trail.models.notification import Notification
from clinic.trail.services.audit import record
from clinic.trail.services.notifications import notify

Kind = Notification.Kind


@dataclass(frozen=True)
class OpenWork:
    """What waits for a doctor, by kind."""

    visits_to_come: int
    waiting: int
    unsigned: int
    unreviewed: int

    @property
    def is_clinical(self) -> bool:
        """Return whether something waits that only a doctor can finish."""
        return bool(self.unsigned or self.unreviewed)


# How many answers on photographs of a doctor's visits nobody has looked at: another app knows.
_counters: list[Callable[[Doctor], int]] = []


def tell_unreviewed(count: Callable[[Doctor], int]) -> None:
    """Let an app say how much of a doctor's work it still holds."""
    _counters.append(count)


def open_work(doctor: Doctor) -> OpenWork:
    """Count what the doctor would leave open today."""
    appointments = Appointment.objects.filter(doctor=doctor)
    return OpenWork(
        visits_to_come=appointments.upcoming().count(),
        waiting=appointments.filter(status=Appointment.Status.ARRIVED).count(),
        unsigned=_unsigned(doctor).count(),
        unreviewed=sum(count(doctor) for count in _counters),
    )


@transaction.atomic
def hand_over(
    *, doctor: Doctor, actor: User, successor: Doctor | None, is_left_open: bool = False
) -> None:
    """Let a colleague read the records of a deactivated doctor's patients and sign her visits.

    Clinical work is left to nobody only where somebody has said so.
    """
    stored = Doctor.objects.select_for_update(no_key=True, of=("self",)).get(pk=doctor.pk)
    if successor is None:
        if open_work(stored).is_clinical and not (is_left_open or stored.successor_id):
            raise ValidationError(
                {"successor": _("Choose who finishes this, or that nobody does yet.")}
            )
        return
    if successor.pk == stored.pk or not successor.user.is_active:
        raise ValidationError({"successor": _("Choose another doctor who works here.")})
    if actor.pk in hands_behind(successor.user):
        # Otherwise an admin could make a doctor, and read all that this one leaves.
        raise ValidationError(
            {
                "successor": _(
                    "You made or changed the account of this doctor lately. Choose another one, "
                    "or ask another admin."
                )
            }
        )
    before = stored.successor
    stored.successor = successor
    stored.save(update_fields=["successor"])
    # Whoever had left patients to this doctor has left them to the next one now.
    Doctor.objects.filter(successor=stored).exclude(pk=successor.pk).update(successor=successor)
    detail = {"successor": [str(before.pk) if before else None, str(successor.pk)]}
    event = record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail=detail)
    _give_visits(_unsigned(stored), to=successor, actor=actor)
    if before != successor:
        _tell(successor, Kind.PATIENTS_TAKEN_OVER, event)
        _tell(before, Kind.PATIENTS_PASSED_ON, event)


@transaction.atomic
def take_back(*, doctor: Doctor, actor: User) -> None:
    """End the succession of a doctor who works here again; what is still unsigned comes back."""
    stored = Doctor.objects.select_for_update(no_key=True, of=("self",)).get(pk=doctor.pk)
    if stored.successor_id is None:
        return
    before = stored.successor
    detail = {"successor": [str(stored.successor_id), None]}
    stored.successor = None
    stored.save(update_fields=["successor"])
    event = record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail=detail)
    _tell(before, Kind.PATIENTS_PASSED_ON, event)
    given = Consultation.objects.filter(appointment__doctor=stored, signed_at__isnull=True)
    _give_visits(given.exclude(doctor=stored), to=stored, actor=actor)


def word_of_leaving(doctor: Doctor) -> str:
    """Say to a patient what becomes of a visit whose doctor has left; nothing where she is here."""
    if doctor.user.is_active:
        return ""
    names = {"doctor": doctor, "successor": doctor.in_charge}
    if doctor.in_charge == doctor:
        return (
            gettext("%(doctor)s no longer works here. The clinic will call you about this visit.")
            % names
        )
    return (
        gettext(
            "%(doctor)s no longer works here. %(successor)s takes over, and the clinic will call "
            "you about this visit."
        )
        % names
    )


def _tell(doctor: Doctor | None, kind: Notification.Kind, event: AuditEvent) -> None:
    if doctor is not None:
        notify(
            recipients=[doctor.user],
            kind=kind,
            url_name="clinic:doctor_day",
            object_key="",
            fact_key=event.pk,
        )


def _unsigned(doctor: Doctor) -> QuerySet[Consultation]:
    visits = Consultation.objects.filter(doctor=doctor, signed_at__isnull=True)
    # Nothing is written into a record that has ended, not even whose work it is.
    return visits.exclude(patient__in=Patient.objects.ended())


def _give_visits(visits: QuerySet[Consultation], *, to: Doctor, actor: User) -> None:
    # No note is read for it, so one that cannot be read keeps nobody in.
    held = visits.select_for_update(no_key=True, of=("self",)).only("doctor", "patient")
    for visit in held.order_by("pk"):
        detail = {"doctor": [str(visit.doctor_id), str(to.pk)]}
        Consultation.objects.filter(pk=visit.pk).update(doctor=to)
        record(
            AuditEvent.Verb.UPDATE, actor=actor, patient=visit.patient, target=visit, detail=detail
        )
