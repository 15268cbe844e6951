"""Six weeks of the demo's calendar, four past and two to come, created in bulk around the cast."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle

import numpy as np
from django.utils import timezone

from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.records.drugs.table import drug_table
from clinic.records.models.consultation import Consultation
from clinic.records.models.prescription import Prescription, PrescriptionLine
from clinic.scheduling.models.appointment import Appointment, AppointmentTransition
from clinic.scheduling.models.schedule import Availability, VisitType
from diagnosis.predictions.services.diagnoses import find_diagnosis
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis
from skinhealth.demo.clock import dated_by_hand
from skinhealth.demo.ordinary import ORDINARY_VISITS, OrdinaryVisit

Status = Appointment.Status
DAYS_BACK, DAYS_AHEAD = 28, 14
QUARTER = timedelta(minutes=15)
# Around the present moment, the calendar is reserved for today's programme.
PROGRAMME_BEFORE, PROGRAMME_AFTER = timedelta(minutes=165), timedelta(minutes=165)
PRESCRIPTIONS = 36
PAST_SHARES = {
    Status.COMPLETED: 0.86,
    Status.NO_SHOW: 0.05,
    Status.CANCELLED: 0.07,
    Status.ENTERED_IN_ERROR: 0.02,
}
AHEAD_SHARES = {Status.BOOKED: 0.62, Status.CONFIRMED: 0.32, Status.CANCELLED: 0.06}
REASONS = {
    Status.NO_SHOW: ("Not reached by telephone.", "Did not come."),
    Status.CANCELLED: ("Called: is ill.", "Called: has to work.", "Found a time elsewhere."),
    Status.ENTERED_IN_ERROR: ("Booked for the wrong person.",),
}


@dataclass(frozen=True)
class Move:
    """One change of an appointment's status."""

    status: str
    at: datetime
    by: User
    reason: str = ""


def fill_weeks(
    *, doctors: Iterable[Doctor], crowd: list[Patient], desk: list[User], now: datetime
) -> None:
    """Book and play the weeks of an ordinary practice, when the doctors are still free."""
    today = timezone.localdate(now)
    types = list(VisitType.objects.filter(is_active=True).order_by("position"))
    # Everybody comes once before anybody comes again.
    patients = cycle(crowd[place * 37 % len(crowd)] for place in range(len(crowd)))
    rows: list[Appointment] = []
    lives: list[list[Move]] = []
    for days in range(-DAYS_BACK, DAYS_AHEAD + 1):
        day = today + timedelta(days=days)
        for number, doctor in enumerate(doctors):
            rng = np.random.default_rng([day.toordinal(), number])
            for starts_at, visit_type in _places(rng, doctor, day, types, now):
                row = Appointment(
                    patient=next(patients),
                    doctor=doctor,
                    visit_type=visit_type,
                    starts_at=starts_at,
                    ends_at=starts_at + timedelta(minutes=visit_type.duration_minutes),
                )
                life = _life(rng, row, desk, now)
                row.status, row.created_by, row.created_at = life[-1].status, life[0].by, life[0].at
                row.arrived_at = next((m.at for m in life if m.status == Status.ARRIVED), None)
                rows.append(row)
                lives.append(life)
    _store(rows, lives)


def _places(
    rng: np.random.Generator, doctor: Doctor, day: date, types: list[VisitType], now: datetime
) -> Iterator[tuple[datetime, VisitType]]:
    """Return the times of a day's visits: within the hours, around breaks, with some gaps."""
    busy = list(
        Appointment.objects.on_day(day).filter(doctor=doctor).values_list("starts_at", "ends_at")
    )
    if day == timezone.localdate(now):
        busy.append((now - PROGRAMME_BEFORE, now + PROGRAMME_AFTER))
    fill = rng.uniform(0.6, 0.9)
    hours = Availability.objects.filter(doctor=doctor, weekday=day.weekday(), valid_from=None)
    for opens_at, closes_at in hours.values_list("starts_at", "ends_at"):
        moment = _at(day, opens_at)
        while moment < _at(day, closes_at):
            visit_type = types[int(rng.choice(len(types), p=_shares(len(types))))]
            ends_at = moment + timedelta(minutes=visit_type.duration_minutes)
            is_free = ends_at <= _at(day, closes_at) and not any(
                start < ends_at and moment < end for start, end in busy
            )
            if is_free and rng.random() < fill:
                yield moment, visit_type
                moment = ends_at
            else:
                moment += QUARTER


def _at(day: date, clock: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, clock))


def _shares(number: int) -> list[float]:
    weights = [0.4, 0.35, 0.25, *[0.0] * number][:number]
    return [weight / sum(weights) for weight in weights]


def _life(
    rng: np.random.Generator, row: Appointment, desk: list[User], now: datetime
) -> list[Move]:
    """Make an appointment's changes of status until now, each at its time."""
    is_past = row.ends_at <= now
    shares = PAST_SHARES if is_past else AHEAD_SHARES
    end = Status(rng.choice(list(shares), p=list(shares.values())))
    secretary = desk[int(rng.integers(len(desk)))]
    booked_at = min(row.starts_at, now) - timedelta(minutes=int(rng.integers(1500, 24_000)))
    moves = [Move(Status.BOOKED, booked_at, secretary)]
    if end == Status.COMPLETED:
        doctor = row.doctor.user
        arrived_at = row.starts_at - timedelta(minutes=int(rng.integers(2, 15)))
        called_at = row.starts_at + timedelta(minutes=int(rng.integers(0, 6)))
        closed_at = row.ends_at - timedelta(minutes=1)
        moves += [
            Move(Status.ARRIVED, arrived_at, secretary),
            Move(Status.IN_CONSULTATION, called_at, doctor),
            Move(Status.COMPLETED, closed_at, doctor),
        ]
    elif end != Status.BOOKED:
        moved_at = booked_at + timedelta(minutes=int(rng.integers(30, 1440)))
        if end == Status.NO_SHOW:
            moved_at = row.ends_at
        words = REASONS.get(end, ("",))
        moves.append(Move(end, moved_at, secretary, words[int(rng.integers(len(words)))]))
    return moves


def _store(rows: list[Appointment], lives: list[list[Move]]) -> None:
    with dated_by_hand(
        (Appointment, "created_at"),
        (AppointmentTransition, "made_at"),
        (Consultation, "started_at"),
        (Consultation, "saved_at"),
        (VisitDiagnosis, "made_at"),
    ):
        Appointment.objects.bulk_create(rows)
        AppointmentTransition.objects.bulk_create(
            AppointmentTransition(
                appointment=row,
                from_status=life[place - 1].status if place else "",
                to_status=move.status,
                made_by=move.by,
                made_at=move.at,
                reason=move.reason,
            )
            for row, life in zip(rows, lives, strict=True)
            for place, move in enumerate(life)
        )
        seen = [(row, life) for row, life in zip(rows, lives, strict=True) if len(life) == 4]
        visits = [
            _visit(row, life, ORDINARY_VISITS[place % len(ORDINARY_VISITS)])
            for place, (row, life) in enumerate(seen)
        ]
        Consultation.objects.bulk_create(visits)
        _diagnose(visits)
    _prescribe(visits)


def _visit(row: Appointment, life: list[Move], words: OrdinaryVisit) -> Consultation:
    called, closed = life[-2], life[-1]
    return Consultation(
        appointment=row,
        patient=row.patient,
        doctor=row.doctor,
        reason=words.reason,
        history=words.history,
        examination=words.examination,
        assessment=words.assessment,
        plan=words.plan,
        conclusion=words.conclusion,
        version=1,
        started_at=called.at,
        saved_at=closed.at,
        signed_at=closed.at,
        signed_by=closed.by,
    )


def _diagnose(visits: list[Consultation]) -> None:
    """Give each of those visits the diagnosis of its notes."""
    diseases = {words.reason: find_diagnosis(words.icd10) for words in ORDINARY_VISITS}
    VisitDiagnosis.objects.bulk_create(
        VisitDiagnosis(
            consultation=visit,
            disease=disease,
            made_by=visit.doctor.user,
            made_at=visit.saved_at,
            release=VisitDiagnosis.Release.AT_ONCE,
        )
        for visit in visits
        if (disease := diseases[visit.reason]) is not None
    )


def _prescribe(visits: list[Consultation]) -> None:
    """Sign a prescription for the newest of those visits that end with a drug."""
    table = drug_table()
    drugs = {words.reason: words.drug for words in ORDINARY_VISITS if words.drug}
    treated = [visit for visit in visits if visit.reason in drugs][-PRESCRIPTIONS:]
    prescriptions = Prescription.objects.bulk_create(
        Prescription(
            consultation=visit,
            status=Prescription.Status.SIGNED,
            signed_at=visit.signed_at,
            signed_by=visit.signed_by,
            drug_table_version=table.version,
        )
        for visit in treated
    )
    lines = []
    for prescription in prescriptions:
        drug, form, strength, frequency, duration = drugs[prescription.consultation.reason]
        lines.append(
            PrescriptionLine(
                prescription=prescription,
                drug=drug,
                form=form,
                strength=strength,
                dose="1 tablet" if form == "tablet" else "a thin layer",
                route="by mouth" if form == "tablet" else "on the skin",
                frequency=frequency,
                duration=duration,
                is_in_table=table.find(drug) is not None,
            )
        )
    PrescriptionLine.objects.bulk_create(lines)
