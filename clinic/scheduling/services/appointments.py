"""Book appointments and move them from status to status."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.ended_records import refuse_ended
from clinic.scheduling.models.appointment import Appointment, AppointmentTransition
from clinic.scheduling.models.message import AppointmentNotice
from clinic.scheduling.models.schedule import VisitType
from clinic.scheduling.models.wish import AppointmentRequest
from clinic.scheduling.services.appointment_news import tell_of_move, tell_of_new_appointment
from clinic.scheduling.services.arrival_tokens import give_token
from clinic.scheduling.services.booking_guards import (
    check_time,
    lock_calendars,
    words_for_a_taken_time,
    works_here,
)
from clinic.scheduling.services.messages import queue_notice
from clinic.scheduling.services.move_times import words_against
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

Status = Appointment.Status
Notice = AppointmentNotice.Kind
NEEDS_REASON = frozenset({Status.CANCELLED, Status.NO_SHOW, Status.ENTERED_IN_ERROR})
# Statuses that make no sense for a doctor who is not there.
EXPECTS_DOCTOR = frozenset({Status.CONFIRMED, Status.ARRIVED})
NOT_YET_AGREED = frozenset({Status.REQUESTED, Status.WAITLIST})


@dataclass(frozen=True, kw_only=True)
class Booking:
    """Which patient comes, to which doctor, when and for what."""

    patient: Patient
    doctor: Doctor
    visit_type: VisitType
    starts_at: datetime
    note: str = ""
    is_urgent: bool = False
    overbooked_reason: str = ""


class IllegalTransitionError(ValidationError):
    """A change that the transition table does not have."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(
            _("This appointment is “%(old)s” and cannot become “%(new)s”."),
            code="illegal_transition",
            params={"old": Status(old).label, "new": Status(new).label},
        )


class MovedAtWrongTimeError(IllegalTransitionError):
    """A change that the table has, but not at this time."""

    def __init__(self, words: str) -> None:
        ValidationError.__init__(self, words, code="wrong_time")


@transaction.atomic
def book_appointment(*, booking: Booking, actor: User) -> Appointment:
    """Book a doctor's time for a patient; the database gives it to only one patient.

    With a reason, it is booked where the doctor has no time too, and marked as overbooked.
    """
    appointment = Appointment(
        patient=booking.patient,
        doctor=booking.doctor,
        visit_type=booking.visit_type,
        starts_at=booking.starts_at,
        ends_at=booking.starts_at + timedelta(minutes=booking.visit_type.duration_minutes),
        note=booking.note,
        is_urgent=booking.is_urgent,
        overbooked_reason=booking.overbooked_reason.strip(),
        created_by=actor,
    )
    _keep_time(appointment, actor)
    queue_notice(appointment=appointment, kind=Notice.BOOKED)
    return appointment


@transaction.atomic
def reschedule_appointment(
    *,
    appointment: Appointment,
    doctor: Doctor,
    starts_at: datetime,
    actor: User,
    reason: str = "",
    overbooked_reason: str = "",
) -> Appointment:
    """Give the patient another time in a new row and free the old time, or do neither.

    With a reason to overbook, a doctor who has no time gets the patient too, as in a booking.
    """
    old = _current_status(appointment)
    if Status.RESCHEDULED not in appointment.next_statuses(old) or not _compare_and_set(
        appointment, old, Status.RESCHEDULED
    ):
        raise IllegalTransitionError(_current_status(appointment), Status.RESCHEDULED)
    _store_move(appointment, old, Status.RESCHEDULED, actor, reason.strip())
    moved = Appointment(
        patient=appointment.patient,
        doctor=doctor,
        visit_type=appointment.visit_type,
        starts_at=starts_at,
        ends_at=starts_at + (appointment.ends_at - appointment.starts_at),
        note=appointment.note,
        is_urgent=appointment.is_urgent,
        overbooked_reason=overbooked_reason.strip(),
        rescheduled_from=appointment,
        series_id=appointment.series_id,
        created_by=actor,
    )
    _keep_time(moved, actor)
    queue_notice(appointment=moved, kind=Notice.MOVED)
    return moved


@transaction.atomic
def move_appointment(
    *, appointment: Appointment, status: str, actor: User | None, reason: str = ""
) -> Appointment:
    """Move an appointment to a status, once, however often the button is pressed."""
    refuse_ended(appointment.patient_id)
    reason = reason.strip()
    # After losing a race, look again: the change may be made already, or still be allowed.
    while (old := _current_status(appointment)) != status:
        if status not in appointment.next_statuses(old):
            raise IllegalTransitionError(old, status)
        if is_call_in_undone(old, status) and _has_visit(appointment):
            raise IllegalTransitionError(old, status)
        if not is_call_in_undone(old, status):
            _refuse_visit_with_nobody(appointment, status)
            _refuse_wrong_time(appointment, status)
        if status == Status.BOOKED and old in NOT_YET_AGREED and is_asked_for(appointment):
            raise ValidationError(_("The patient asked for it: choose the time under “Requests”."))
        if status in NEEDS_REASON and not reason:
            raise ValidationError({"reason": _("Say in a few words why.")})
        if _compare_and_set(appointment, old, status):
            _store_move(appointment, old, status, actor, reason)
            break
    appointment.refresh_from_db()
    return appointment


@transaction.atomic
def book_requested_appointment(
    *,
    appointment: Appointment,
    doctor: Doctor,
    starts_at: datetime,
    actor: User,
    overbooked_reason: str = "",
) -> Appointment:
    """Book a time for a patient who requested it; the appointment it replaces is freed at once."""
    old = _current_status(appointment)
    if old not in NOT_YET_AGREED:
        raise IllegalTransitionError(old, Status.BOOKED)
    appointment.doctor = doctor
    appointment.starts_at = starts_at
    appointment.ends_at = starts_at + timedelta(minutes=appointment.visit_type.duration_minutes)
    appointment.overbooked_reason = overbooked_reason.strip()
    # First the row and then the calendars, as in other moves, so there is no deadlock.
    replaced = _give_back_replaced(appointment, actor)
    lock_calendars(appointment)
    check_time(appointment)
    with words_for_a_taken_time(appointment):
        booked = Appointment.objects.filter(pk=appointment.pk, status__in=NOT_YET_AGREED).update(
            status=Status.BOOKED,
            doctor=doctor,
            starts_at=starts_at,
            ends_at=appointment.ends_at,
            overbooked_reason=appointment.overbooked_reason,
            rescheduled_from=replaced,
        )
    if not booked:
        raise IllegalTransitionError(_current_status(appointment), Status.BOOKED)
    appointment.refresh_from_db()
    _store_move(appointment, old, Status.BOOKED, actor, appointment.overbooked_reason)
    return appointment


def is_call_in_undone(old: str, new: str) -> bool:
    """Return whether a change sends a patient whom the doctor has called in back to wait."""
    return old == Status.IN_CONSULTATION and new == Status.ARRIVED


def is_asked_for(appointment: Appointment) -> bool:
    """Return whether the patient requested the appointment, so that its time is a wish."""
    return AppointmentRequest.objects.filter(appointment=appointment).exists()


def _give_back_replaced(appointment: Appointment, actor: User) -> Appointment | None:
    """Mark the appointment that this one replaces as rescheduled, if it is still expected."""
    request = AppointmentRequest.objects.select_related("replaces").get(appointment=appointment)
    replaced = request.replaces
    if replaced is None:
        return None
    old = _current_status(replaced)
    if old not in Appointment.EXPECTED_STATUSES or not _compare_and_set(
        replaced, old, Status.RESCHEDULED
    ):
        return None
    _store_move(replaced, old, Status.RESCHEDULED, actor, "")
    return replaced


def _keep_time(appointment: Appointment, actor: User) -> None:
    """Store a new appointment if the doctor works then and the time is free, or overbooked."""
    appointment.full_clean()
    lock_calendars(appointment)
    store_appointment(appointment, actor, overbooked=check_time(appointment))


def store_appointment(appointment: Appointment, actor: User, *, overbooked: str = "") -> None:
    """Store a new appointment with its first status and an audit row."""
    refuse_ended(appointment.patient_id)
    with words_for_a_taken_time(appointment):
        appointment.save(force_insert=True)
    AppointmentTransition.objects.create(
        appointment=appointment,
        to_status=appointment.status,
        made_by=actor,
        reason=appointment.overbooked_reason,
    )
    detail = {
        "visit_type": appointment.visit_type.code,
        "is_urgent": appointment.is_urgent,
        "is_walk_in": appointment.is_walk_in,
        "overbooked": overbooked,
    }
    record(
        AuditEvent.Verb.CREATE,
        actor=actor,
        patient=appointment.patient,
        target=appointment,
        detail=detail,
    )
    tell_of_new_appointment(appointment, actor=actor)


def _refuse_wrong_time(appointment: Appointment, status: str) -> None:
    if words := words_against(appointment, status):
        raise MovedAtWrongTimeError(str(words))


def _refuse_visit_with_nobody(appointment: Appointment, status: str) -> None:
    if status in EXPECTS_DOCTOR and not works_here(appointment.doctor):
        raise ValidationError(
            _("%(doctor)s no longer works here. Move the visit to another doctor first."),
            params={"doctor": appointment.doctor},
        )


def _has_visit(appointment: Appointment) -> bool:
    return Appointment.objects.filter(pk=appointment.pk, consultation__isnull=False).exists()


def _current_status(appointment: Appointment) -> str:
    return Appointment.objects.values_list("status", flat=True).get(pk=appointment.pk)


def _store_move(
    appointment: Appointment, old: str, new: str, actor: User | None, reason: str
) -> None:
    AppointmentTransition.objects.create(
        appointment=appointment, from_status=old, to_status=new, made_by=actor, reason=reason
    )
    record(
        AuditEvent.Verb.TRANSITION,
        actor=actor,
        patient=appointment.patient,
        target=appointment,
        detail={"from": old, "to": new},
    )
    tell_of_move(appointment, old=old, new=new, actor=actor)


def _compare_and_set(appointment: Appointment, old: str, new: str) -> bool:
    """Set the status if it is still the old one, and return whether it was."""
    values: dict[str, object] = {"status": new}
    # Somebody called in by mistake has been waiting since the arrival.
    if new == Status.ARRIVED and not is_call_in_undone(old, new):
        values["arrived_at"] = timezone.now()
    elif new == Status.BOOKED:
        values["arrived_at"] = None
    if new in Appointment.SLOT_STATUSES and old not in Appointment.SLOT_STATUSES:
        lock_calendars(appointment)
    with words_for_a_taken_time(appointment):
        moved = Appointment.objects.filter(pk=appointment.pk, status=old).update(**values)
    if moved and new == Status.ARRIVED:
        give_token(appointment=appointment)
    return moved == 1
