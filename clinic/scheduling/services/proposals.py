"""Propose new times for the visits that an absence displaces."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from uuid import UUID

from django.utils import timezone

from clinic.core.days import last_planned_day
from clinic.people.models.doctor import Doctor
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Absence
from clinic.scheduling.services.slots import SEARCH_DAYS, Calendar, Slot, Taken, working_doctors

# How many times are offered with the visit's own doctor, and how many with others.
OWN_SLOTS = 3
OTHER_SLOTS = 2


def propose_moves(
    *, absence: Absence, visits: Sequence[Appointment], chosen: Mapping[UUID, Slot]
) -> dict[UUID, list[Slot]]:
    """Return the possible new times of each visit, the chosen or proposed one first.

    No time is proposed twice, and none that another visit has chosen.
    """
    if not visits:
        return {}
    times = FreeTimes(absence, visits)
    # What somebody sends in place of a choice has to be a time that could have been one.
    chosen = {
        visit.pk: chosen[visit.pk]
        for visit in visits
        if visit.pk in chosen and times.is_possible(chosen[visit.pk], visit)
    }
    for visit in visits:
        if visit.pk in chosen:
            times.give(chosen[visit.pk], visit)
    proposals: dict[UUID, list[Slot]] = {}
    for visit in visits:
        slots = times.options(visit)
        if visit.pk in chosen:
            slots.insert(0, chosen[visit.pk])
        elif slots:
            times.give(slots[0], visit)
        proposals[visit.pk] = slots
    return proposals


class FreeTimes:
    """What is free despite an absence, in a fixed number of queries."""

    def __init__(self, absence: Absence, visits: Sequence[Appointment]) -> None:
        now = timezone.now()
        self._doctors = list(working_doctors())
        first_day = timezone.localdate(max(now, min(visit.starts_at for visit in visits)))
        last_day = timezone.localdate(absence.ends_at) + timedelta(days=SEARCH_DAYS)
        last_day = min(last_day, last_planned_day())
        self._days = [
            first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)
        ]
        self._calendar = Calendar(self._doctors, first_day, last_day)
        self._calendar.plan(absence)
        self._free: dict[tuple[UUID, date, int], list[Slot]] = {}
        self._given: dict[UUID, Taken] = defaultdict(Taken)
        self._patients = _busy_patients(visits, now)

    def options(self, visit: Appointment) -> list[Slot]:
        """Return the next free times with the visit's doctor, then the next ones with others."""
        own = [doctor for doctor in self._doctors if doctor.pk == visit.doctor_id]
        others = [doctor for doctor in self._doctors if doctor.pk != visit.doctor_id]
        return [
            *islice(self._search(own, visit), OWN_SLOTS),
            *islice(self._search(others, visit), OTHER_SLOTS),
        ]

    def is_possible(self, slot: Slot, visit: Appointment) -> bool:
        """Return whether a time may be offered for a visit, if nobody else has taken it."""
        day = timezone.localdate(slot.starts_at)
        if not (self._days[0] <= day <= self._days[-1] and slot.starts_at >= visit.starts_at):
            return False
        return slot in self._calendar.possible_slots(slot.doctor, day, _minutes(visit))

    def give(self, slot: Slot, visit: Appointment) -> None:
        """Reserve a slot for a visit, so that no other visit is offered it."""
        buffer = timedelta(minutes=slot.doctor.buffer_minutes)
        self._given[slot.doctor.pk].add(slot.starts_at, slot.ends_at + buffer)
        self._patients[visit.patient_id].add(slot.starts_at, slot.ends_at)

    def _search(self, doctors: Iterable[Doctor], visit: Appointment) -> Iterator[Slot]:
        minutes = _minutes(visit)
        given_away = self._patients[visit.patient_id]
        # A leave may have three years of days; none before the visit is of use.
        first = max((timezone.localdate(visit.starts_at) - self._days[0]).days, 0)
        for day in self._days[first:]:
            found = [slot for one in doctors for slot in self._on_day(one, day, minutes)]
            for slot in sorted(found, key=lambda slot: slot.starts_at):
                buffer = timedelta(minutes=slot.doctor.buffer_minutes)
                given = self._given[slot.doctor.pk]
                if (
                    slot.starts_at >= visit.starts_at
                    and not given.meets(slot.starts_at, slot.ends_at + buffer)
                    and not given_away.meets(slot.starts_at, slot.ends_at)
                ):
                    yield slot

    def _on_day(self, doctor: Doctor, day: date, minutes: int) -> list[Slot]:
        key = (doctor.pk, day, minutes)
        if key not in self._free:
            self._free[key] = self._calendar.free_slots(doctor, day, minutes)
        return self._free[key]


def _minutes(visit: Appointment) -> int:
    return int((visit.ends_at - visit.starts_at).total_seconds()) // 60


def _busy_patients(visits: Sequence[Appointment], now: datetime) -> dict[UUID, Taken]:
    """Return the patients' other booked times; the visits themselves are to be moved."""
    busy: dict[UUID, Taken] = defaultdict(Taken)
    appointments = (
        Appointment.objects.holding_a_slot()
        .filter(patient__in={visit.patient_id for visit in visits}, ends_at__gt=now)
        .exclude(pk__in={visit.pk for visit in visits})
    )
    for patient_id, starts_at, ends_at in appointments.values_list(
        "patient_id", "starts_at", "ends_at"
    ):
        busy[patient_id].add(starts_at, ends_at)
    return busy
