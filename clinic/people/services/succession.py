"""What a deactivated doctor leaves open, and who finishes it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.people.services.account_history import hands_behind
from clinic.trail.models.audit import AuditEvent
from clinic.trail.models.notification import Notification
from clinic.trail.services.audit import record
from clinic.trail.services.notifications import notify

Kind = Notification.Kind


@dataclass(frozen=True)
class OpenWork:
    """A doctor's unfinished work, by kind."""

    visits_to_come: int = 0
    waiting: int = 0
    # Visits that a colleague could take over.
    to_move: int = 0
    unsigned: int = 0
    unreviewed: int = 0

    @property
    def is_clinical(self) -> bool:
        """Return whether there is work that only a doctor can finish."""
        return bool(self.unsigned or self.unreviewed)


@dataclass(frozen=True)
class Handover:
    """How a room hands a doctor's open work to the next one, and back."""

    give: Callable[[Doctor, Doctor, User], None]
    take_back: Callable[[Doctor, User], None]


# The rooms register these when the app is ready: who counts each kind of work.
_counters: dict[str, Callable[[Doctor], int]] = {}
_handovers: list[Handover] = []


def tell_open_work(kind: str, count: Callable[[Doctor], int]) -> None:
    """Register how a room counts one kind of a doctor's open work."""
    _counters[kind] = count


def tell_handover(handover: Handover) -> None:
    """Register how a room hands a doctor's work to another one."""
    _handovers.append(handover)


def open_work(doctor: Doctor) -> OpenWork:
    """Count what the doctor would leave open today."""
    return OpenWork(**{kind: count(doctor) for kind, count in _counters.items()})


@transaction.atomic
def hand_over(
    *, doctor: Doctor, actor: User, successor: Doctor | None, is_left_open: bool = False
) -> None:
    """Let a colleague read the records of a deactivated doctor's patients and sign their visits.

    Clinical work is left without a doctor only if somebody says so.
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
        # Otherwise an admin could create a doctor and read everything that this one leaves.
        raise ValidationError(
            {
                "successor": _(
                    "You recently created or changed this doctor’s account. Choose another "
                    "doctor, or ask another admin."
                )
            }
        )
    before = stored.successor
    stored.successor = successor
    stored.save(update_fields=["successor"])
    # Patients whom others left to this doctor go to the next one too.
    Doctor.objects.filter(successor=stored).exclude(pk=successor.pk).update(successor=successor)
    detail = {"successor": [str(before.pk) if before else None, str(successor.pk)]}
    event = record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail=detail)
    for handover in _handovers:
        handover.give(stored, successor, actor)
    if before != successor:
        _tell(successor, Kind.PATIENTS_TAKEN_OVER, event)
        _tell(before, Kind.PATIENTS_PASSED_ON, event)


@transaction.atomic
def take_back(*, doctor: Doctor, actor: User) -> None:
    """End the succession of a doctor who is back; visits still unsigned come back."""
    stored = Doctor.objects.select_for_update(no_key=True, of=("self",)).get(pk=doctor.pk)
    if stored.successor_id is None:
        return
    before = stored.successor
    detail = {"successor": [str(stored.successor_id), None]}
    stored.successor = None
    stored.save(update_fields=["successor"])
    event = record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail=detail)
    _tell(before, Kind.PATIENTS_PASSED_ON, event)
    for handover in _handovers:
        handover.take_back(stored, actor)


def word_of_leaving(doctor: Doctor) -> str:
    """Tell a patient what happens to a visit whose doctor has left; nothing if they are here."""
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
