"""For each purpose: what does not happen without consent, and what a withdrawal ends."""

import json
import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic.models import AppointmentNotice, AuditEvent, Consent
from clinic.people.services.consents import give_consent, past_uses, withdraw_consent
from clinic.scheduling.services.messages import send_notice
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import (
    AtlasImage,
    Lesion,
    LesionImage,
    Prediction,
    TrainingExport,
    TrainingSample,
)
from diagnosis.predictions import inference
from diagnosis.predictions.services.predictions import (
    request_prediction,
    retry_prediction,
    run_prediction,
)
from diagnosis.reviews.services import training_data
from diagnosis.reviews.services.reviews import review_prediction
from diagnosis.reviews.services.training_data import export_training_data
from ml.bundle.ensemble import Ensemble
from tests import photographs
from tests.factories import AppointmentFactory, ConsentFactory


def withdraw(patient, purpose, actor):
    consent = Consent.objects.active().get(patient=patient, purpose=purpose)
    return withdraw_consent(consent=consent, actor=actor)


@dataclass
class Interrupted:
    """The installed ensemble, interrupted in its work by something else."""

    ensemble: Ensemble
    meanwhile: object

    @property
    def version(self):
        return self.ensemble.version

    def predict(self, data):
        answer = self.ensemble.predict(data)
        self.meanwhile()
        return answer


# --- Photography


def test_without_consent_to_photography_no_photograph_is_taken_in(
    consultation, doctor, secretary, sign_in
):
    withdraw(consultation.patient, "photography", secretary)
    page = reverse("diagnosis:visit", args=[consultation.pk])
    sentence = "The patient has not agreed to photographs."

    assert sentence in sign_in(doctor).get(page).content.decode()
    with pytest.raises(ValidationError, match=sentence):
        upload_image(consultation=consultation, data=photographs.jpeg(), actor=doctor)

    assert not LesionImage.objects.exists()
    assert not Lesion.objects.exists()
    give_consent(patient=consultation.patient, purpose="photography", method="spoken", actor=doctor)
    assert sentence not in sign_in(doctor).get(page).content.decode()
    upload_image(consultation=consultation, data=photographs.jpeg(), actor=doctor)


def test_photographs_of_before_stay_in_the_record(image, patient, secretary, doctor, sign_in):
    withdraw(patient, "photography", secretary)

    response = sign_in(doctor).get(reverse("diagnosis:image_file", args=[image.pk]))

    assert response.status_code == 200


# --- Analysis by the model


def test_a_consent_withdrawn_in_the_queue_stops_the_run(queued_prediction, patient, secretary):
    withdraw(patient, "ai_analysis", secretary)

    run_prediction(prediction_id=queued_prediction.pk)

    assert_withheld(queued_prediction)


def test_a_consent_withdrawn_while_the_networks_work_leaves_no_answer(
    queued_prediction, patient, secretary, monkeypatch
):
    ensemble = Interrupted(
        inference.get_ensemble(), lambda: withdraw(patient, "ai_analysis", secretary)
    )
    monkeypatch.setattr(inference, "get_ensemble", lambda: ensemble)

    run_prediction(prediction_id=queued_prediction.pk)

    assert_withheld(queued_prediction)


def test_the_page_says_why_there_is_no_answer(
    queued_prediction, consultation, patient, secretary, doctor, sign_in
):
    withdraw(patient, "ai_analysis", secretary)
    run_prediction(prediction_id=queued_prediction.pk)

    page = sign_in(doctor).get(reverse("diagnosis:visit", args=[consultation.pk]))

    assert "The patient’s consent is missing." in page.content.decode()


def test_without_consent_nothing_is_queued_again(
    queued_prediction, patient, secretary, doctor, queue
):
    withdraw(patient, "ai_analysis", secretary)
    run_prediction(prediction_id=queued_prediction.pk)
    queued_prediction.refresh_from_db()

    with pytest.raises(ValidationError, match="has not agreed to the analysis"):
        retry_prediction(prediction=queued_prediction, actor=doctor)
    with pytest.raises(ValidationError, match="has not agreed to the analysis"):
        request_prediction(image=queued_prediction.image, actor=doctor)

    assert_withheld(queued_prediction)


def assert_withheld(prediction):
    prediction.refresh_from_db()
    assert (prediction.status, prediction.failure) == ("failed", "consent_withdrawn")
    assert (prediction.label, prediction.probabilities, prediction.class_maps) == ("", {}, {})
    assert prediction.malignant_share is None


# --- Training


@pytest.fixture
def reviewed(prediction, doctor, training_consent):
    """Return a photograph that a doctor has reviewed and that may train the model."""
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    assert TrainingSample.objects.usable().count() == 1
    return prediction.image


def exported(folder):
    call_command("export_training_data", str(folder))
    return sorted(path.stem for path in (folder / "images").iterdir())


def test_without_consent_to_training_a_review_makes_no_sample(prediction, doctor):
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")

    assert not TrainingSample.objects.exists()


def test_a_consent_withdrawn_between_review_and_export_leaves_the_photograph_out(
    reviewed, patient, secretary, tmp_path
):
    withdraw(patient, "training", secretary)

    assert not TrainingSample.objects.usable().exists()
    assert exported(tmp_path / "out") == []
    assert past_uses(patient=patient, purpose="training") == []


@pytest.mark.parametrize("moment", ["_write", "_finish"])
def test_a_consent_withdrawn_during_the_export_leaves_the_photograph_out(
    reviewed, patient, secretary, tmp_path, monkeypatch, moment
):
    real = getattr(training_data, moment)

    def withdraw_first(*args):
        withdraw(patient, "training", secretary)
        return real(*args)

    monkeypatch.setattr(training_data, moment, withdraw_first)

    summary = export_training_data(folder=tmp_path / "out")

    assert summary.photographs == 0
    assert list((tmp_path / "out" / "images").iterdir()) == []
    assert str(reviewed.pk) not in (tmp_path / "out" / "HAM10000_metadata.csv").read_text()
    assert not TrainingExport.objects.get().images.exists()


def test_an_export_is_kept_with_what_is_in_it(reviewed, admin, tmp_path):
    export_training_data(folder=tmp_path / "one", actor=admin)
    export_training_data(folder=tmp_path / "two", actor=admin)

    two, one = TrainingExport.objects.all()
    assert list(one.images.all()) == [reviewed]
    assert one.made_by == admin
    assert one.finished_at is not None
    assert one.manifest_sha256 == two.manifest_sha256
    assert len(one.manifest_sha256) == 64
    named = json.loads((tmp_path / "one" / "export.json").read_text())
    assert named == {"export": str(one.pk), "manifest_sha256": one.manifest_sha256}


def test_a_doctor_who_records_a_withdrawal_is_told_of_the_collections(
    reviewed, patient, doctor, training_consent, sign_in, tmp_path
):
    exported(tmp_path / "before")

    withdrawn = sign_in(doctor).post(
        reverse("clinic:consent_withdraw", args=[training_consent.pk]), follow=True
    )

    assert "which cannot be called back" in withdrawn.content.decode()


def test_a_withdrawal_lists_the_collections_concerned(
    reviewed, patient, other_patient, secretary, sign_in, tmp_path
):
    ConsentFactory(patient=other_patient, purpose="training", recorded_by=secretary)
    exported(tmp_path / "before")
    export = TrainingExport.objects.get()
    asked = sign_in(patient.user).get(reverse("clinic:my_consent_withdraw", args=["training"]))
    assert str(export.pk) in asked.content.decode()

    withdraw(patient, "training", secretary)
    withdraw(other_patient, "training", secretary)
    exported(tmp_path / "after")

    uses = {
        event.patient: event.detail.get("past_uses")
        for event in AuditEvent.objects.filter(verb="update", detail__withdrawn=True)
    }
    assert uses == {patient: [str(export.pk)], other_patient: None}
    assert [use.id for use in past_uses(patient=patient, purpose="training")] == [str(export.pk)]
    own = sign_in(patient.user).get(reverse("clinic:my_consents")).content.decode()
    desk = sign_in(secretary).get(reverse("clinic:patient_detail", args=[patient.pk]))
    assert str(export.pk) in own
    assert str(export.pk) in desk.content.decode()


# --- Reminders


def test_a_consent_withdrawn_before_a_reminder_leaves_stops_it(patient, doctor, secretary):
    ConsentFactory(patient=patient, purpose="reminders", recorded_by=secretary)
    appointment = AppointmentFactory(
        patient=patient,
        doctor=doctor.doctor,
        starts_at=timezone.now() + timedelta(hours=30),
    )
    notice = AppointmentNotice.objects.create(
        appointment=appointment,
        kind=AppointmentNotice.Kind.FIRST_REMINDER,
        channel=AppointmentNotice.Channel.EMAIL,
        starts_at=appointment.starts_at,
    )
    withdraw(patient, "reminders", secretary)

    send_notice(notice_id=notice.pk)

    notice.refresh_from_db()
    assert notice.status == AppointmentNotice.Status.SKIPPED
    assert mail.outbox == []


# --- Teaching, care


def test_nothing_shows_a_patients_photograph_for_teaching():
    """The atlas only takes its own files with source and licence; no row leads to a patient."""
    related = {field.related_model for field in AtlasImage._meta.get_fields() if field.is_relation}

    assert not related & {LesionImage, Lesion, Consent}
    assert all(field.related_model is not AtlasImage for field in LesionImage._meta.get_fields())


def test_care_withdrawn_keeps_the_record_readable(
    consultation, patient, secretary, doctor, sign_in
):
    ConsentFactory(patient=patient, purpose="care", recorded_by=secretary)
    withdraw(patient, "care", secretary)

    page = sign_in(doctor).get(reverse("diagnosis:visit", args=[consultation.pk]))

    assert page.status_code == 200


# --- Two at once


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_waits_for_nobody_who_asks_after_it(
    consultation, patient, doctor, secretary, ai_consent
):
    """Whichever comes first, an answer and a withdrawal never both win."""
    image = upload_image(consultation=consultation, data=photographs.jpeg(), actor=doctor)
    prediction = request_prediction(image=image, actor=doctor)
    inference.get_ensemble()

    def run():
        try:
            run_prediction(prediction_id=prediction.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    withdrawn = withdraw_consent(consent=ai_consent, actor=secretary)
    thread.join()

    prediction.refresh_from_db()
    if prediction.status == Prediction.Status.DONE:
        assert prediction.finished_at < withdrawn.withdrawn_at
    else:
        assert prediction.failure == Prediction.Failure.CONSENT_WITHDRAWN
