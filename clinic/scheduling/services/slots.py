"""When a doctor is free: weekly hours by the clinic's clock, minus absences and appointments."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Absence, Availability, VisitType

# How many days a search for free times reads at once: most searches end within the first ones.
SEARCH_STEPS_DAYS = (10, 80)
SEARCH_DAYS = sum(SEARCH_STEPS_DAYS)


@dataclass(frozen=True)
class Slot:
    """A time when a doctor can see somebody; both ends in UTC."""

    doctor: Doctor
    starts_at: datetime
    ends_at: datetime

    @property
    def key(self) -> str:
        """The slot in one word, for a button's value."""
        return f"{self.doctor.pk}/{self.starts_at.isoformat()}"


@dataclass(frozen=True)
class Hours:
    """A doctor's working hours on a day, in the clinic's clock time without a zone."""

    starts: datetime
    ends: datetime

    def contain(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Return whether the whole time lies within working hours by the clinic's clock."""
        return self.starts <= _clock(starts_at) and _clock(ends_at) <= self.ends

    def moments(self, step: timedelta) -> Iterator[datetime]:
        """Return the moments of the grid, in UTC and in order.

        When clocks go back, one hour occurs twice; when they go forward, one never occurs. Counting
        in UTC from the earliest to the latest reading covers both, and `contain` filters.
        """
        moment = min(_readings(self.starts))
        last = max(_readings(self.ends))
        while moment < last:
            yield moment
            moment += step


class Taken:
    """Taken times, in order and joined where they meet."""

    def __init__(
        self,
        spans: Iterable[tuple[datetime, datetime]] = (),
        *,
        buffer: timedelta = timedelta(),
    ) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        for starts_at, ends_at in sorted(spans):
            self.add(starts_at, ends_at + buffer)

    def add(self, starts_at: datetime, ends_at: datetime) -> None:
        """Mark one more time as taken."""
        first = bisect_left(self._ends, starts_at)
        last = bisect_right(self._starts, ends_at)
        if first < last:
            starts_at = min(starts_at, self._starts[first])
            ends_at = max(ends_at, self._ends[last - 1])
        self._starts[first:last] = [starts_at]
        self._ends[first:last] = [ends_at]

    def meets(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Return whether a time overlaps any of them."""
        place = bisect_right(self._ends, starts_at)
        return place < len(self._starts) and self._starts[place] < ends_at


class Calendar:
    """Hours, absences and appointments of some doctors over some days, in four queries."""

    def __init__(self, doctors: Iterable[Doctor], first_day: date, last_day: date) -> None:
        self.doctors = {doctor.pk: doctor for doctor in doctors}
        self.slot_minutes = ClinicSettings.objects.current().slot_minutes
        self._period = day_bounds(first_day)[0], day_bounds(last_day)[1]
        self._availabilities: dict[UUID, list[Availability]] = defaultdict(list)
        for availability in Availability.objects.filter(doctor__in=self.doctors).order_by(
            "starts_at"
        ):
            self._availabilities[availability.doctor_id].append(availability)
        self._absences: dict[UUID, list[Absence]] = defaultdict(list)
        for absence in Absence.objects.of(*self.doctors.values()).between(*self._period):
            self.plan(absence)

    @cached_property
    def _booked(self) -> dict[UUID, Taken]:
        """Taken times; not read if only hours and absences are asked for."""
        appointments = Appointment.objects.holding_a_slot().between(*self._period)
        booked: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
        times = appointments.filter(doctor__in=self.doctors).values_list(
            "doctor_id", "starts_at", "ends_at"
        )
        for doctor_id, starts_at, ends_at in times:
            booked[doctor_id].append((starts_at, ends_at))
        return {
            doctor.pk: Taken(booked[doctor.pk], buffer=timedelta(minutes=doctor.buffer_minutes))
            for doctor in self.doctors.values()
        }

    def plan(self, absence: Absence) -> None:
        """Take an absence into account that may not be stored yet."""
        for doctor_id in self.doctors if absence.doctor_id is None else [absence.doctor_id]:
            self._absences[doctor_id].append(absence)

    def absences(self, doctor: Doctor, day: date) -> list[Absence]:
        """Return the doctor's absences on a day."""
        start, end = day_bounds(day)
        return [
            absence
            for absence in self._absences[doctor.pk]
            if absence.starts_at < end and absence.ends_at > start
        ]

    def hours(self, doctor: Doctor, day: date) -> list[Hours]:
        """Return the doctor's hours on a day, joined where they touch."""
        return _join(self._availabilities[doctor.pk], day)

    def is_working(self, doctor: Doctor, moment: datetime) -> bool:
        """Return whether the doctor has hours at a moment and is not away."""
        day = timezone.localdate(moment)
        return any(hours.contain(moment, moment) for hours in self.hours(doctor, day)) and not any(
            absence.starts_at <= moment < absence.ends_at for absence in self.absences(doctor, day)
        )

    def free_slots(self, doctor: Doctor, day: date, minutes: int) -> list[Slot]:
        """Return future grid times when the doctor is free for the given minutes."""
        possible = self.possible_slots(doctor, day, minutes)
        if not possible:
            return []
        booked, buffer = self._booked[doctor.pk], timedelta(minutes=doctor.buffer_minutes)
        return [
            slot for slot in possible if not booked.meets(slot.starts_at, slot.ends_at + buffer)
        ]

    def possible_slots(self, doctor: Doctor, day: date, minutes: int) -> list[Slot]:
        """Return future grid times in the doctor's hours and outside of leave, booked or not."""
        if not doctor.user.is_active:
            return []
        start, end = day_bounds(day)
        absences = self.absences(doctor, day)
        if any(each.starts_at <= start and end <= each.ends_at for each in absences):
            return []
        now = timezone.now()
        step = timedelta(minutes=self.slot_minutes)
        length = timedelta(minutes=minutes)
        away = Taken((each.starts_at, each.ends_at) for each in absences)
        return [
            Slot(doctor, moment, moment + length)
            for hours in self.hours(doctor, day)
            for moment in hours.moments(step)
            if moment >= now
            and not away.meets(moment, moment + length)
            and hours.contain(moment, moment + length)
        ]


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first moment of a day by the clinic's clock, and that of the next day."""
    following = day + timedelta(days=1)
    return (
        timezone.make_aware(datetime.combine(day, time.min)),
        timezone.make_aware(datetime.combine(following, time.min)),
    )


def free_slots(*, doctor: Doctor, day: date, visit_type: VisitType) -> list[Slot]:
    """Return times on a day when the doctor can see somebody for this type of visit."""
    return Calendar([doctor], day, day).free_slots(doctor, day, visit_type.duration_minutes)


def next_free_slots(
    *,
    visit_type: VisitType,
    after: datetime,
    doctor: Doctor | None = None,
    patient: Patient | None = None,
    count: int = 3,
) -> list[Slot]:
    """Return the next free times of one doctor or all, without those the patient declined.

    If the doctor no longer works here, use all the others.
    """
    doctors = [doctor] if doctor and doctor.user.is_active else list(working_doctors())
    given_away = _given_away(patient, after)
    start = timezone.localdate(after)
    found: list[Slot] = []
    for length in SEARCH_STEPS_DAYS:
        days = [start + timedelta(days=number) for number in range(length)]
        start += timedelta(days=length)
        calendar = Calendar(doctors, days[0], days[-1])
        for day in days:
            slots = [
                slot
                for one in doctors
                for slot in calendar.free_slots(one, day, visit_type.duration_minutes)
                if slot.starts_at >= after and not given_away.meets(slot.starts_at, slot.ends_at)
            ]
            found += sorted(slots, key=lambda slot: slot.starts_at)
            if len(found) >= count:
                return found[:count]
    return found


def is_on_grid(appointment: Appointment) -> bool:
    """Return whether a visit starts where free times are offered, taken or not."""
    day = timezone.localdate(appointment.starts_at)
    calendar = Calendar([appointment.doctor], day, day)
    step = timedelta(minutes=calendar.slot_minutes)
    return any(
        appointment.starts_at in hours.moments(step)
        for hours in calendar.hours(appointment.doctor, day)
    )


def is_within_hours(*, doctor: Doctor, starts_at: datetime, ends_at: datetime) -> bool:
    """Return whether a whole time lies within the doctor's weekly hours."""
    day = timezone.localdate(starts_at)
    availabilities = Availability.objects.filter(doctor=doctor).order_by("starts_at")
    return any(hours.contain(starts_at, ends_at) for hours in _join(availabilities, day))


def is_on_leave(*, doctor: Doctor, starts_at: datetime, ends_at: datetime) -> bool:
    """Return whether the doctor is away, or the clinic closed, at any moment of a time."""
    return Absence.objects.of(doctor).between(starts_at, ends_at).exists()


def is_taken(*, doctor: Doctor, starts_at: datetime, ends_at: datetime) -> bool:
    """Return whether any moment of a time is already taken by a patient."""
    held = Appointment.objects.holding_a_slot().between(starts_at, ends_at)
    return held.filter(doctor=doctor).exists()


def working_doctors() -> QuerySet[Doctor]:
    """Return the doctors who see patients here."""
    return Doctor.objects.filter(user__is_active=True).select_related("user")


def _given_away(patient: Patient | None, after: datetime) -> Taken:
    if patient is None:
        return Taken()
    appointments = Appointment.objects.holding_a_slot().filter(patient=patient, ends_at__gt=after)
    return Taken(appointments.values_list("starts_at", "ends_at"))


def _join(availabilities: Iterable[Availability], day: date) -> list[Hours]:
    joined: list[Hours] = []
    for availability in availabilities:
        if not _holds_on(availability, day):
            continue
        starts = datetime.combine(day, availability.starts_at)
        ends = datetime.combine(day, availability.ends_at)
        if joined and joined[-1].ends >= starts:
            joined[-1] = Hours(joined[-1].starts, max(ends, joined[-1].ends))
        else:
            joined.append(Hours(starts, ends))
    return joined


def _holds_on(availability: Availability, day: date) -> bool:
    return (
        availability.weekday == day.weekday()
        and (availability.valid_from is None or availability.valid_from <= day)
        and (availability.valid_until is None or day <= availability.valid_until)
    )


def _clock(moment: datetime) -> datetime:
    """Return the clinic's clock time at a moment."""
    return timezone.make_naive(moment)


def _readings(clock: datetime) -> tuple[datetime, datetime]:
    """Return the moments at which the clinic's clock shows a time: two when clocks go back."""
    zone = timezone.get_current_timezone()
    return (
        clock.replace(tzinfo=zone, fold=0).astimezone(UTC),
        clock.replace(tzinfo=zone, fold=1).astimezone(UTC),
    )
