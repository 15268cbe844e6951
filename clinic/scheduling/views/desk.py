"""The desk's day: doctors side by side, who comes when, and what is still free."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from clinic.core.http import SignedInRequest
from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.people.services.patients import record_patient_list
from clinic.scheduling.forms.calendar import DayForm
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Absence
from clinic.scheduling.pages.moves import Move, moves_for
from clinic.scheduling.permissions import calendars_showing, can_run_desk, visible_appointments
from clinic.scheduling.services.slots import Calendar, Hours, Slot, day_bounds

# Requests have their own page, because their time is a wish.
NOT_SHOWN = (
    Appointment.Status.REQUESTED,
    Appointment.Status.WAITLIST,
    Appointment.Status.RESCHEDULED,
    Appointment.Status.ENTERED_IN_ERROR,
)


@dataclass(frozen=True)
class Entry:
    """One part of a doctor's day: an appointment, a row of free slots, a break, or now."""

    starts_at: datetime
    appointment: Appointment | None = None
    moves: tuple[Move, ...] = ()
    slots: tuple[Slot, ...] = ()
    is_now: bool = False


@dataclass(frozen=True)
class Column:
    """One doctor's day."""

    doctor: Doctor
    hours: list[Hours]
    absences: list[Absence]
    booked: list[Entry]
    free: list[Slot]
    now: datetime | None

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to show: no hours, no absence, nobody booked."""
        return not (self.hours or self.absences or self.booked)

    @property
    def entries(self) -> list[Entry]:
        """Everything on the day, in order of time."""
        breaks = [Entry(timezone.make_aware(hours.ends)) for hours in self.hours[:-1]]
        free = [Entry(slot.starts_at, slots=(slot,)) for slot in self.free]
        parts = [*self.booked, *free, *breaks]
        if self.now and parts:
            parts.append(Entry(self.now, is_now=True))
        return _slots_in_rows(sorted(parts, key=lambda entry: entry.starts_at))


@require_GET
def desk_day(request: SignedInRequest) -> HttpResponse:
    """Show a day of all doctors or of one, with its free slots."""
    if not can_run_desk(request.user):
        raise PermissionDenied
    asked = DayForm(request.GET, user=request.user)
    asked.is_valid()
    today = timezone.localdate()
    day: date = asked.cleaned_data.get("date") or today
    doctor: Doctor | None = asked.cleaned_data.get("doctor")
    appointments = _shown(request.user, day)
    doctors = list(calendars_showing(request.user, appointments))
    columns = _columns(request.user, [doctor] if doctor else doctors, day, appointments)
    count = sum(len(column.booked) for column in columns)
    record_patient_list(actor=request.user, of="desk_day", count=count)
    context = {
        "day": day,
        "is_today": day == today,
        "previous_day": day - timedelta(days=1),
        "next_day": day + timedelta(days=1),
        "filters": DayForm(
            initial={"date": day, "doctor": doctor}, user=request.user, doctors=doctors
        ),
        "columns": [column for column in columns if not column.is_empty],
        "idle": [column.doctor.desk_name for column in columns if column.is_empty],
        "appointment_count": count,
        "next": request.get_full_path(),
    }
    return render(request, "clinic/scheduling/desk_day.html", context)


def _slots_in_rows(entries: list[Entry]) -> list[Entry]:
    """Join free slots that follow each other into one entry."""
    rows: list[Entry] = []
    for entry in entries:
        if entry.slots and rows and rows[-1].slots:
            rows[-1] = Entry(rows[-1].starts_at, slots=(*rows[-1].slots, *entry.slots))
        else:
            rows.append(entry)
    return rows


def _shown(user: User, day: date) -> QuerySet[Appointment]:
    start, end = day_bounds(day)
    appointments = visible_appointments(user).filter(starts_at__gte=start, starts_at__lt=end)
    return appointments.exclude(status__in=NOT_SHOWN)


def _columns(
    user: User, doctors: list[Doctor], day: date, appointments: QuerySet[Appointment]
) -> list[Column]:
    calendar = Calendar(doctors, day, day)
    appointments = appointments.filter(doctor__in=doctors)
    by_key = {doctor.pk: doctor for doctor in doctors}
    by_doctor: dict[object, list[Entry]] = {doctor.pk: [] for doctor in doctors}
    for appointment in appointments.select_related("patient", "visit_type"):
        appointment.doctor = by_key[appointment.doctor_id]
        entry = Entry(appointment.starts_at, appointment, moves=tuple(moves_for(user, appointment)))
        by_doctor[appointment.doctor_id].append(entry)
    return [_column(calendar, doctor, day, by_doctor[doctor.pk]) for doctor in doctors]


def _column(calendar: Calendar, doctor: Doctor, day: date, booked: list[Entry]) -> Column:
    slots = calendar.free_slots(doctor, day, calendar.slot_minutes)
    return Column(
        doctor=doctor,
        hours=calendar.hours(doctor, day),
        absences=calendar.absences(doctor, day),
        booked=booked,
        free=slots,
        now=timezone.now() if day == timezone.localdate() else None,
    )
