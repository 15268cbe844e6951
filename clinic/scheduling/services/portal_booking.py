"""Patients who book, request or move appointments themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.scheduling.models.appointment import Appointment, AppointmentTransition
from clinic.scheduling.models.schedule import VisitType
from clinic.scheduling.models.wish import AppointmentRequest
from clinic.scheduling.services.appointment_news import tell_of_new_appointment
from clinic.scheduling.services.appointments import (
    Booking,
    book_appointment,
    reschedule_appointment,
)
from clinic.scheduling.services.booking_guards import SlotRefusedError, lock_calendars
from clinic.scheduling.services.cancellation import (
    can_still_be_cancelled_by_patient,
    cancellation_notice,
    check_notice,
)
from clinic.scheduling.services.slots import (
    Calendar,
    Slot,
    Taken,
    day_bounds,
    next_free_slots,
    working_doctors,
)
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

Status = Appointment.Status
PortalBooking = ClinicSettings.PortalBooking
# How many upcoming appointments a patient may have at once, requested or booked.
MAX_OPEN = 3
# How far ahead patients may look, and how many days one request may span.
DAYS_AHEAD = 90
DAYS_IN_A_REQUEST = 31


@dataclass(frozen=True, kw_only=True)
class Wish:
    """When a patient would like to come: one time, or any time on some days."""

    first_day: date
    last_day: date
    at_time: time | None = None
    doctor: Doctor | None = None


def offered_visit_types() -> QuerySet[VisitType]:
    """Return the types of visit that a patient may choose."""
    return VisitType.objects.filter(is_active=True, is_offered_to_patients=True)


def free_times(
    *, visit_type: VisitType, doctors: Iterable[Doctor], day: date, patient: Patient
) -> list[Slot]:
    """Return the times on a day when any of the doctors is free, each time once."""
    doctors = list(doctors)
    calendar = Calendar(doctors, day, day)
    held = Appointment.objects.holding_a_slot().between(*day_bounds(day)).filter(patient=patient)
    given_away = Taken(held.values_list("starts_at", "ends_at"))
    by_time: dict[datetime, Slot] = {}
    for doctor in doctors:
        for slot in calendar.free_slots(doctor, day, visit_type.duration_minutes):
            if not given_away.meets(slot.starts_at, slot.ends_at):
                by_time.setdefault(slot.starts_at, slot)
    return [by_time[moment] for moment in sorted(by_time)]


def next_times(
    *, visit_type: VisitType, doctor: Doctor | None, day: date, patient: Patient
) -> list[Slot]:
    """Return the next few free times from a day on, as far ahead as patients may look."""
    after = max(day_bounds(day)[0], timezone.now())
    return soon_enough(
        next_free_slots(visit_type=visit_type, after=after, doctor=doctor, patient=patient, count=4)
    )


def last_offered_day() -> date:
    """Return the last day on which patients may book."""
    return timezone.localdate() + timedelta(days=DAYS_AHEAD)


def soon_enough(slots: Iterable[Slot]) -> list[Slot]:
    """Return the times that are not further ahead than patients may look."""
    last = last_offered_day()
    return [slot for slot in slots if timezone.localdate(slot.starts_at) <= last]


@transaction.atomic
def book_own_appointment(
    *, patient: Patient, doctor: Doctor, visit_type: VisitType, starts_at: datetime, actor: User
) -> Appointment:
    """Book a free time at once, if the clinic lets patients do so."""
    _check_portal(PortalBooking.INSTANT)
    _check_offered(visit_type)
    lock_calendars(Appointment(doctor=doctor, patient=patient))
    _check_room_for_one_more(patient)
    _check_is_offered(Slot(doctor, starts_at, starts_at), visit_type, patient)
    booking = Booking(patient=patient, doctor=doctor, visit_type=visit_type, starts_at=starts_at)
    return book_appointment(booking=booking, actor=actor)


@transaction.atomic
def move_own_appointment(
    *, appointment: Appointment, doctor: Doctor, starts_at: datetime, actor: User
) -> Appointment:
    """Give the patient another free time, as long as the clinic's notice allows."""
    _check_portal(PortalBooking.INSTANT)
    check_notice(appointment)
    slot = Slot(doctor, starts_at, starts_at)
    _check_is_offered(slot, appointment.visit_type, appointment.patient)
    return reschedule_appointment(
        appointment=appointment,
        doctor=doctor,
        starts_at=starts_at,
        actor=actor,
        reason=str(_("Moved by the patient.")),
    )


@transaction.atomic
def request_appointment(
    *, patient: Patient, visit_type: VisitType, wish: Wish, actor: User
) -> Appointment:
    """Store a patient's request, the same one once; no time is held until the desk books one."""
    _check_portal(PortalBooking.REQUEST)
    _check_offered(visit_type)
    doctor = _doctor_for(wish)
    lock_calendars(Appointment(doctor=doctor, patient=patient))
    waiting = Appointment.objects.upcoming().filter(
        patient=patient,
        visit_type=visit_type,
        status=Status.REQUESTED,
        request__wished_doctor=wish.doctor,
        request__first_day=wish.first_day,
        request__last_day=wish.last_day,
        request__wished_time=wish.at_time,
        request__replaces=None,
    )
    if same := waiting.first():
        return same
    _check_room_for_one_more(patient)
    return _write_down(
        patient=patient, visit_type=visit_type, doctor=doctor, wish=wish, actor=actor
    )


@transaction.atomic
def request_another_time(*, appointment: Appointment, wish: Wish, actor: User) -> Appointment:
    """Request another time; the appointment stays until the desk has booked the new one."""
    _check_portal(PortalBooking.REQUEST)
    lock_calendars(appointment)
    appointment.refresh_from_db()
    check_notice(appointment)
    if not can_be_moved_by_patient(appointment, notice=cancellation_notice()):
        raise ValidationError(_("This appointment can no longer be moved."))
    asked = Appointment.objects.upcoming().filter(request__replaces=appointment)
    if asked.exists():
        raise ValidationError(_("You have already asked for another time. The clinic will answer."))
    return _write_down(
        patient=appointment.patient,
        visit_type=appointment.visit_type,
        doctor=_doctor_for(wish, before=appointment.doctor),
        wish=wish,
        actor=actor,
        replaces=appointment,
    )


def can_be_moved_by_patient(appointment: Appointment, *, notice: timedelta) -> bool:
    """Return whether the appointment is agreed and the clinic's notice allows a move."""
    return (
        appointment.status in Appointment.EXPECTED_STATUSES
        and can_still_be_cancelled_by_patient(appointment, notice=notice)
    )


def _check_portal(wanted: PortalBooking) -> None:
    if ClinicSettings.objects.current().portal_booking != wanted:
        raise ValidationError(_("The clinic does not offer this here. Please call us."))


def _check_offered(visit_type: VisitType) -> None:
    if not (visit_type.is_active and visit_type.is_offered_to_patients):
        raise ValidationError({"visit_type": _("For this type of visit please call us.")})


def _check_room_for_one_more(patient: Patient) -> None:
    """Count under the patient's lock, so that two browsers cannot both book the last one."""
    upcoming = Appointment.objects.upcoming().filter(patient=patient)
    # A request to move an appointment is not an additional appointment.
    if upcoming.exclude(request__replaces__isnull=False).count() >= MAX_OPEN:
        raise ValidationError(
            _(
                "You have %(count)d upcoming appointments, which is the limit for booking here. "
                "Cancel one first, or call us."
            ),
            code="too_many",
            params={"count": MAX_OPEN},
        )


def _check_is_offered(slot: Slot, visit_type: VisitType, patient: Patient) -> None:
    """Refuse every time that the pages would not offer: in the past, far ahead, off the grid."""
    doctor, day = slot.doctor, timezone.localdate(slot.starts_at)
    is_near = timezone.localdate() <= day <= last_offered_day()
    offered = (
        free_times(visit_type=visit_type, doctors=[doctor], day=day, patient=patient)
        if is_near
        else []
    )
    if slot.starts_at in {each.starts_at for each in offered}:
        return
    after = max(slot.starts_at, timezone.now()) if is_near else timezone.now()
    raise SlotRefusedError(
        "starts_at",
        gettext("This time is not free."),
        next_free_slots(visit_type=visit_type, after=after, doctor=doctor, patient=patient),
        is_overridable=False,
    )


def _doctor_for(wish: Wish, *, before: Doctor | None = None) -> Doctor:
    """Return the doctor to store until the desk has chosen one."""
    if before is not None and not before.user.is_active:
        before = None
    doctor = wish.doctor or before or working_doctors().first()
    if doctor is None:
        raise ValidationError(_("No doctor works here at the moment. Please call us."))
    return doctor


def _write_down(
    *,
    patient: Patient,
    visit_type: VisitType,
    doctor: Doctor,
    wish: Wish,
    actor: User,
    replaces: Appointment | None = None,
) -> Appointment:
    starts_at, ends_at = _span(wish, visit_type)
    appointment = Appointment(
        patient=patient,
        doctor=doctor,
        visit_type=visit_type,
        starts_at=starts_at,
        ends_at=ends_at,
        status=Status.REQUESTED,
        created_by=actor,
    )
    appointment.full_clean()
    appointment.save(force_insert=True)
    AppointmentRequest.objects.create(
        appointment=appointment,
        wished_doctor=wish.doctor,
        first_day=wish.first_day,
        last_day=wish.last_day,
        wished_time=wish.at_time,
        replaces=replaces,
    )
    AppointmentTransition.objects.create(
        appointment=appointment, to_status=Status.REQUESTED, made_by=actor
    )
    detail = {"visit_type": visit_type.code, "requested": True}
    record(AuditEvent.Verb.CREATE, actor=actor, patient=patient, target=appointment, detail=detail)
    tell_of_new_appointment(appointment, actor=actor)
    return appointment


def _span(wish: Wish, visit_type: VisitType) -> tuple[datetime, datetime]:
    """Return the span of time when the patient could come; once it is past, so is the request."""
    today = timezone.localdate()
    if wish.first_day < today:
        raise ValidationError({"first_day": _("This day is in the past.")})
    if wish.last_day < wish.first_day:
        raise ValidationError({"last_day": _("The last day is before the first.")})
    if wish.last_day > last_offered_day():
        raise ValidationError({"last_day": _("Choose days within the next three months.")})
    if wish.last_day - wish.first_day >= timedelta(days=DAYS_IN_A_REQUEST):
        raise ValidationError({"last_day": _("Choose at most one month.")})
    if wish.at_time is None:
        return day_bounds(wish.first_day)[0], day_bounds(wish.last_day)[1]
    if wish.last_day != wish.first_day:
        raise ValidationError({"time": _("Choose one day for a time, or leave the time empty.")})
    starts_at = timezone.make_aware(datetime.combine(wish.first_day, wish.at_time))
    if starts_at <= timezone.now():
        raise ValidationError({"time": _("This time is in the past.")})
    return starts_at, starts_at + timedelta(minutes=visit_type.duration_minutes)
