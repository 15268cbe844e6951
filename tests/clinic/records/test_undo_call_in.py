"""Undoing a call-in: only while the visit is empty, and the patient waits as before."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.models import Appointment, AuditEvent, Consultation, Prescription, Symptom
from clinic.records.services.consultations import open_visit, undo_call_in
from clinic.scheduling.services.appointments import IllegalTransitionError, move_appointment
from tests.factories import AppointmentFactory

Status = Appointment.Status


@pytest.fixture
def called_in(appointment, doctor):
    """Return the empty visit of a patient who arrived ten minutes ago and was just called in."""
    Appointment.objects.filter(pk=appointment.pk).update(
        status=Status.ARRIVED, arrived_at=timezone.now() - timedelta(minutes=10)
    )
    return open_visit(appointment=appointment, actor=doctor)


def undo_url(visit):
    return f"/visits/{visit.pk}/undo/"


def test_an_empty_visit_goes_and_the_patient_waits_since_the_arrival(called_in, doctor, sign_in):
    arrived_at = called_in.appointment.arrived_at
    response = sign_in(doctor).post(undo_url(called_in))
    assert response.url == "/day/"
    assert not Consultation.objects.exists()
    appointment = Appointment.objects.get()
    assert (appointment.status, appointment.arrived_at) == (Status.ARRIVED, arrived_at)


def test_undoing_leaves_a_trace(called_in, doctor, patient, sign_in):
    sign_in(doctor).post(undo_url(called_in))
    move = Appointment.objects.get().transitions.last()
    assert (move.from_status, move.to_status) == (Status.IN_CONSULTATION, Status.ARRIVED)
    assert move.made_by == doctor
    event = AuditEvent.objects.get(verb=AuditEvent.Verb.UPDATE)
    assert (event.actor, event.patient, event.target_id) == (doctor, patient, str(called_in.pk))
    assert event.detail == {"call_in": "undone"}
    # The call-in itself stays in the trail.
    assert AuditEvent.objects.filter(
        verb=AuditEvent.Verb.CREATE, target_id=str(called_in.pk)
    ).exists()


def test_the_patient_can_be_called_in_again(called_in, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(undo_url(called_in))
    browser.post(f"/appointments/{called_in.appointment_id}/open/")
    assert Consultation.objects.get().appointment.status == Status.IN_CONSULTATION


def write(visit, doctor):
    Consultation.objects.filter(pk=visit.pk).update(version=1, notes="A mole.")


def choose_symptom(visit, doctor):
    visit.symptoms.add(Symptom.objects.first())


def prescribe(visit, doctor):
    Prescription.objects.create(consultation=visit)


def add(visit, doctor):
    visit.addenda.create(text="One more thing.", written_by=doctor)


@pytest.mark.parametrize("use", [write, choose_symptom, prescribe, add])
def test_a_visit_in_which_something_was_done_stays(use, called_in, doctor, sign_in):
    use(called_in, doctor)
    response = sign_in(doctor).post(undo_url(called_in))
    assert response.status_code == 409
    assert "the call-in cannot be undone" in response.content.decode()
    assert Consultation.objects.get().appointment.status == Status.IN_CONSULTATION
    assert not AuditEvent.objects.filter(verb=AuditEvent.Verb.UPDATE).exists()


def test_a_signed_visit_stays(called_in, doctor, sign_in):
    Consultation.objects.update(signed_at=timezone.now(), signed_by=doctor)
    response = sign_in(doctor).post(undo_url(called_in))
    assert response.status_code == 409
    assert "is signed" in response.content.decode()
    assert Consultation.objects.exists()


def test_the_page_offers_it_while_the_visit_is_empty(called_in, doctor, sign_in):
    browser, page = sign_in(doctor), f"/visits/{called_in.pk}/"
    assert undo_url(called_in) in browser.get(page).content.decode()
    write(called_in, doctor)
    assert undo_url(called_in) not in browser.get(page).content.decode()


def test_a_walk_in_waits_again_too(called_in, doctor):
    Appointment.objects.update(is_walk_in=True)
    assert undo_call_in(consultation=called_in, actor=doctor).status == Status.ARRIVED


def test_nobody_moves_the_patient_back_past_the_visit(called_in, secretary, sign_in):
    appointment = called_in.appointment
    with pytest.raises(IllegalTransitionError):
        move_appointment(appointment=appointment, status=Status.ARRIVED, actor=secretary)
    response = sign_in(secretary).post(
        f"/appointments/{appointment.pk}/move/", {"status": "arrived"}
    )
    assert response.status_code == 409
    appointment.refresh_from_db()
    assert appointment.status == Status.IN_CONSULTATION


def test_nobody_but_its_doctor_undoes_it(
    called_in, other_doctor, secretary, admin, patient, sign_in
):
    AppointmentFactory(doctor=other_doctor.doctor, patient=patient, status=Status.NO_SHOW)
    assert sign_in(other_doctor).post(undo_url(called_in)).status_code == 403
    for user in (secretary, admin, patient.user):
        assert sign_in(user).post(undo_url(called_in)).status_code == 404
    assert Consultation.objects.exists()


def test_a_second_click_finds_nothing_to_undo(called_in, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(undo_url(called_in))
    assert browser.post(undo_url(called_in)).status_code == 404
    assert Appointment.objects.get().transitions.count() == 2
