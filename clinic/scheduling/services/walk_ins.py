"""Patients without an appointment: they take no slot and wait for a gap."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import VisitType
from clinic.scheduling.services.appointments import store_appointment
from clinic.scheduling.services.arrival_tokens import give_token
from clinic.scheduling.services.booking_guards import lock_calendars, works_here
from clinic.scheduling.services.slots import Calendar, is_on_leave

Status = Appointment.Status
HERE = (Status.ARRIVED, Status.IN_CONSULTATION)


@dataclass(frozen=True)
class Queue:
    """How many patients wait for a doctor, and whether somebody is in the room."""

    doctor: Doctor
    waiting: int
    is_busy: bool

    @property
    def length(self) -> int:
        """How many patients go before somebody who comes now."""
        # A doctor has one room: older visits that are still open make nobody wait.
        return self.waiting + self.is_busy


def queues_now() -> list[Queue]:
    """Return the queues of the doctors who are working now, the shortest first."""
    now, today = timezone.now(), timezone.localdate()
    here = Counter(
        Appointment.objects.on_day(today)
        .filter(status__in=HERE)
        .order_by()
        .values_list("doctor_id", "status")
    )
    doctors = Doctor.objects.filter(user__is_active=True).select_related("user")
    calendar = Calendar(doctors, today, today)
    queues = [
        Queue(
            doctor=doctor,
            waiting=here[doctor.pk, Status.ARRIVED],
            is_busy=here[doctor.pk, Status.IN_CONSULTATION] > 0,
        )
        for doctor in doctors
        if calendar.is_working(doctor, now)
    ]
    return sorted(queues, key=lambda queue: queue.length)


@transaction.atomic
def add_walk_in(
    *,
    patient: Patient,
    visit_type: VisitType,
    actor: User,
    doctor: Doctor | None = None,
    note: str = "",
    is_urgent: bool = False,
) -> Appointment:
    """Add somebody at the desk to a doctor's queue, or to the shortest one."""
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    walk_in = Appointment(
        patient=patient,
        doctor=doctor or _first_free_doctor(),
        visit_type=visit_type,
        starts_at=minute,
        ends_at=minute + timedelta(minutes=visit_type.duration_minutes),
        status=Status.ARRIVED,
        arrived_at=now,
        is_walk_in=True,
        is_urgent=is_urgent,
        note=note,
        created_by=actor,
    )
    walk_in.full_clean()
    if not works_here(walk_in.doctor):
        raise ValidationError({"doctor": _("Choose a doctor from the list.")})
    if is_on_leave(doctor=walk_in.doctor, starts_at=now, ends_at=walk_in.ends_at):
        raise ValidationError(
            {"doctor": ValidationError(_("%(name)s is away now."), params={"name": walk_in.doctor})}
        )
    lock_calendars(walk_in)
    if (
        Appointment.objects.on_day(timezone.localdate())
        .filter(patient=patient, status=Status.ARRIVED)
        .exists()
    ):
        raise ValidationError({"patient": _("This patient is already waiting.")})
    store_appointment(walk_in, actor)
    give_token(appointment=walk_in)
    return walk_in


def _first_free_doctor() -> Doctor:
    queues = queues_now()
    if not queues:
        raise ValidationError(
            {"doctor": _("No doctor has working hours now. Choose one yourself.")}
        )
    return queues[0].doctor
