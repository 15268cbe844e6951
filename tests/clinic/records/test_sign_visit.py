"""Signing closes a visit for good: afterwards there are only addenda."""

import threading

import pytest
from django.db import connections
from django.utils import timezone

from clinic.models import (
    Addendum,
    Appointment,
    AuditEvent,
    Consultation,
    Prescription,
    PrescriptionLine,
)
from clinic.records.services.consultations import VisitDraft, save_visit, sign_visit
from clinic.records.services.prescriptions import lines_fingerprint, stored_lines
from clinic.records.services.visit_guard import VisitSignedError
from tests.factories import AppointmentFactory, ConsultationFactory
from tests.full_visit import check_by_hand, written_up

HTMX = {"HX-Request": "true"}


@pytest.fixture
def written(consultation):
    consultation.notes = "6 mm, irregular border"
    consultation.save()
    return consultation


def sign_url(consultation):
    return f"/visits/{consultation.pk}/sign/"


def addenda_url(consultation):
    return f"/visits/{consultation.pk}/addenda/"


def in_view(consultation):
    """Return the marks that the visit page sends along."""
    return {
        "version": consultation.version,
        "lines_seen": lines_fingerprint(stored_lines(consultation)),
    }


def draft(consultation):
    prescription = Prescription.objects.create(consultation=consultation)
    PrescriptionLine.objects.create(
        prescription=prescription, drug="A", dose="1", frequency="daily", duration="a week"
    )
    return prescription


def test_a_visit_is_signed_and_closed(written, doctor, sign_in):
    response = sign_in(doctor).post(sign_url(written), in_view(written))
    assert response.status_code == 302
    assert response.url == "/day/"
    written.refresh_from_db()
    assert written.signed_by == doctor
    assert written.signed_at is not None
    assert written.appointment.status == Appointment.Status.COMPLETED


def test_signing_leaves_a_trace(written, doctor, patient, sign_in):
    sign_in(doctor).post(sign_url(written), in_view(written))
    event = AuditEvent.objects.get(verb=AuditEvent.Verb.SIGN)
    assert (event.actor, event.patient, event.target_id) == (doctor, patient, str(written.pk))
    assert written.appointment.transitions.get().made_by == doctor


def test_a_script_is_sent_on_to_the_day(written, doctor, sign_in):
    response = sign_in(doctor).post(sign_url(written), in_view(written), headers=HTMX)
    assert response.headers["HX-Redirect"] == "/day/"


def test_the_prescription_is_signed_with_the_visit(written, doctor, sign_in):
    prescription = draft(written)
    check_by_hand(written, doctor)
    sign_in(doctor).post(sign_url(written), in_view(written))
    prescription.refresh_from_db()
    assert prescription.status == Prescription.Status.SIGNED
    assert prescription.signed_by == doctor
    assert AuditEvent.objects.filter(verb=AuditEvent.Verb.SIGN).count() == 2


def test_a_visit_without_a_prescription_signs_without_one(written, doctor, sign_in):
    sign_in(doctor).post(sign_url(written), in_view(written))
    assert not Prescription.objects.exists()


@pytest.mark.parametrize("field", ["notes", "conclusion"])
def test_one_of_notes_and_conclusion_is_enough(field, consultation, doctor, sign_in):
    setattr(consultation, field, "something")
    consultation.save()
    sign_in(doctor).post(sign_url(consultation), in_view(consultation))
    consultation.refresh_from_db()
    assert consultation.is_signed


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_empty_visit_is_not_signed(headers, consultation, doctor, sign_in):
    consultation.notes = "  \n"
    consultation.save()
    response = sign_in(doctor).post(sign_url(consultation), in_view(consultation), headers=headers)
    assert response.status_code == 422
    assert "Write notes or a conclusion first" in response.content.decode()
    consultation.refresh_from_db()
    assert not consultation.is_signed
    assert consultation.appointment.status == Appointment.Status.IN_CONSULTATION


def test_a_second_click_signs_nothing_twice(written, doctor, sign_in):
    draft(written)
    check_by_hand(written, doctor)
    browser = sign_in(doctor)
    seen = in_view(written)
    browser.post(sign_url(written), seen)
    first = Consultation.objects.get().signed_at
    response = browser.post(sign_url(written), seen)
    assert response.status_code == 302
    assert Consultation.objects.get().signed_at == first
    assert AuditEvent.objects.filter(verb=AuditEvent.Verb.SIGN).count() == 2


def test_text_that_the_page_did_not_show_is_not_signed(written, doctor, sign_in):
    seen = in_view(written)
    written_up(written, doctor, notes="Text of another window", version=0)
    response = sign_in(doctor).post(sign_url(written), seen)
    page = response.content.decode()
    assert response.status_code == 409
    assert "in another window" in page
    assert "Load the visit again before signing" in page
    assert 'action="/visits/' not in page
    assert not Consultation.objects.get().is_signed


def test_lines_that_the_page_did_not_show_are_not_signed(written, doctor, sign_in):
    seen = in_view(written)
    draft(written)
    response = sign_in(doctor).post(sign_url(written), seen)
    assert response.status_code == 409
    assert Prescription.objects.get().status == Prescription.Status.DRAFT


def test_a_signature_without_its_marks_is_refused(written, doctor, sign_in):
    response = sign_in(doctor).post(sign_url(written))
    assert response.status_code == 422
    assert "Load the visit again before signing" in response.content.decode()


def test_strangers_find_no_visit(
    written, other_doctor, other_patient, secretary, admin, patient, sign_in
):
    for user in (other_doctor, other_patient.user, secretary, admin, patient.user):
        assert sign_in(user).post(sign_url(written), in_view(written)).status_code == 404
        assert sign_in(user).post(addenda_url(written), {"text": "a"}).status_code == 404


def test_another_doctor_in_care_neither_signs_nor_adds(written, other_doctor, patient, sign_in):
    AppointmentFactory(
        doctor=other_doctor.doctor, patient=patient, status=Appointment.Status.NO_SHOW
    )
    browser = sign_in(other_doctor)
    assert browser.post(sign_url(written), in_view(written)).status_code == 403
    assert browser.post(addenda_url(written), {"text": "a"}).status_code == 403


@pytest.fixture
def signed(written, doctor):
    return sign_visit(consultation=written, actor=doctor)


def test_patients_neither_sign_nor_add(signed, patient, sign_in):
    browser = sign_in(patient.user)
    assert browser.post(sign_url(signed), in_view(signed)).status_code == 403
    assert browser.post(addenda_url(signed), {"text": "a"}).status_code == 403


def test_the_service_refuses_whoever_writes_into_a_signed_visit(signed, doctor):
    with pytest.raises(VisitSignedError):
        written_up(signed, doctor, notes="changed")


def test_an_addendum_follows_a_signed_visit(signed, doctor, patient, sign_in):
    response = sign_in(doctor).post(addenda_url(signed), {"text": " Histology: benign. "})
    assert response.url == f"/visits/{signed.pk}/"
    addendum = signed.addenda.get()
    assert (addendum.text, addendum.written_by) == ("Histology: benign.", doctor)
    event = AuditEvent.objects.get(verb=AuditEvent.Verb.CREATE)
    assert (event.patient, event.target_type) == (patient, "clinic.addendum")
    signed.refresh_from_db()
    assert signed.notes == "6 mm, irregular border"


def test_an_addendum_sent_twice_is_kept_once(signed, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(addenda_url(signed), {"text": "Histology: benign."})
    browser.post(addenda_url(signed), {"text": "Histology: benign."})
    assert Addendum.objects.count() == 1


def test_an_empty_addendum_is_refused_at_its_field(signed, doctor, sign_in):
    response = sign_in(doctor).post(addenda_url(signed), {"text": "  "})
    assert response.status_code == 422
    assert "Write the addendum." in response.content.decode()


def test_an_open_visit_takes_no_addendum(written, doctor, sign_in):
    response = sign_in(doctor).post(addenda_url(written), {"text": "Histology: benign."})
    page = response.content.decode()
    assert response.status_code == 409
    assert "still open" in page
    assert "Histology: benign.</textarea>" in page
    assert not Addendum.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_save_and_a_signature_at_once_lose_nothing():
    """Either the text is signed, or its writer is told that the visit is already signed."""
    for _ in range(5):
        consultation = ConsultationFactory(notes="before", appointment__starts_at=timezone.now())
        doctor = consultation.doctor.user
        start, outcomes = threading.Barrier(2), {}

        def run(name, service, start=start, outcomes=outcomes, **arguments):
            start.wait()
            try:
                service(**arguments)
                outcomes[name] = "done"
            except VisitSignedError:
                outcomes[name] = "told"
            finally:
                connections.close_all()

        arguments = {"consultation": consultation, "actor": doctor}
        text = {"version": 0, "draft": VisitDraft(notes="after")}
        threads = [
            threading.Thread(target=run, args=("save", save_visit), kwargs=arguments | text),
            threading.Thread(target=run, args=("sign", sign_visit), kwargs=arguments),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stored = Consultation.objects.get(pk=consultation.pk)
        assert outcomes["sign"] == "done"
        assert stored.is_signed
        assert (stored.notes == "after") == (outcomes["save"] == "done")
