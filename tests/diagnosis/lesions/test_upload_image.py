import hashlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.urls import reverse
from PIL import Image

from clinic.models import AuditEvent, BodySite
from diagnosis.lesions.services import photographs as service
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import Lesion, LesionImage, Prediction
from tests import exifs, photographs
from tests.diagnosis.lesions.test_imaging import ATTACKS
from tests.heics import heic


def send(client, consultation, data, *, name="lesion.jpg", as_json=False, **fields):
    return client.post(
        reverse("diagnosis:image_upload", args=[consultation.pk]),
        {"photograph": SimpleUploadedFile(name, data, "image/jpeg"), **fields},
        headers={"Accept": "application/json" if as_json else "text/html"},
    )


def stored_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_photograph_is_stored_with_its_thumbnail_and_queued(
    sign_in, doctor, consultation, ai_consent, media, queue, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = send(sign_in(doctor), consultation, photographs.jpeg())
    image = LesionImage.objects.get()
    assert response.status_code == 302
    assert response.url.startswith(reverse("diagnosis:visit", args=[consultation.pk]))
    assert (image.width, image.height) == (320, 240)
    assert hashlib.sha256(image.file.read()).hexdigest() == image.sha256
    assert len(stored_files(media)) == 2
    prediction = image.predictions.get()
    assert prediction.status == Prediction.Status.QUEUED
    assert prediction.image_sha256 == image.sha256
    assert [message for message, _options in queue] == [str(prediction.pk)]
    assert AuditEvent.objects.filter(verb="create", target_id=str(image.pk)).exists()


def test_a_site_that_is_offered_no_more_stays_the_visits(sign_in, doctor, consultation):
    site = BodySite.objects.get(code="back")
    consultation.body_site = site
    consultation.save()
    BodySite.objects.filter(pk=site.pk).update(is_active=False)
    client = sign_in(doctor)
    page = client.get(reverse("diagnosis:visit", args=[consultation.pk])).context
    assert '<option value="back" selected' in str(page["photograph_form"]["body_site"])
    assert send(client, consultation, photographs.jpeg(), body_site="back").status_code == 302
    assert LesionImage.objects.get().lesion.body_site == site


def test_a_program_gets_addresses_instead_of_a_page(sign_in, doctor, consultation, ai_consent):
    response = send(sign_in(doctor), consultation, photographs.jpeg(), as_json=True)
    answer = response.json()
    assert response.status_code == 201
    assert answer["image"] == str(LesionImage.objects.get().pk)
    assert answer["status_url"] == reverse(
        "diagnosis:prediction_status", args=[answer["prediction"]]
    )


def test_without_consent_the_photograph_is_kept_and_not_analysed(
    sign_in, doctor, consultation, queue
):
    client = sign_in(doctor)
    response = send(client, consultation, photographs.jpeg(), as_json=True)
    assert response.status_code == 201
    assert response.json()["prediction"] is None
    assert not Prediction.objects.exists()
    assert queue == []
    page = client.get(reverse("diagnosis:visit", args=[consultation.pk]))
    assert "has not agreed" in page.content.decode()


@pytest.mark.parametrize("name", ATTACKS)
def test_a_refused_file_leaves_a_sentence_at_the_field_and_nothing_else(
    name, sign_in, doctor, consultation, media
):
    make, _code = ATTACKS[name]
    response = send(sign_in(doctor), consultation, make())
    assert response.status_code == 422
    errors = response.context["photograph_form"].errors["photograph"]
    assert errors[0].endswith(".")
    assert errors[0] in response.content.decode()
    assert not LesionImage.objects.exists()
    assert not Lesion.objects.exists()
    assert stored_files(media) == []


def test_a_photograph_that_is_in_the_visit_already_is_said_and_not_doubled(
    sign_in, doctor, consultation, media
):
    client = sign_in(doctor)
    send(client, consultation, photographs.jpeg())
    response = send(client, consultation, photographs.jpeg(), name="again.jpg", as_json=True)
    assert response.status_code == 422
    assert response.json()["errors"]["photograph"] == ["This photograph is already in this visit."]
    assert LesionImage.objects.count() == 1
    assert len(stored_files(media)) == 2


def test_a_small_photograph_is_taken_with_a_warning(sign_in, doctor, consultation):
    response = send(sign_in(doctor), consultation, photographs.jpeg(size=(100, 90)), as_json=True)
    assert response.status_code == 201
    assert "small" in response.json()["warning"]


def test_a_heic_is_stored_as_a_jpeg(sign_in, doctor, consultation):
    data = heic(photographs.draw(size=(640, 480)))
    assert send(sign_in(doctor), consultation, data, name="IMG_1.HEIC").status_code == 302
    image = LesionImage.objects.get()
    assert (image.width, image.height) == (640, 480)
    assert image.file.read(3) == b"\xff\xd8\xff"


@pytest.mark.parametrize("numerator", [-1, 0, 72])
def test_a_photograph_whose_exif_is_broken_is_stored_upright(
    numerator, sign_in, doctor, consultation
):
    data = photographs.jpeg(exif=exifs.with_resolution(6, numerator, 0))
    assert send(sign_in(doctor), consultation, data).status_code == 302
    image = LesionImage.objects.get()
    assert (image.width, image.height) == (240, 320)


def test_a_picture_that_cannot_be_written_is_refused_with_a_sentence(sign_in, doctor, consultation):
    data = photographs.encoded(Image.new("1", (100_000, 64)), "PNG")
    response = send(sign_in(doctor), consultation, data, as_json=True)
    assert response.status_code == 422
    assert response.json()["errors"]["photograph"] == [
        "The picture is too long: no side may have more than 16384 pixels."
    ]


def test_a_second_photograph_can_join_a_known_lesion(sign_in, doctor, consultation):
    client = sign_in(doctor)
    first = send(client, consultation, photographs.jpeg(seed=1), as_json=True).json()
    send(client, consultation, photographs.jpeg(seed=2), lesion=first["lesion"])
    send(client, consultation, photographs.jpeg(seed=3))
    assert [lesion.images.count() for lesion in Lesion.objects.all()] == [2, 1]
    assert [lesion.number for lesion in Lesion.objects.all()] == [1, 2]


def test_another_patients_lesion_cannot_be_chosen(
    sign_in, doctor, consultation, other_patient, media
):
    foreign = Lesion.objects.create(patient=other_patient, number=1)
    response = send(sign_in(doctor), consultation, photographs.jpeg(), lesion=foreign.pk)
    assert response.status_code == 422
    assert stored_files(media) == []


def test_a_signed_visit_takes_no_photograph(sign_in, doctor, consultation, sign, media):
    sign(consultation)
    response = send(sign_in(doctor), consultation, photographs.jpeg())
    assert response.status_code == 422
    assert "signed" in response.content.decode()
    assert stored_files(media) == []


def test_a_full_disk_leaves_no_row_and_no_file(sign_in, doctor, consultation, media, monkeypatch):
    real_save = FileSystemStorage._save
    calls = []

    def save_one_then_run_out(storage, name, content):
        calls.append(name)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real_save(storage, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", save_one_then_run_out)
    response = send(sign_in(doctor), consultation, photographs.jpeg())
    assert response.status_code == 422
    assert "could not be stored" in response.content.decode()
    assert not LesionImage.objects.exists()
    assert not Lesion.objects.exists()
    assert stored_files(media) == []


def test_fields_of_the_answer_that_a_client_sends_are_ignored(
    sign_in, doctor, consultation, ai_consent
):
    send(
        sign_in(doctor), consultation, photographs.jpeg(), label="nv", status="done",
        probabilities='{"nv": 1}', sha256="0" * 64,
    )  # fmt: skip
    prediction = Prediction.objects.get()
    assert (prediction.status, prediction.label, prediction.probabilities) == ("queued", "", {})
    assert prediction.image.sha256 != "0" * 64


def test_only_the_doctor_of_the_visit_adds_photographs(
    sign_in, doctor, other_doctor, secretary, admin, patient, other_patient, consultation
):
    for stranger in (other_doctor, secretary, admin, patient.user, other_patient.user):
        assert send(sign_in(stranger), consultation, photographs.jpeg()).status_code == 404
    assert not LesionImage.objects.exists()


@pytest.mark.both_engines
def test_the_same_photograph_from_two_windows_at_once_is_said_and_not_doubled(
    doctor, consultation, media, monkeypatch
):
    upload_image(consultation=consultation, data=photographs.jpeg(), actor=doctor)
    kept = stored_files(media)
    # Of two concurrent uploads, neither sees the other when it checks.
    monkeypatch.setattr(service, "_refuse_closed_or_known", lambda image: None)
    with pytest.raises(ValidationError, match="already in this visit"):
        upload_image(consultation=consultation, data=photographs.jpeg(), actor=doctor)
    assert stored_files(media) == kept


@pytest.mark.both_engines
def test_what_another_constraint_refuses_is_not_called_a_second_copy(
    doctor, consultation, media, monkeypatch
):
    def take_a_number_twice(*, patient, **place):
        Lesion.objects.create(patient=patient, number=1)
        return Lesion.objects.create(patient=patient, number=1)

    monkeypatch.setattr(service, "create_lesion", take_a_number_twice)
    with pytest.raises(IntegrityError):
        upload_image(consultation=consultation, data=photographs.jpeg(), actor=doctor)
    assert not Lesion.objects.exists()
    assert stored_files(media) == []
