"""A clinic of any size, shaped like a real one, to measure the speed of the site."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count, islice

from django.db import transaction
from django.utils import timezone

from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.names import name_columns
from clinic.records.models.consultation import Consultation
from clinic.scheduling.models.appointment import Appointment, AppointmentTransition
from clinic.scheduling.models.schedule import Availability, VisitType
from skinhealth.demo.people import PATIENTS

Status = Appointment.Status

DOCTORS = 12
DAYS_AHEAD = 60
BATCH = 5_000
VISIT = timedelta(minutes=15)
HOURS = ((time(8), time(12)), (time(13), time(16)))
# Of twenty past appointments, one was missed and two were cancelled.
PAST = (Status.NO_SHOW, Status.CANCELLED, Status.CANCELLED, *[Status.COMPLETED] * 17)
FAMILY_NAMES = (
    "Abadie", "Bernard", "Caron", "Dubois", "Étienne", "Fabre", "Girard", "Hamel", "Ibrahim",
    "Joly", "Keller", "Leroy", "Marchand", "Nguyễn", "Øster", "Perrin", "Quéré", "Rousseau",
    "Sánchez", "Tessier", "Ünal", "Vidal", "Weber", "Xu", "Yıldız", "Zimmermann",
)  # fmt: skip


@dataclass(frozen=True)
class Load:
    """What was put into the database, and the people who may see it."""

    secretary: User
    doctor: User
    admin: User
    patient: User


@transaction.atomic
def fill(*, patients: int, appointments: int) -> Load:
    """Fill an empty database; a patient has at most one appointment at a time."""
    admin, secretary = (
        User.objects.create_user(f"{role}@load.example", full_name=f"Load {role}", role=role)
        for role in (User.Role.ADMIN, User.Role.SECRETARY)
    )
    doctors = [_hire(number) for number in range(DOCTORS)]
    register = _register(patients)
    _book(doctors, register, appointments, secretary)
    return Load(secretary=secretary, doctor=doctors[0].user, admin=admin, patient=_login(register))


def _hire(number: int) -> Doctor:
    user = User.objects.create_user(
        f"doctor{number}@load.example", full_name=f"Load Doctor {number}", role=User.Role.DOCTOR
    )
    doctor = Doctor.objects.create(user=user, speciality="Dermatology")
    Availability.objects.bulk_create(
        Availability(doctor=doctor, weekday=weekday, starts_at=starts_at, ends_at=ends_at)
        for weekday in range(5)
        for starts_at, ends_at in HOURS
    )
    return doctor


def _register(number: int) -> list[Patient]:
    first_names = [person.full_name.split()[0] for person in PATIENTS]
    register = [
        Patient(
            record_number=f"P-{position + 1:06d}",
            full_name=f"{first_names[position % len(first_names)]} "
            f"{FAMILY_NAMES[position // len(first_names) % len(FAMILY_NAMES)]} {position}",
            birth_date=date(1930, 1, 1) + timedelta(days=position * 7919 % 33_000),
            sex=(Patient.Sex.FEMALE, Patient.Sex.MALE)[position % 2],
            phone=f"+336{position:08d}",
            email=f"patient{position}@load.example",
        )
        for position in range(number)
    ]
    for patient in register:
        for name, value in name_columns(patient.full_name).items():
            setattr(patient, name, value)
    return Patient.objects.bulk_create(register, batch_size=BATCH)


def _login(register: list[Patient]) -> User:
    """Give the first patient a login."""
    first = register[0]
    first.user = User.objects.create_user(
        first.email, full_name=first.full_name, role=User.Role.PATIENT
    )
    first.record_opened_at, first.record_opened_how = timezone.now(), Patient.Opened.CODE
    first.save(update_fields=["user", "record_opened_at", "record_opened_how"])
    return first.user


def _book(doctors: list[Doctor], register: list[Patient], number: int, desk: User) -> None:
    visit_type = VisitType.objects.get(code="follow-up")
    now = timezone.now()
    starts = islice(_starts(), number // len(doctors) + 1)
    places = ((starts_at, doctor) for starts_at in starts for doctor in doctors)
    rows = (
        Appointment(
            # Everybody comes once before anybody comes again.
            patient=register[position % len(register)],
            doctor=doctor,
            visit_type=visit_type,
            starts_at=starts_at,
            ends_at=starts_at + VISIT,
            status=PAST[position % len(PAST)] if starts_at < now else Status.BOOKED,
            created_by=desk,
        )
        for position, (starts_at, doctor) in enumerate(islice(places, number))
    )
    while batch := list(islice(rows, BATCH)):
        Appointment.objects.bulk_create(batch)
        AppointmentTransition.objects.bulk_create(
            AppointmentTransition(appointment=one, to_status=Status.BOOKED, made_by=desk)
            for one in batch
        )
        Consultation.objects.bulk_create(
            Consultation(
                appointment=one,
                patient=one.patient,
                doctor=one.doctor,
                reason="Check of moles",
                conclusion="Nothing to worry about.",
                signed_at=one.ends_at,
                signed_by=one.doctor.user,
            )
            for one in batch
            if one.status == Status.COMPLETED
        )


def _starts() -> Iterator[datetime]:
    """Yield the possible start times of visits, from the last day of the calendar backwards."""
    last_day = timezone.localdate() + timedelta(days=DAYS_AHEAD)
    for days in count():
        day = last_day - timedelta(days=days)
        if day.weekday() < 5:
            for opens_at, closes_at in HOURS:
                moment = datetime.combine(day, opens_at)
                while moment.time() < closes_at:
                    yield timezone.make_aware(moment)
                    moment += VISIT
