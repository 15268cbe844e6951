"""A patient can be called in once, and only after arriving."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from clinic.models import Appointment, AuditEvent, Consultation
from clinic.records.services.consultations import open_visit, record_visit_view
from tests.factories import AppointmentFactory, DoctorFactory

Status = Appointment.Status


@pytest.fixture
def arrived(appointment):
    appointment.status = Status.ARRIVED
    appointment.save()
    return appointment


def open_url(appointment):
    return f"/appointments/{appointment.pk}/open/"


def test_an_arrived_patient_is_called_in(arrived, doctor, patient, sign_in):
    response = sign_in(doctor).post(open_url(arrived))
    consultation = Consultation.objects.get()
    assert response.status_code == 302
    assert response.url == f"/visits/{consultation.pk}/"
    assert (consultation.appointment, consultation.patient) == (arrived, patient)
    assert consultation.doctor == doctor.doctor
    arrived.refresh_from_db()
    assert arrived.status == Status.IN_CONSULTATION


def test_calling_in_leaves_a_trace(arrived, doctor, patient, sign_in):
    sign_in(doctor).post(open_url(arrived))
    move = arrived.transitions.get()
    assert (move.from_status, move.to_status) == (Status.ARRIVED, Status.IN_CONSULTATION)
    assert move.made_by == doctor
    event = AuditEvent.objects.get(verb=AuditEvent.Verb.CREATE)
    assert (event.actor, event.patient) == (doctor, patient)
    assert event.target_type == "clinic.consultation"


@pytest.mark.parametrize(
    "status", [each for each in Status if each not in {Status.ARRIVED, Status.IN_CONSULTATION}]
)
def test_nothing_but_an_arrival_opens_a_visit(status, appointment, doctor, sign_in):
    appointment.status = status
    appointment.save()
    response = sign_in(doctor).post(open_url(appointment))
    assert response.status_code == 409
    assert "has not marked this patient as arrived" in response.content.decode()
    assert not Consultation.objects.exists()
    appointment.refresh_from_db()
    assert appointment.status == status


def test_a_second_click_finds_the_same_visit(arrived, doctor, sign_in):
    browser = sign_in(doctor)
    first, second = browser.post(open_url(arrived)), browser.post(open_url(arrived))
    assert first.url == second.url
    assert Consultation.objects.count() == 1
    assert arrived.transitions.count() == 1


def test_a_click_on_a_visit_that_is_over_leads_to_it(consultation, doctor, sign_in):
    Appointment.objects.update(status=Status.COMPLETED)
    response = sign_in(doctor).post(open_url(consultation.appointment))
    assert response.url == f"/visits/{consultation.pk}/"


def test_opening_is_a_post(arrived, doctor, sign_in):
    assert sign_in(doctor).get(open_url(arrived)).status_code == 405


def test_a_stranger_finds_no_appointment(arrived, other_doctor, other_patient, sign_in):
    assert sign_in(other_doctor).post(open_url(arrived)).status_code == 404
    assert sign_in(other_patient.user).post(open_url(arrived)).status_code == 404


def test_only_the_doctor_of_the_appointment_opens_the_visit(
    arrived, other_doctor, secretary, admin, patient, sign_in
):
    AppointmentFactory(
        doctor=other_doctor.doctor, patient=patient, status=Status.NO_SHOW
    )  # in care, so the appointment is visible
    for user in (other_doctor, secretary, admin, patient.user):
        assert sign_in(user).post(open_url(arrived)).status_code == 403
    assert not Consultation.objects.exists()


def test_a_doctor_who_was_deactivated_opens_nothing(arrived, doctor, sign_in):
    browser = sign_in(doctor)
    doctor.is_active = False
    doctor.save()
    assert browser.post(open_url(arrived)).status_code == 302
    assert not Consultation.objects.exists()


def test_reading_a_visit_is_noted(consultation, doctor, patient):
    record_visit_view(consultation=consultation, actor=doctor)
    event = AuditEvent.objects.get(verb=AuditEvent.Verb.VIEW)
    assert (event.actor, event.patient, event.target_id) == (doctor, patient, str(consultation.pk))


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_at_once_open_one_visit():
    doctor = DoctorFactory()
    appointment = AppointmentFactory(doctor=doctor, status=Status.ARRIVED)
    start, found, refused = threading.Barrier(10), [], []

    def click():
        start.wait()
        try:
            found.append(open_visit(appointment=appointment, actor=doctor.user).pk)
        except ValidationError as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not refused
    assert len(found) == 10
    assert len(set(found)) == 1
    assert Consultation.objects.count() == 1
