"""The contents of a calendar by the clinic's clock: bookings, absences and free time.

A calendar draws 24 hours a day, also on the two days that have 23 and 25. So every span gives
the clinic's clock time of its start, and fifteen minutes are always drawn as fifteen minutes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from clinic.people.models.doctor import Doctor
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Absence
from clinic.scheduling.services.slots import Calendar, Slot, day_bounds

Status = Appointment.Status
# Visits that take up time or were missed; others have freed theirs, and a request's is a wish.
SHOWN_STATUSES = (*Appointment.SLOT_STATUSES, Status.NO_SHOW)
SHOWN_FIELDS = (
    "starts_at",
    "ends_at",
    "status",
    "is_urgent",
    "is_walk_in",
    "overbooked_reason",
    "doctor",
    "visit_type",
)
# Pages with more than a week show no free time, which would fill them with one colour.
FREE_TIME_DAYS = 7


@dataclass(frozen=True)
class Span:
    """A part of one doctor's time, in the clinic's clock time without a zone.

    A span may also be the count of all appointments of a day.
    """

    kind: Literal["appointment", "absence", "free", "count"]
    doctor: Doctor
    starts: datetime
    ends: datetime
    appointment: Appointment | None = None
    number: int = 1


def calendar_spans(
    *,
    among: QuerySet[Appointment],
    doctors: list[Doctor],
    start: date,
    end: date,
    slot_minutes: int,
) -> list[Span]:
    """Return everything between two days, the last excluded, in a fixed number of queries."""
    days = [start + timedelta(days=number) for number in range((end - start).days)]
    is_overview = len(days) > FREE_TIME_DAYS and len(doctors) > 1
    spans = list((_counts if is_overview else _booked)(among, doctors, start, end))
    calendar = Calendar(doctors, days[0], days[-1])
    for doctor in doctors:
        absences = {
            absence.pk: absence for day in days for absence in calendar.absences(doctor, day)
        }
        spans += [_away(doctor, absence) for absence in absences.values()]
        if len(days) <= FREE_TIME_DAYS:
            for day in days:
                spans += _free(doctor, calendar.free_slots(doctor, day, slot_minutes))
    return spans


def shown_between(among: QuerySet[Appointment], start: date, end: date) -> QuerySet[Appointment]:
    """Return the appointments that a calendar shows between two days, the last excluded."""
    return among.filter(
        starts_at__gte=day_bounds(start)[0],
        starts_at__lt=day_bounds(end)[0],
        status__in=SHOWN_STATUSES,
    )


def _booked(
    among: QuerySet[Appointment], doctors: list[Doctor], start: date, end: date
) -> Iterator[Span]:
    by_key = {doctor.pk: doctor for doctor in doctors}
    appointments = shown_between(among, start, end).filter(doctor__in=doctors)
    # A large clinic has a thousand of them a week, so only what is shown is read.
    shown = appointments.select_related("patient").only(*SHOWN_FIELDS, "patient__full_name")
    for appointment in shown.prefetch_related("visit_type").order_by("starts_at", "pk"):
        starts = timezone.make_naive(appointment.starts_at)
        length = appointment.ends_at - appointment.starts_at
        doctor = by_key[appointment.doctor_id]
        yield Span("appointment", doctor, starts, starts + length, appointment)


def _counts(
    among: QuerySet[Appointment], doctors: list[Doctor], start: date, end: date
) -> Iterator[Span]:
    """Count each doctor's visits on each day, for a month of several doctors."""
    by_key = {doctor.pk: doctor for doctor in doctors}
    counted = (
        shown_between(among, start, end)
        .filter(doctor__in=doctors)
        .order_by()
        .values("doctor", day=TruncDate("starts_at"))
        .annotate(number=Count("pk"))
    )
    rows = sorted(counted, key=lambda row: (row["day"], str(by_key[row["doctor"]])))
    for row in rows:
        starts = datetime.combine(row["day"], time.min)
        yield Span(
            "count",
            by_key[row["doctor"]],
            starts,
            starts + timedelta(days=1),
            number=row["number"],
        )


def _away(doctor: Doctor, absence: Absence) -> Span:
    starts, ends = timezone.make_naive(absence.starts_at), timezone.make_naive(absence.ends_at)
    length = absence.ends_at - absence.starts_at
    return Span("absence", doctor, starts, ends if ends > starts else starts + length)


def _free(doctor: Doctor, slots: Iterable[Slot]) -> list[Span]:
    """Join free slots that follow each other into one span."""
    spans: list[Span] = []
    for slot in slots:
        starts = timezone.make_naive(slot.starts_at)
        ends = starts + (slot.ends_at - slot.starts_at)
        if spans and spans[-1].ends == starts:
            spans[-1] = Span("free", doctor, spans[-1].starts, ends)
        else:
            spans.append(Span("free", doctor, starts, ends))
    return spans
