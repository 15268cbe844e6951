"""Set up the demo clinic: its staff, its register, past visits and the coming weeks."""

from datetime import date, datetime, time, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from clinic.office.services.clinic_settings import change_clinic_settings
from clinic.people.models.consent import Consent
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.accounts import NewAccount, create_account, create_patient_account
from clinic.people.services.patients import register_patient
from clinic.people.services.record_access import hand_out_code, open_own_record
from clinic.scheduling.models.message import AppointmentNotice
from clinic.scheduling.models.schedule import Availability, VisitType
from clinic.scheduling.services.appointments import Booking, book_appointment
from clinic.scheduling.services.slots import next_free_slots
from clinic.scheduling.services.weekly_hours import WeeklyHours, add_hours
from clinic.trail.models.notification import Notification
from diagnosis.reviews.services.releases import note_conversation
from skinhealth.demo import visits
from skinhealth.demo.atlas import fill_atlas
from skinhealth.demo.cast import Cast
from skinhealth.demo.clock import Clock, hand_wound_clock
from skinhealth.demo.crowd import register_crowd
from skinhealth.demo.desk import fill_desk
from skinhealth.demo.papers import file_papers
from skinhealth.demo.people import (
    OTHER_ADMIN,
    OTHER_DOCTORS,
    OTHER_SECRETARY,
    PATIENTS,
    DemoDoctor,
    DemoPatient,
    phone_of,
)
from skinhealth.demo.safety import fill_safety
from skinhealth.demo.sign_in import DEMO_PASSWORD, DEMO_PEOPLE
from skinhealth.demo.stories import PAST_VISITS, PastVisit, first_seen
from skinhealth.demo.weeks import fill_weeks

OPENED_DAYS_AGO = 200
WEEKDAYS = range(5)
# Upcoming appointments: in how many days, which doctor, which patient.
AHEAD = ((2, 0, 2), (2, 1, 5), (3, 0, 9), (4, 2, 12), (5, 0, 0), (6, 1, 6), (7, 0, 16), (9, 2, 4),
         (12, 0, 13))  # fmt: skip
OFFERED = {person.role: person for person in DEMO_PEOPLE}


def find_cast() -> Cast | None:
    """Find the people of a demo clinic set up before, unless somebody has changed them."""
    secretary = User.objects.filter(email=OFFERED["secretary"].email).first()
    emails = [one.email for one in _doctors()]
    doctors = Doctor.objects.filter(user__email__in=emails).select_related("user")
    by_email = {doctor.user.email: doctor for doctor in doctors}
    # The first patients in the register, with the first numbers.
    patients = list(Patient.objects.order_by("record_number")[: len(PATIENTS)])
    if secretary is None or len(by_email) < len(emails) or len(patients) < len(PATIENTS):
        return None
    return Cast(
        secretary=secretary,
        doctors=[by_email[email] for email in emails],
        patients=patients,
    )


@transaction.atomic
def open_clinic() -> Cast:
    """Fill an empty database, with every row dated as if it had been written day by day."""
    today = timezone.localdate()
    with hand_wound_clock() as clock:
        opened_on = today - timedelta(days=OPENED_DAYS_AGO)
        clock.set(timezone.make_aware(datetime.combine(opened_on, time(9))))
        cast = _hire_and_register(clock)
        admin = User.objects.get(email=OFFERED["admin"].email)
        change_clinic_settings(actor=admin, version=0, values={"is_sign_up_open": True})
        fill_atlas(admin=admin, doctor=cast.doctors[0].user)
        for number, visit in enumerate(PAST_VISITS):
            _live_through(visit, cast, day=_workday_before(today, visit.days_ago), seed=number,
                          clock=clock)  # fmt: skip
    for days, doctor, patient in AHEAD:
        _book_ahead(cast.doctors[doctor], cast.patients[patient], cast.secretary, days)
    crowd = register_crowd(
        opened_at=timezone.make_aware(datetime.combine(opened_on, time(9))),
        secretary=cast.secretary,
        doctor=cast.doctors[0].user,
    )
    desk = list(User.objects.filter(role=User.Role.SECRETARY).order_by("pk"))
    fill_weeks(doctors=cast.doctors, crowd=crowd, desk=desk, now=timezone.now())
    fill_desk(cast, crowd)
    file_papers(cast)
    fill_safety(admin=admin, cast=cast, crowd=crowd)
    call_messages_sent()
    return cast


def call_messages_sent() -> None:
    """Mark earlier messages as sent and earlier news as read, so that the demo emails nobody."""
    AppointmentNotice.objects.filter(status=AppointmentNotice.Status.WAITING).update(
        status=AppointmentNotice.Status.SENT, tries=1, finished_at=F("created_at")
    )
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    Notification.objects.unread().filter(created_at__lt=midnight).update(read_at=F("created_at"))


def _hire_and_register(clock: Clock) -> Cast:
    offered = OFFERED["admin"]
    User.objects.create_user(offered.email, full_name=offered.full_name, role="admin")
    email, full_name = OTHER_ADMIN
    admin = User.objects.create_user(email, full_name=full_name, role="admin")
    secretaries = [
        _hire(admin, role="secretary", email=email, full_name=full_name)
        for email, full_name in (
            (OFFERED["secretary"].email, OFFERED["secretary"].full_name),
            OTHER_SECRETARY,
        )
    ]
    doctors = [_hire_doctor(admin, doctor) for doctor in _doctors()]
    patients = []
    for number, one in enumerate(PATIENTS):
        clock.advance(minutes=24 * 60 + 7)
        patients.append(_register(one, number, secretaries[number % 2]))
    login = create_patient_account(actor=secretaries[1], patient=patients[0])
    code = hand_out_code(patient=patients[0], doctor=doctors[0].user)
    open_own_record(patient=patients[0], user=login, code=code)
    # Invited people choose their own passwords; in the demo everybody has the same one.
    User.objects.update(password=make_password(DEMO_PASSWORD))
    return Cast(secretary=secretaries[0], doctors=doctors, patients=patients)


def _doctors() -> list[DemoDoctor]:
    offered = OFFERED["doctor"]
    return [DemoDoctor(offered.email, offered.full_name, "Dermatology"), *OTHER_DOCTORS]


def _hire(admin: User, *, role: str, email: str, full_name: str, speciality: str = "") -> User:
    account = NewAccount(
        role=role,
        email=email,
        full_name=full_name,
        language="en",
        title="Dr" if role == User.Role.DOCTOR else "",
        speciality=speciality,
    )
    return create_account(actor=admin, account=account)


def _hire_doctor(admin: User, one: DemoDoctor) -> Doctor:
    user = _hire(
        admin,
        role="doctor",
        email=one.email,
        full_name=one.full_name,
        speciality=one.speciality,
    )
    doctor = Doctor.objects.get(user=user)
    for weekday in WEEKDAYS:
        for starts_at, ends_at in one.hours:
            hours = WeeklyHours(
                weekday=Availability.Weekday(weekday),
                starts_at=time.fromisoformat(starts_at),
                ends_at=time.fromisoformat(ends_at),
            )
            add_hours(doctor=doctor, actor=admin, hours=hours)
    return doctor


def _register(one: DemoPatient, number: int, secretary: User) -> Patient:
    purposes = [Consent.Purpose.CARE, Consent.Purpose.PHOTOGRAPHY]
    if one.agrees_to_analysis:
        purposes.append(Consent.Purpose.AI_ANALYSIS)
    if one.agrees_to_training:
        purposes.append(Consent.Purpose.TRAINING)
    return register_patient(
        actor=secretary,
        full_name=one.full_name,
        preferred_name=one.preferred_name,
        birth_date=one.birth_date,
        sex=one.sex,
        phone=phone_of(number),
        email=one.email,
        insurer=one.insurer,
        consents={str(purpose): str(Consent.Method.PAPER) for purpose in purposes},
    )


def _live_through(visit: PastVisit, cast: Cast, *, day: date, seed: int, clock: Clock) -> None:
    """Make one past visit take place, from call-in to signature."""
    starts_at = timezone.make_aware(datetime.combine(day, time.fromisoformat(visit.clock)))
    clock.set(starts_at, minutes=-60)
    appointment = book_appointment(
        booking=Booking(
            patient=cast.patients[visit.patient],
            doctor=cast.doctors[visit.doctor],
            visit_type=VisitType.objects.get(code="first-visit"),
            starts_at=starts_at,
        ),
        actor=cast.secretary,
    )
    consultation = visits.call_in(
        appointment, PATIENTS[visit.patient], secretary=cast.secretary, clock=clock
    )
    prediction = visits.examine(
        consultation,
        visit.story,
        body_site=visit.body_site,
        seed=first_seen(visit.patient, visit.body_site, otherwise=seed),
        clock=clock,
    )
    doctor = consultation.doctor.user
    review = visits.review(prediction, visit.story, doctor=doctor) if visit.is_reviewed else None
    visits.close(consultation, visit.story, clock=clock)
    # In a past visit, the doctor has already talked with the patient about a malignant finding.
    if review is not None and not review.is_released:
        clock.advance(minutes=5)
        note_conversation(diagnosis=review, actor=doctor)


def _workday_before(today: date, days_ago: int) -> date:
    day = today - timedelta(days=days_ago)
    return day - timedelta(days=max(0, day.weekday() - WEEKDAYS[-1]))


def _book_ahead(doctor: Doctor, patient: Patient, secretary: User, days: int) -> None:
    visit_type = VisitType.objects.get(code="follow-up")
    slot = next_free_slots(
        visit_type=visit_type,
        doctor=doctor,
        patient=patient,
        after=timezone.now() + timedelta(days=days),
        count=1,
    )[0]
    booking = Booking(
        patient=patient, doctor=doctor, visit_type=visit_type, starts_at=slot.starts_at
    )
    book_appointment(booking=booking, actor=secretary)
