import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from diagnosis.models import Disease, Prediction
from diagnosis.services.images import upload_image
from diagnosis.services.reviews import review_prediction
from tests import photographs


def status_of(client, prediction, **headers):
    return client.get(reverse("diagnosis:prediction_status", args=[prediction.pk]), headers=headers)


def page_of(client, consultation):
    return client.get(reverse("diagnosis:visit", args=[consultation.pk]))


def test_the_page_shows_the_answer_in_words_and_numbers(sign_in, doctor, consultation, prediction):
    page = page_of(sign_in(doctor), consultation).content.decode()
    best = Disease.objects.get(model_class=prediction.label)
    assert f"Looks most like: {best.name}" in page
    assert "A doctor decides." in page
    assert "Malignant share" in page
    assert prediction.model_version in page
    for disease in Disease.objects.exclude(model_class=""):
        assert disease.name in page
    assert AuditEvent.objects.filter(verb="view", target_id=str(consultation.pk)).exists()


def test_the_waiting_page_asks_again_until_the_answer_is_there(sign_in, doctor, queued_prediction):
    client = sign_in(doctor)
    waiting = status_of(client, queued_prediction, **{"HX-Request": "true"}).content.decode()
    assert "hx-trigger" in waiting
    assert "number 1 in the queue" in waiting
    from diagnosis.services.predictions import run_prediction

    run_prediction(prediction_id=queued_prediction.pk)
    done = status_of(client, queued_prediction, **{"HX-Request": "true"}).content.decode()
    assert "load delay" not in done
    assert "Looks most like" in done


def test_a_program_reads_the_state_as_json(sign_in, doctor, prediction):
    answer = status_of(sign_in(doctor), prediction, Accept="application/json").json()
    assert answer["status"] == "done"
    assert answer["label"] == prediction.label
    assert len(answer["probabilities"]) == 7


@pytest.mark.parametrize("failure", Prediction.Failure.values)
def test_a_failed_run_says_why_and_offers_to_try_again(
    failure, sign_in, doctor, consultation, queued_prediction
):
    Prediction.objects.update(status="failed", failure=failure)
    page = page_of(sign_in(doctor), consultation).content.decode()
    assert str(Prediction.Failure(failure).label) in page
    assert "Try again" in page


def test_trying_again_queues_it(sign_in, doctor, queued_prediction, queue):
    Prediction.objects.update(status="failed", failure="error")
    url = reverse("diagnosis:prediction_retry", args=[queued_prediction.pk])
    assert sign_in(doctor).post(url).status_code == 302
    assert Prediction.objects.get().status == "queued"


def test_a_photograph_can_be_analysed_once_the_consent_is_there(
    sign_in, doctor, image, consultation, ai_consent
):
    client = sign_in(doctor)
    assert "Analyse this photograph" in page_of(client, consultation).content.decode()
    client.post(reverse("diagnosis:prediction_request", args=[image.pk]))
    assert Prediction.objects.get().image == image


def test_a_colleague_who_shares_the_patient_reads_but_does_not_write(
    sign_in, other_doctor, consultation, prediction, patient
):
    from tests.factories import AppointmentFactory

    AppointmentFactory(doctor=other_doctor.doctor, patient=patient, status="no_show")
    client = sign_in(other_doctor)
    assert page_of(client, consultation).status_code == 200
    upload = client.post(reverse("diagnosis:image_upload", args=[consultation.pk]))
    assert upload.status_code == 403
    Prediction.objects.update(status="failed", failure="error", label="", malignant_share=None)
    retry = client.post(reverse("diagnosis:prediction_retry", args=[prediction.pk]))
    assert retry.status_code == 403


def test_strangers_do_not_find_the_visit(
    sign_in, other_doctor, secretary, admin, patient, consultation, prediction
):
    for stranger in (other_doctor, secretary, admin, patient.user):
        client = sign_in(stranger)
        assert page_of(client, consultation).status_code == 404
        assert status_of(client, prediction).status_code == 404


def test_the_worklist_holds_what_nobody_has_reviewed(sign_in, doctor, prediction, other_doctor):
    client = sign_in(doctor)
    url = reverse("diagnosis:to_review")
    assert list(client.get(url).context["page_obj"]) == [prediction]
    assert list(sign_in(other_doctor).get(url).context["page_obj"]) == []
    review_prediction(prediction=prediction, actor=doctor, decision="not_assessable")
    assert "Every answer is reviewed" in client.get(url).content.decode()


def test_more_photographs_cost_no_more_queries(
    sign_in, doctor, consultation, prediction, django_assert_max_num_queries
):
    client = sign_in(doctor)
    with django_assert_max_num_queries(24) as one:
        page_of(client, consultation)
    for seed in (2, 3, 4):
        upload_image(consultation=consultation, data=photographs.jpeg(seed=seed), actor=doctor)
    with django_assert_max_num_queries(len(one.captured_queries)):
        page_of(client, consultation)
