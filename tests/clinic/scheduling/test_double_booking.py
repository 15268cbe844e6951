"""Twenty people want one slot: exactly one gets it, the others see the next free ones."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from clinic.models import Appointment
from tests.clinic.desk import at, at_once, booked, coming, in_status, visit_type, works
from tests.factories import DoctorFactory, PatientFactory

pytestmark = pytest.mark.both_engines

URL = reverse("clinic:appointment_book")
Status = Appointment.Status
PEOPLE = 20
HOLDING = Appointment.SLOT_STATUSES
NOT_HOLDING = [status for status in Status if status not in HOLDING]


def book(client, *, patient, doctor, starts_at):
    return client.post(
        URL,
        {
            "patient": patient.pk,
            "doctor": doctor.pk,
            "visit_type": visit_type().pk,
            "starts_at": starts_at.isoformat(),
        },
    )


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_book_one_slot_at_once_exactly_one_has_it(sign_in, secretary, doctor, day):
    patients = [PatientFactory() for _number in range(PEOPLE)]
    clients = [sign_in(secretary) for _number in range(PEOPLE)]
    start = at(day, "10:00")

    responses = at_once(
        PEOPLE,
        lambda number: book(
            clients[number], patient=patients[number], doctor=doctor.doctor, starts_at=start
        ),
    )

    assert sorted(response.status_code for response in responses) == [302] + [422] * 19
    assert Appointment.objects.get().starts_at == start
    for response in responses:
        if response.status_code == 422:
            page = response.content.decode()
            assert "Dr Dora Doctor has another appointment at this time." in page
            assert page.count('name="slot"') == 3


@pytest.mark.django_db(transaction=True)
def test_a_patient_whom_twenty_desks_book_at_once_comes_once(sign_in, secretary, patient):
    day = coming(0)
    doctors = [DoctorFactory() for _number in range(PEOPLE)]
    for doctor in doctors:
        works(doctor.user, day)
    clients = [sign_in(secretary) for _number in range(PEOPLE)]

    responses = at_once(
        PEOPLE,
        lambda number: book(
            clients[number], patient=patient, doctor=doctors[number], starts_at=at(day, "10:00")
        ),
    )

    assert sorted(response.status_code for response in responses) == [302] + [422] * 19
    assert Appointment.objects.count() == 1
    words = "This patient has another appointment at this time."
    assert sum(words in response.content.decode() for response in responses) == 19


@pytest.mark.parametrize("status", HOLDING)
def test_the_database_itself_keeps_a_doctors_time(
    doctor, patient, other_patient, appointment, status
):
    in_status(appointment, status)
    with pytest.raises(IntegrityError, match="appointment_doctor_is_free"), transaction.atomic():
        booked(doctor, other_patient, appointment.starts_at)


@pytest.mark.parametrize("status", HOLDING)
def test_the_database_itself_keeps_a_patients_time(other_doctor, patient, appointment, status):
    in_status(appointment, status)
    with pytest.raises(IntegrityError, match="appointment_patient_is_free"), transaction.atomic():
        booked(other_doctor, patient, appointment.starts_at)


@pytest.mark.parametrize("status", NOT_HOLDING)
def test_the_database_gives_back_a_time_that_nobody_holds(
    doctor, other_patient, appointment, status
):
    in_status(appointment, status)
    booked(doctor, other_patient, appointment.starts_at)


def test_the_database_refuses_to_take_back_a_time_that_was_given_away(
    doctor, other_patient, appointment
):
    in_status(appointment, Status.CANCELLED)
    booked(doctor, other_patient, appointment.starts_at)
    with pytest.raises(IntegrityError, match="appointment_doctor_is_free"), transaction.atomic():
        in_status(appointment, Status.BOOKED)


@pytest.mark.django_db
def test_the_guards_stand_in_the_database():
    guards = {"appointment_doctor_is_free", "appointment_patient_is_free"}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'x'")
            assert guards <= {name for (name,) in cursor.fetchall()}
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            expected = {f"{guard}_{event}" for guard in guards for event in ("insert", "update")}
            assert expected <= {name for (name,) in cursor.fetchall()}
