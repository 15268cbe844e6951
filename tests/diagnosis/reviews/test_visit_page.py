from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from clinic.records.services.consultations import add_addendum, sign_visit
from clinic.records.services.prescriptions import (
    DraftLine,
    lines_fingerprint,
    save_prescription,
    stored_lines,
)
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import Disease, Lesion, Prediction, WorkerHeartbeat
from diagnosis.predictions.services.heartbeats import beat
from diagnosis.reviews.services.reviews import review_prediction
from tests import photographs
from tests.factories import AppointmentFactory
from tests.full_visit import add_photographs, fill_visit


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


def test_a_share_over_the_threshold_warns_above_a_benign_answer(
    sign_in, doctor, consultation, answer_with
):
    answer_with(nv=0.55, mel=0.31, bcc=0.1, bkl=0.04, malignant_threshold=0.38)
    page = page_of(sign_in(doctor), consultation).content.decode()
    warning = "Malignant disease cannot be ruled out: Melanoma 31 %"
    assert page.index(warning) < page.index("Looks most like: Melanocytic nevus")
    assert "Malignant share 41.0 %, threshold 38.0 %" in page


def test_a_model_without_a_threshold_does_not_look_like_no_alarm(
    sign_in, doctor, consultation, answer_with
):
    answer_with(nv=0.2, mel=0.8, malignant_threshold=None)
    browser = sign_in(doctor)
    assert (
        "No threshold: this model raises no alarm."
        in page_of(browser, consultation).content.decode()
    )
    assert "No threshold" in browser.get(reverse("diagnosis:to_review")).content.decode()
    answer_with(nv=0.2, mel=0.8, malignant_threshold=0.9)
    assert "No threshold" not in browser.get(reverse("diagnosis:to_review")).content.decode()


def test_the_warning_begins_at_the_threshold_itself(sign_in, doctor, consultation, answer_with):
    client = sign_in(doctor)
    answer_with(nv=0.75, bcc=0.25, malignant_threshold=0.25)
    assert (
        "cannot be ruled out: Basal cell carcinoma 25 %"
        in page_of(client, consultation).content.decode()
    )
    answer_with(nv=0.75, bcc=0.25, malignant_threshold=0.2501)
    assert "answer-alarm" not in page_of(client, consultation).content.decode()


def test_the_threshold_is_marked_on_the_scale(sign_in, doctor, consultation, answer_with):
    answer_with(nv=0.9, mel=0.1, malignant_threshold=0.375)
    page = page_of(sign_in(doctor), consultation).content.decode()
    assert 'data-start="37.5"' in page
    assert "At 37.5 % or more, malignant disease cannot be ruled out." in page


def test_with_a_warning_melanoma_is_shown_however_far_down_it_is(
    sign_in, doctor, consultation, answer_with
):
    client = sign_in(doctor)
    shares = {"bcc": 0.4, "akiec": 0.3, "bkl": 0.15, "nv": 0.1, "mel": 0.05}
    answer_with(**shares, malignant_threshold=0.5)
    answer = page_of(client, consultation).context["answer"]
    assert [share.label for share in answer.top] == ["bcc", "akiec", "bkl", "mel"]
    assert {share.label for share in answer.others} == {"nv", "df", "vasc"}
    answer_with(**shares, malignant_threshold=0.9)
    answer = page_of(client, consultation).context["answer"]
    assert [share.label for share in answer.top] == ["bcc", "akiec", "bkl"]


def test_where_the_model_is_not_sure_no_class_stands_in_large_letters(
    sign_in, doctor, consultation, answer_with
):
    answer_with(nv=0.49, bkl=0.41, mel=0.1, uncertain_below=0.5)
    response = page_of(sign_in(doctor), consultation)
    page = response.content.decode()
    assert "The model is not sure" in page
    assert "No kind of lesion reached 50 %." in page
    assert "Looks most like" not in page
    assert page.count('class="bar-row') == 7
    assert 'value="confirmed"' not in page


def test_a_warning_is_given_whether_the_model_is_sure_or_not(
    sign_in, doctor, consultation, answer_with
):
    answer_with(nv=0.4, mel=0.35, bkl=0.25, malignant_threshold=0.3, uncertain_below=0.5)
    page = page_of(sign_in(doctor), consultation).content.decode()
    assert page.index("cannot be ruled out: Melanoma 35 %") < page.index("The model is not sure")


def test_an_answer_from_before_there_were_thresholds_neither_warns_nor_doubts(
    sign_in, doctor, consultation, answer_with
):
    answer_with(mel=0.3, bcc=0.3, nv=0.4)
    page = page_of(sign_in(doctor), consultation).content.decode()
    assert "Looks most like: Melanocytic nevus" in page
    assert "cannot be ruled out" not in page
    assert "share-threshold" not in page
    assert "No threshold: this model raises no alarm." in page


def test_the_waiting_page_says_when_no_worker_will_answer_soon(sign_in, doctor, queued_prediction):
    client = sign_in(doctor)
    sentence = "The second opinion will follow once its worker is running again."

    def waiting():
        return status_of(client, queued_prediction, **{"HX-Request": "true"}).content.decode()

    assert sentence in waiting()
    beat(name="inference@here", queues=["inference"], model_version="1")
    assert sentence not in waiting()
    WorkerHeartbeat.objects.update(at=timezone.now() - timedelta(seconds=61))
    assert sentence in waiting()
    assert "hx-trigger" in waiting()


def test_the_waiting_page_asks_again_until_the_answer_is_there(sign_in, doctor, queued_prediction):
    beat(name="inference@here", queues=["inference"], model_version="1")
    client = sign_in(doctor)
    waiting = status_of(client, queued_prediction, **{"HX-Request": "true"}).content.decode()
    assert "hx-trigger" in waiting
    assert "number 1 in the queue" in waiting
    from diagnosis.predictions.services.predictions import run_prediction

    run_prediction(prediction_id=queued_prediction.pk)
    done = status_of(client, queued_prediction, **{"HX-Request": "true"}).content.decode()
    assert "load delay" not in done
    assert "Looks most like" in done


def test_a_program_reads_the_state_as_json(sign_in, doctor, prediction):
    answer = status_of(sign_in(doctor), prediction, Accept="application/json").json()
    assert answer["status"] == "done"
    assert answer["label"] == prediction.label
    assert len(answer["probabilities"]) == 7
    assert (answer["is_uncertain"], answer["is_over_threshold"]) == (False, False)


def test_a_program_is_told_of_warnings_and_is_given_no_class_in_doubt(sign_in, doctor, answer_with):
    prediction = answer_with(
        mel=0.45, nv=0.4, bkl=0.15, malignant_threshold=0.4, uncertain_below=0.5
    )
    answer = status_of(sign_in(doctor), prediction, Accept="application/json").json()
    assert (answer["label"], answer["is_uncertain"], answer["uncertain_below"]) == ("", True, 0.5)
    assert (answer["is_over_threshold"], answer["malignant_threshold"]) == (True, 0.4)


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


def test_a_colleague_who_shares_the_patient_reads_and_tries_again_but_does_not_write(
    sign_in, other_doctor, consultation, prediction, patient
):
    AppointmentFactory(doctor=other_doctor.doctor, patient=patient, status="no_show")
    client = sign_in(other_doctor)
    assert page_of(client, consultation).status_code == 200
    upload = client.post(reverse("diagnosis:image_upload", args=[consultation.pk]))
    assert upload.status_code == 403
    Prediction.objects.update(status="failed", failure="error", label="", malignant_share=None)
    retry = client.post(reverse("diagnosis:prediction_retry", args=[prediction.pk]))
    assert retry.status_code == 302


def test_strangers_do_not_find_the_visit(
    sign_in, other_doctor, secretary, admin, patient, consultation, prediction
):
    for stranger in (other_doctor, secretary, admin, patient.user):
        client = sign_in(stranger)
        assert page_of(client, consultation).status_code == 404
        assert status_of(client, prediction).status_code == 404


def test_the_worklist_holds_what_has_no_diagnosis(sign_in, doctor, prediction, other_doctor):
    client = sign_in(doctor)
    url = reverse("diagnosis:to_review")
    assert list(client.get(url).context["page_obj"]) == [prediction.image]
    assert list(sign_in(other_doctor).get(url).context["page_obj"]) == []
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    assert "Every photograph has a diagnosis" in client.get(url).content.decode()


def test_the_worklist_marks_warnings_and_doubts(sign_in, doctor, answer_with):
    client = sign_in(doctor)
    url = reverse("diagnosis:to_review")
    answer_with(nv=0.45, mel=0.4, bkl=0.15, malignant_threshold=0.39, uncertain_below=0.5)
    page = client.get(url).content.decode()
    assert "Over the threshold" in page
    assert "The model is not sure" in page
    answer_with(nv=0.6, mel=0.4, malignant_threshold=0.41, uncertain_below=0.5)
    page = client.get(url).content.decode()
    assert "Over the threshold" not in page
    assert "The model is not sure" not in page


def test_the_worklist_begins_with_those_over_their_own_threshold(
    sign_in, doctor, consultation, answer_with
):
    warned = answer_with(nv=0.7, mel=0.3, malignant_threshold=0.25)
    others = []
    for seed, share, threshold in ((2, 0.35, 0.4), (3, 0.6, None), (4, 0.5, 0.45)):
        image = upload_image(
            consultation=consultation, data=photographs.jpeg(seed=seed), actor=doctor
        )
        others += [
            Prediction.objects.create(
                image=image,
                image_sha256=image.sha256,
                model_version="other",
                status="done",
                label="nv",
                malignant_share=share,
                malignant_threshold=threshold,
                finished_at=warned.finished_at,
            )
        ]
    page = sign_in(doctor).get(reverse("diagnosis:to_review")).context["page_obj"]
    under, without, over = others
    assert list(page) == [each.image for each in (over, warned, without, under)]


def signed(consultation, doctor):
    return sign_visit(
        consultation=consultation,
        actor=doctor,
        version=consultation.version,
        lines_seen=lines_fingerprint(stored_lines(consultation)),
    )


@pytest.mark.parametrize("is_signed", [False, True])
def test_a_full_visit_takes_fifteen_queries_however_much_is_in_it(
    is_signed, sign_in, doctor, consultation, answer_with, django_assert_max_num_queries
):
    prediction = answer_with(nv=0.7, mel=0.3, malignant_threshold=0.25)
    fill_visit(consultation, doctor, prediction)
    if is_signed:
        add_addendum(
            consultation=signed(consultation, doctor), actor=doctor, text="The mole was removed."
        )
    client = sign_in(doctor)
    url = reverse("diagnosis:visit", args=[consultation.pk])
    with django_assert_max_num_queries(15):
        response = client.get(url, {"photograph": prediction.image_id})
    page = response.content.decode()
    assert "Malignant disease cannot be ruled out" in page
    assert "Penicillin" in page


def test_more_photographs_lesions_and_lines_take_no_more_queries(
    sign_in, doctor, consultation, prediction, django_assert_max_num_queries
):
    fill_visit(consultation, doctor, prediction)
    client = sign_in(doctor)
    url = reverse("diagnosis:visit", args=[consultation.pk])
    with django_assert_max_num_queries(15) as few:
        client.get(url, {"photograph": prediction.image_id})
    add_photographs(consultation, doctor, seeds=(5, 6, 7))
    line = DraftLine(drug="Ramipril", dose="5 mg", frequency="daily", duration="4 weeks")
    save_prescription(consultation=consultation, actor=doctor, lines=[line] * 6)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(url, {"photograph": prediction.image_id})


def test_the_patient_s_side_follows_in_fifteen_queries(
    sign_in, doctor, consultation, django_assert_max_num_queries
):
    fill_visit(consultation, doctor)
    client = sign_in(doctor)
    page = page_of(client, consultation).content.decode()
    url = reverse("clinic:visit_patient", args=[consultation.pk])
    assert f'hx-get="{url}"' in page
    assert f'href="{url}"' in page
    with django_assert_max_num_queries(15):
        side = client.get(url, headers={"HX-Request": "true"}).content.decode()
    for words in (
        "Psoriasis",
        "Ramipril",
        "training the model",
        "Other visits",
        "Blood count",
        "by mistake",
    ):
        assert words in side


def test_without_scripts_the_patient_s_side_is_a_page_in_the_trail(sign_in, doctor, consultation):
    url = reverse("clinic:visit_patient", args=[consultation.pk])
    assert "<h1>" in sign_in(doctor).get(url).content.decode()
    assert AuditEvent.objects.filter(verb="view", target_id=str(consultation.pk)).exists()


def test_a_signed_visit_marks_on_the_map_what_was_photographed_in_it(
    sign_in, doctor, consultation, image, sign
):
    fill_visit(consultation, doctor)
    opened = page_of(sign_in(doctor), consultation).context["lesions"]
    sign(consultation)
    closed = page_of(sign_in(doctor), consultation).context["lesions"]
    numbers = [lesion.number for lesion in closed]
    assert numbers == sorted(numbers)
    assert {lesion.pk for lesion in closed} == {
        image.lesion_id for image in consultation.images.all()
    }
    assert len(opened) > len(closed)


def test_a_signed_visit_without_photographs_does_not_deny_the_patients_lesions(
    sign_in, consultation, doctor, sign
):
    Lesion.objects.create(patient=consultation.patient, number=1)
    sign(consultation)
    page = page_of(sign_in(doctor), consultation).content.decode()
    assert "No lesion was photographed in this visit." in page
    assert "No lesion is followed yet." not in page
