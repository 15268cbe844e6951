import pytest
from django.urls import reverse

from clinic.models import Appointment, AuditEvent
from diagnosis.reviews.services.reviews import review_prediction


def address(image, view="image_file"):
    return reverse(f"diagnosis:{view}", args=[image.pk])


@pytest.mark.parametrize("view", ["image_file", "image_thumbnail"])
def test_the_doctor_gets_the_photograph_and_the_trail_says_so(view, sign_in, doctor, image):
    response = sign_in(doctor).get(address(image, view))
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "private, no-store"
    assert b"".join(response.streaming_content).startswith(b"\xff\xd8")
    event = AuditEvent.objects.get(verb="download")
    assert (event.actor, event.patient, event.target_id) == (
        doctor, image.lesion.patient, str(image.pk),
    )  # fmt: skip


def test_the_address_says_nothing_of_the_patient(image):
    assert image.lesion.patient.full_name.split()[0].lower() not in address(image).lower()
    assert image.lesion.patient.record_number not in image.file.name


@pytest.mark.parametrize("view", ["image_file", "image_thumbnail", "image_panel"])
def test_strangers_find_no_photograph(
    view, client, sign_in, other_doctor, secretary, admin, patient, other_patient, image
):
    assert client.get(address(image, view)).status_code == 302
    for stranger in (other_doctor, secretary, admin, patient.user, other_patient.user):
        response = sign_in(stranger).get(address(image, view))
        assert response.status_code == 404
        assert patient.record_number not in response.content.decode()
    assert not AuditEvent.objects.filter(verb="download").exists()


def test_after_the_appointment_was_cancelled_the_doctor_is_a_stranger(
    sign_in, doctor, image, consultation
):
    Appointment.objects.filter(pk=consultation.appointment_id).update(status="cancelled")
    assert sign_in(doctor).get(address(image)).status_code == 404


def test_the_patient_gets_a_photograph_once_it_is_validated_and_signed(
    sign_in, doctor, patient, other_patient, prediction, image, consultation, sign
):
    mine = sign_in(patient.user)
    assert mine.get(address(image)).status_code == 404
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    assert mine.get(address(image)).status_code == 404
    sign(consultation)
    assert mine.get(address(image)).status_code == 200
    assert sign_in(other_patient.user).get(address(image)).status_code == 404


def test_the_class_map_is_a_picture_for_the_doctor_alone(
    sign_in, doctor, other_doctor, patient, prediction
):
    url = reverse("diagnosis:class_map", args=[prediction.pk, "mel"])
    response = sign_in(doctor).get(url)
    assert response.content.startswith(b"\x89PNG")
    assert response["Cache-Control"] == "private, no-store"
    assert sign_in(doctor).get(url.replace("mel", "flu")).status_code == 404
    for stranger in (other_doctor, patient.user):
        assert sign_in(stranger).get(url).status_code == 404
