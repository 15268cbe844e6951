"""Leave of a doctor or the whole clinic, and what happens to the visits booked in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.core.days import TOO_FAR, is_too_far
from clinic.core.locking import lock
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.account_history import hands_behind
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Absence
from clinic.scheduling.services.appointments import move_appointment, reschedule_appointment
from clinic.scheduling.services.booking_guards import SlotRefusedError
from clinic.scheduling.services.slots import Slot
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

CANCELLED = Appointment.Status.CANCELLED


@dataclass(frozen=True)
class Decision:
    """What to do with a visit: move it to a slot, cancel it, or leave it as it is."""

    slot: Slot | None = None
    is_cancelled: bool = False


class VisitsInTheWayError(ValidationError):
    """Booked visits within the time that are undecided, or cannot be handled as decided."""

    def __init__(self, refused: Mapping[UUID, str]) -> None:
        super().__init__(_("There are visits in this time. Decide what to do with each."))
        self.refused = dict(refused)


def visits_within(absence: Absence) -> QuerySet[Appointment]:
    """Return agreed visits within an absence whose patients have not arrived."""
    start = max(absence.starts_at, timezone.now())
    appointments = Appointment.objects.between(start, absence.ends_at).filter(
        status__in=Appointment.EXPECTED_STATUSES
    )
    if absence.doctor is not None:
        appointments = appointments.filter(doctor=absence.doctor)
    return appointments.select_related("patient", "doctor__user", "visit_type")


def check_absence(absence: Absence) -> None:
    """Refuse an absence that makes no sense, whatever is booked in it."""
    if absence.ends_at <= absence.starts_at:
        raise ValidationError({"last_day": _("The end is not after the start.")})
    if absence.ends_at <= timezone.now():
        raise ValidationError({"last_day": _("This time is in the past.")})
    if is_too_far(absence.last_moment):
        raise ValidationError({"last_day": TOO_FAR})
    absence.clean_fields(exclude={"doctor"})
    _refuse_overlapping(absence)


@transaction.atomic
def add_absence(
    *,
    doctor: Doctor | None,
    starts_at: datetime,
    ends_at: datetime,
    actor: User,
    reason: str = "",
    decisions: Mapping[UUID, Decision] | None = None,
    cancel_reason: str = "",
) -> Absence:
    """Add an absence of a doctor or everybody and handle every visit in it, or do nothing."""
    decisions = decisions or {}
    absence = Absence(doctor=doctor, starts_at=starts_at, ends_at=ends_at, reason=reason.strip())
    if any(decision.is_cancelled for decision in decisions.values()) and not cancel_reason.strip():
        raise ValidationError({"cancel_reason": _("Say in a few words why.")})
    _lock(absence, decisions)
    check_absence(absence)
    visits = list(visits_within(absence).order_by("starts_at", "pk"))
    undecided = {visit.pk for visit in visits} - set(decisions)
    if undecided:
        words = gettext("This visit was booked in the meantime.")
        raise VisitsInTheWayError(dict.fromkeys(undecided, words))
    absence.save()
    why = gettext("The clinic is closed.") if doctor is None else gettext("The doctor is away.")
    _carry_out(visits, decisions, actor=actor, why_moved=why, why_cancelled=cancel_reason)
    taken = [decisions[visit.pk] for visit in visits]
    detail = {
        "is_whole_clinic": doctor is None,
        "moved": sum(decision.slot is not None for decision in taken),
        "cancelled": sum(decision.is_cancelled for decision in taken),
        "visits": len(visits),
    }
    record(AuditEvent.Verb.CREATE, actor=actor, target=absence, detail=detail)
    return absence


@transaction.atomic
def remove_absence(*, absence: Absence, actor: User) -> None:
    """Remove an absence: its time can be booked again, but moved visits stay moved."""
    stored = lock(absence)
    detail = {"removed": True, "is_whole_clinic": stored.doctor_id is None}
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail=detail)
    stored.delete()


def _lock(absence: Absence, decisions: Mapping[UUID, Decision]) -> None:
    """Lock visits, doctors and patients, each in one order, before anything is read.

    Bookings wait for the doctor's lock, so no visit slips in between. Everybody who moves one of
    the visits locks the visit first and the doctors after, as here, so there is no deadlock.
    """
    visits = visits_within(absence).order_by("pk").select_for_update(of=("self",))
    patients = [visit.patient_id for visit in visits]
    doctors = Doctor.objects.order_by("pk")
    if absence.doctor is not None:
        slots = [decision.slot for decision in decisions.values() if decision.slot]
        doctors = doctors.filter(
            pk__in={absence.doctor.pk, *(slot.doctor.pk for slot in slots)},
        )
    _hold(doctors.select_for_update(no_key=True, of=("self",)))
    _hold(
        Patient.objects.filter(pk__in=patients).order_by("pk").select_for_update(no_key=True),
    )


def _hold(rows: Iterable[object]) -> None:
    """Read rows that are to be locked."""
    for _row in rows:
        pass


def _refuse_overlapping(absence: Absence) -> None:
    # Leave of somebody who no longer works here is the way to move their remaining visits.
    if absence.doctor is not None and not absence.doctor.user.is_active:
        return
    others = Absence.objects.filter(doctor=absence.doctor)
    other = others.between(absence.starts_at, absence.ends_at).first()
    if other is None:
        return
    if absence.doctor is None:
        message = gettext("The clinic is already closed from %(from)s to %(until)s.")
    else:
        message = gettext("%(doctor)s is already away from %(from)s to %(until)s.")
    words = {
        "doctor": absence.doctor,
        "from": date_format(timezone.localtime(other.starts_at), "DATETIME_FORMAT"),
        "until": date_format(timezone.localtime(other.last_moment), "DATETIME_FORMAT"),
    }
    raise ValidationError({"first_day": message % words})


def _may_be_own(doctor: Doctor, actor: User) -> bool:
    """Return whether the actor may control the doctor's account and so gain patients by moves."""
    return doctor.user_id != actor.pk and actor.pk in hands_behind(doctor.user)


def _carry_out(
    visits: Iterable[Appointment],
    decisions: Mapping[UUID, Decision],
    *,
    actor: User,
    why_moved: str,
    why_cancelled: str,
) -> None:
    """Move and cancel as decided, or do nothing and name every visit that cannot go."""
    refused: dict[UUID, str] = {}
    for visit in visits:
        decision = decisions[visit.pk]
        slot = decision.slot
        if slot and slot.doctor != visit.doctor and _may_be_own(slot.doctor, actor):
            refused[visit.pk] = gettext(
                "You recently created or changed this doctor’s account, so the desk has to move "
                "the visit."
            )
            continue
        try:
            if decision.slot is not None:
                reschedule_appointment(
                    appointment=visit,
                    doctor=decision.slot.doctor,
                    starts_at=decision.slot.starts_at,
                    actor=actor,
                    reason=why_moved,
                )
            elif decision.is_cancelled:
                move_appointment(
                    appointment=visit, status=CANCELLED, actor=actor, reason=why_cancelled
                )
        except SlotRefusedError as refusal:
            refused[visit.pk] = " ".join(refusal.messages)
    if refused:
        raise VisitsInTheWayError(refused)
