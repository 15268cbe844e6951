"""Today in the demo clinic: busy around the present moment, even at night and on Sundays."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import VisitType
from clinic.scheduling.models.waiting_room import ArrivalToken
from clinic.scheduling.services.appointments import Booking, book_appointment, move_appointment
from clinic.scheduling.services.booking_guards import SlotRefusedError
from clinic.scheduling.services.slots import is_within_hours
from clinic.scheduling.services.walk_ins import add_walk_in
from clinic.scheduling.services.weekly_hours import WeeklyHours, add_hours
from skinhealth.demo import visits
from skinhealth.demo.cast import Cast
from skinhealth.demo.clinic import call_messages_sent
from skinhealth.demo.clock import Clock, hand_wound_clock
from skinhealth.demo.people import PATIENTS
from skinhealth.demo.stories import (
    BASAL_CELL,
    FIBROMA,
    KERATOSIS,
    MELANOMA,
    NEVUS,
    VASCULAR,
    Story,
    first_seen,
)

Status = Appointment.Status
STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class TodaysVisit:
    """A visit today: when it starts, in minutes from now, its patient and its status."""

    minutes: int
    patient: int
    status: Status
    story: Story = NEVUS
    body_site: str = "back"
    reason: str = ""
    is_urgent: bool = False


# For each doctor. The demo's patient waits for the demo's doctor at any hour of the day.
PROGRAMME = (
    (
        TodaysVisit(-120, 3, Status.COMPLETED, NEVUS, "neck"),
        TodaysVisit(-90, 8, Status.COMPLETED, FIBROMA, "left-leg"),
        TodaysVisit(-75, 21, Status.NO_SHOW, reason="Not reached by telephone."),
        TodaysVisit(-45, 10, Status.IN_CONSULTATION, MELANOMA, "back"),
        TodaysVisit(-30, 1, Status.ARRIVED),
        TodaysVisit(-15, 19, Status.ARRIVED, is_urgent=True),
        TodaysVisit(0, 0, Status.ARRIVED),
        TodaysVisit(15, 11, Status.ARRIVED),
        TodaysVisit(30, 7, Status.CONFIRMED),
        TodaysVisit(45, 22, Status.BOOKED),
        TodaysVisit(75, 20, Status.CANCELLED, reason="Called: is ill."),
        TodaysVisit(90, 24, Status.CONFIRMED),
        TodaysVisit(120, 17, Status.BOOKED),
    ),
    (
        TodaysVisit(-60, 14, Status.COMPLETED, VASCULAR, "abdomen"),
        TodaysVisit(-15, 18, Status.ARRIVED),
        TodaysVisit(15, 23, Status.BOOKED),
        TodaysVisit(60, 5, Status.CONFIRMED),
    ),
    (
        TodaysVisit(-75, 15, Status.COMPLETED, BASAL_CELL, "face"),
        TodaysVisit(-30, 4, Status.IN_CONSULTATION, KERATOSIS, "scalp"),
        TodaysVisit(30, 16, Status.BOOKED),
        TodaysVisit(105, 12, Status.BOOKED),
    ),
)
# The patient without an appointment, and for how many minutes they have been waiting.
WALK_IN, WALK_IN_WAITS = 13, 12
DONE_BY_NOW = {Status.COMPLETED, Status.NO_SHOW, Status.IN_CONSULTATION}


@transaction.atomic
def fill_today(cast: Cast) -> int:
    """Book and play today's programme if today is still empty; count its visits."""
    now = timezone.now()
    today = timezone.localdate(now)
    # Patients who arrived at the desk have a token; those created in bulk do not.
    if ArrivalToken.objects.filter(day=today).exists():
        return 0
    booked: list[tuple[Appointment, TodaysVisit]] = []
    with hand_wound_clock() as clock:
        clock.set(_midnight(today), minutes=-7 * 60)
        for doctor, programme in zip(cast.doctors, PROGRAMME, strict=True):
            slots = {entry: _slot(now, entry.minutes) for entry in programme}
            wanted = {entry: start for entry, start in slots.items() if _fits(start, today)}
            _open_hours(doctor, sorted(wanted.values()), cast)
            for entry, starts_at in wanted.items():
                appointment = _book(doctor, cast.patients[entry.patient], starts_at, entry, cast)
                if appointment:
                    booked.append((appointment, entry))
        for appointment, entry in sorted(booked, key=lambda pair: pair[0].starts_at):
            _bring_up_to_date(appointment, entry, cast, clock=clock, now=now)
        clock.set(now, minutes=-WALK_IN_WAITS)
        if timezone.localdate() == today:
            add_walk_in(
                patient=cast.patients[WALK_IN],
                visit_type=VisitType.objects.get(code="follow-up"),
                actor=cast.secretary,
                doctor=cast.doctors[0],
                note="Spot that has been bleeding since yesterday.",
            )
    call_messages_sent()
    return len(booked)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _slot(now: datetime, minutes: int) -> datetime:
    """Return the start of a quarter-hour slot today, some minutes from the current one."""
    local = timezone.localtime(now)
    quarter = local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)
    last = local.replace(hour=23, minute=30, second=0, microsecond=0)
    # Added in UTC, because quarter-hours may be missing or repeated in local time.
    return min(quarter, last).astimezone(UTC) + timedelta(minutes=minutes)


def _fits(starts_at: datetime, today: date) -> bool:
    return timezone.localdate(starts_at) == today == timezone.localdate(starts_at + STEP)


def _open_hours(doctor: Doctor, starts: list[datetime], cast: Cast) -> None:
    """Give the doctor hours for today only where the programme exceeds the weekly ones."""
    outside = [start for start in starts if not _is_working(doctor, start)]
    if not outside:
        return
    quarters = range((outside[-1] - outside[0]) // STEP + 1)
    closed = [number for number in quarters if not _is_working(doctor, outside[0] + number * STEP)]
    # Consecutive numbers differ from their place in the list by the same amount.
    for _key, run in groupby(enumerate(closed), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _place, number in run]
        opens = timezone.localtime(outside[0] + numbers[0] * STEP)
        closes = timezone.localtime(outside[0] + (numbers[-1] + 1) * STEP)
        hours = WeeklyHours(
            weekday=opens.weekday(),
            starts_at=opens.time(),
            ends_at=closes.time(),
            valid_from=opens.date(),
            valid_until=opens.date(),
        )
        add_hours(doctor=doctor, actor=cast.secretary, hours=hours)


def _is_working(doctor: Doctor, start: datetime) -> bool:
    return is_within_hours(doctor=doctor, starts_at=start, ends_at=start + STEP)


def _book(
    doctor: Doctor, patient: Patient, starts_at: datetime, entry: TodaysVisit, cast: Cast
) -> Appointment | None:
    """Book; if the time is taken, only the demo's patient is squeezed in."""
    booking = Booking(
        patient=patient,
        doctor=doctor,
        visit_type=VisitType.objects.get(code="follow-up"),
        starts_at=starts_at,
        is_urgent=entry.is_urgent,
        overbooked_reason="" if entry.patient else "Promised on the telephone.",
    )
    try:
        return book_appointment(booking=booking, actor=cast.secretary)
    except SlotRefusedError:
        return None


def _bring_up_to_date(
    appointment: Appointment, entry: TodaysVisit, cast: Cast, *, clock: Clock, now: datetime
) -> None:
    if entry.status in DONE_BY_NOW and appointment.starts_at > now:
        return
    if entry.status in {Status.COMPLETED, Status.IN_CONSULTATION}:
        patient = PATIENTS[entry.patient]
        consultation = visits.call_in(appointment, patient, secretary=cast.secretary, clock=clock)
        prediction = visits.examine(
            consultation,
            entry.story,
            body_site=entry.body_site,
            seed=first_seen(
                entry.patient,
                entry.body_site,
                otherwise=appointment.starts_at.toordinal() + entry.patient,
            ),
            clock=clock,
        )
        if entry.status == Status.COMPLETED:
            visits.review(prediction, entry.story, doctor=consultation.doctor.user)
            visits.close(consultation, entry.story, clock=clock)
    elif entry.status != Status.BOOKED:
        # A missing patient is given ten minutes; everything else is known before the time.
        minutes = 10 if entry.status == Status.NO_SHOW else -6
        moment = min(appointment.starts_at, now) + timedelta(minutes=minutes)
        # Nobody arrives the day before.
        clock.set(max(moment, _midnight(timezone.localdate(now))))
        move_appointment(
            appointment=appointment,
            status=entry.status,
            actor=cast.secretary,
            reason=entry.reason,
        )
