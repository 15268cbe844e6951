"""Tell staff and patients that an appointment was booked, moved or cancelled."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from clinic.people.models.user import User
from clinic.people.permissions import active_secretaries
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.message import AppointmentNotice
from clinic.scheduling.services.feeds import CALLED_OFF
from clinic.scheduling.services.messages import queue_notice
from clinic.trail.models.notification import Notification
from clinic.trail.services.notifications import notify

Kind = Notification.Kind
Mail = AppointmentNotice.Kind
Status = Appointment.Status


def tell_of_new_appointment(appointment: Appointment, *, actor: User) -> None:
    """Tell those affected: the desk of a wish, the doctor of a walk-in or an imminent visit."""
    if appointment.status == Status.REQUESTED:
        _tell(active_secretaries(), Kind.REQUESTED, appointment, url_name="clinic:request_book")
    elif appointment.status == Status.ARRIVED:
        is_urgent = appointment.is_urgent
        _tell_doctor(Kind.URGENT_ARRIVAL if is_urgent else Kind.WALK_IN, appointment, actor)
    elif appointment.status == Status.BOOKED:
        _tell_of_booking(appointment, actor)


def tell_of_move(appointment: Appointment, *, old: str, new: str, actor: User | None) -> None:
    """Tell those affected by a change of status: patient, doctor and desk."""
    # A wish that was never agreed was not yet in the doctor's calendar.
    was_agreed = old in Appointment.CARE_STATUSES
    if new in CALLED_OFF:
        _tell_of_calling_off(appointment, new, actor, was_agreed=was_agreed)
    elif new == Status.ARRIVED and appointment.is_urgent:
        _tell_doctor(Kind.URGENT_ARRIVAL, appointment, actor)
    elif new == Status.BOOKED and not was_agreed:
        is_move = appointment.rescheduled_from_id is not None
        queue_notice(appointment=appointment, kind=Mail.MOVED if is_move else Mail.BOOKED)
        _tell_of_booking(appointment, actor)


def _tell_of_calling_off(
    appointment: Appointment, status: str, actor: User | None, *, was_agreed: bool
) -> None:
    is_patients_own = status == Status.CANCELLED and _is_the_patient(actor, appointment)
    if is_patients_own:
        _tell(active_secretaries(), Kind.CANCELLED_BY_PATIENT, appointment)
    if was_agreed:
        if is_patients_own:
            _tell_doctor(Kind.CANCELLED_BY_PATIENT, appointment, actor)
        elif _is_near(appointment):
            _tell_doctor(Kind.CANCELLED, appointment, actor)
        if not appointment.is_walk_in:
            queue_notice(appointment=appointment, kind=Mail.CANCELLED)
    elif not is_patients_own:
        # Patients who withdraw their own request know about it.
        queue_notice(appointment=appointment, kind=Mail.DECLINED)


def _tell_of_booking(appointment: Appointment, actor: User | None) -> None:
    before = appointment.rescheduled_from
    if before is None or before.doctor_id != appointment.doctor_id:
        if before is not None and _is_near(before):
            _tell_doctor(Kind.MOVED, before, actor)
        if _is_near(appointment):
            _tell_doctor(Kind.BOOKED, appointment, actor)
    elif _is_near(appointment) or _is_near(before):
        _tell_doctor(Kind.MOVED, appointment, actor)


def _is_near(appointment: Appointment) -> bool:
    """Return whether the appointment is today or tomorrow."""
    today = timezone.localdate()
    day = timezone.localdate(appointment.starts_at)
    return today <= day <= today + timedelta(days=1)


def _is_the_patient(actor: User | None, appointment: Appointment) -> bool:
    # Nobody is signed in behind a reminder's link, but that is the patient, too.
    return actor is None or actor.pk == appointment.patient.user_id


def _tell_doctor(kind: Kind, appointment: Appointment, actor: User | None) -> None:
    doctor = appointment.doctor.user
    if actor is None or actor.pk != doctor.pk:
        _tell([doctor], kind, appointment)


def _tell(
    recipients: Iterable[User],
    kind: Kind,
    appointment: Appointment,
    url_name: str = "clinic:appointment_detail",
) -> None:
    notify(recipients=recipients, kind=kind, url_name=url_name, object_key=appointment.pk)
