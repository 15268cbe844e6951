import threading

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import connections
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from clinic.models import AuditEvent
from diagnosis.models import Disease, DiseaseStage, Prediction, Review, TrainingSample
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction


def other_disease(prediction):
    return Disease.objects.exclude(model_class__in=["", prediction.label]).first()


def post(client, prediction, **fields):
    return client.post(reverse("diagnosis:prediction_review", args=[prediction.pk]), fields)


def as_stored(prediction):
    return Prediction.objects.values().get(pk=prediction.pk)


def test_confirming_keeps_the_label_and_makes_a_sample(
    sign_in, doctor, prediction, training_consent
):
    before = as_stored(prediction)
    response = post(sign_in(doctor), prediction, decision="confirmed", comment="As seen.")
    assert response.status_code == 302
    review = Review.objects.get()
    assert (review.disease.model_class, review.reviewer) == (prediction.label, doctor)
    sample = TrainingSample.objects.get()
    assert (sample.disease, sample.is_model_class) == (review.disease, True)
    assert as_stored(prediction) == before
    assert AuditEvent.objects.filter(verb="review", actor=doctor).count() == 1


def test_correcting_names_the_disease_and_the_reason(sign_in, doctor, prediction, training_consent):
    before = as_stored(prediction)
    disease = other_disease(prediction)
    post(
        sign_in(doctor), prediction, decision="corrected", disease=str(disease), reason="Blue veil."
    )
    assert Review.objects.get().disease == disease
    assert TrainingSample.objects.get().disease == disease
    assert as_stored(prediction) == before


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reason": "Because."}, "disease"),
        ({"disease": "other"}, "reason"),
        ({"disease": "other", "reason": "   "}, "reason"),
        ({"disease": "same", "reason": "Because."}, "disease"),
    ],
)
def test_a_correction_without_its_disease_or_reason_is_refused_at_the_field(
    fields, field, sign_in, doctor, prediction
):
    chosen = {"other": other_disease(prediction), "same": None}
    chosen["same"] = Disease.objects.get(model_class=prediction.label)
    if "disease" in fields:
        fields = fields | {"disease": str(chosen[fields["disease"]])}
    response = post(sign_in(doctor), prediction, decision="corrected", comment="Kept.", **fields)
    assert response.status_code == 422
    assert field in response.context["review_form"].errors
    assert "Kept." in response.content.decode()
    assert not Review.objects.exists()


def test_what_the_model_has_not_named_cannot_be_confirmed(sign_in, doctor, answer_with):
    prediction = answer_with(nv=0.4, bkl=0.35, mel=0.25, uncertain_below=0.5)
    response = post(sign_in(doctor), prediction, decision="confirmed")
    assert response.status_code == 422
    assert "names no disease" in response.content.decode()
    assert not Review.objects.exists()


def test_where_the_model_is_not_sure_the_doctor_may_name_any_disease(sign_in, doctor, answer_with):
    prediction = answer_with(nv=0.4, bkl=0.35, mel=0.25, uncertain_below=0.5)
    client = sign_in(doctor)
    visit = reverse("diagnosis:visit", args=[prediction.image.consultation_id])
    assert "The model was not sure." in client.get(visit).content.decode()
    nevus = Disease.objects.get(code="nv")
    post(client, prediction, decision="corrected", disease=str(nevus), reason="Regular network.")
    assert Review.objects.get().disease == nevus
    assert f"Decided: {nevus}" in client.get(visit).content.decode()


def test_a_label_outside_the_seven_is_kept_and_marked(doctor, prediction, training_consent):
    scc = Disease.objects.get(code="scc")
    review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=scc),
        reason="Keratin.",
    )
    sample = TrainingSample.objects.get()
    assert (sample.disease, sample.is_model_class) == (scc, False)


@pytest.mark.parametrize("decision", ["not_assessable", "referred"])
def test_a_decision_without_a_diagnosis_makes_no_sample(
    decision, doctor, prediction, training_consent
):
    review = review_prediction(prediction=prediction, actor=doctor, decision=decision)
    assert review.disease is None
    assert not TrainingSample.objects.exists()


def test_without_consent_to_training_there_is_no_sample(doctor, prediction):
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    assert not TrainingSample.objects.exists()


def test_the_newest_review_counts_and_the_old_one_stays(doctor, prediction, training_consent):
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    disease = other_disease(prediction)
    review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=disease),
        reason="Later.",
    )
    assert Review.objects.count() == 2
    assert TrainingSample.objects.get().disease == disease
    review_prediction(prediction=prediction, actor=doctor, decision="not_assessable")
    assert not TrainingSample.objects.exists()


def test_an_unreviewed_prediction_is_no_sample(prediction, training_consent):
    assert not TrainingSample.objects.exists()


def test_a_stage_must_belong_to_the_disease(doctor, prediction):
    mild = DiseaseStage.objects.filter(disease__code="acne").first()
    with pytest.raises(ValidationError) as refusal:
        review_prediction(
            prediction=prediction,
            actor=doctor,
            decision="confirmed",
            diagnosis=Diagnosis(stage=mild),
        )
    assert "stage" in refusal.value.message_dict


def test_only_a_finished_prediction_can_be_reviewed(doctor, queued_prediction):
    with pytest.raises(ValidationError):
        review_prediction(prediction=queued_prediction, actor=doctor, decision="confirmed")


def test_a_signed_diagnosis_stays_as_it_was_signed(sign_in, doctor, prediction, consultation, sign):
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    sign(consultation)
    response = post(sign_in(doctor), prediction, decision="not_assessable")
    assert response.status_code == 422
    assert "addendum" in response.content.decode()
    assert Review.objects.count() == 1


def test_an_answer_that_came_late_can_still_get_its_first_review(
    doctor, prediction, consultation, sign
):
    sign(consultation)
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    assert Review.objects.count() == 1


def test_strangers_do_not_find_the_prediction(
    sign_in, other_doctor, secretary, admin, patient, other_patient, prediction
):
    for stranger in (other_doctor, secretary, admin, patient.user, other_patient.user):
        assert post(sign_in(stranger), prediction, decision="confirmed").status_code == 404
    assert not Review.objects.exists()


def test_a_review_that_a_colleague_gave_meanwhile_is_not_overruled_unread(
    sign_in, doctor, other_doctor, prediction
):
    theirs = review_prediction(prediction=prediction, actor=other_doctor, decision="referred")
    client = sign_in(doctor)
    answer = post(client, prediction, decision="confirmed", comment="As seen.", seen_review="")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Otto Other has reviewed this photograph in the meantime." in page
    assert "As seen." in page
    assert Review.objects.get() == theirs
    assert f'name="seen_review" value="{theirs.pk}"' in page
    again = post(client, prediction, decision="confirmed", seen_review=str(theirs.pk))
    assert again.status_code == 302
    assert Review.objects.count() == 2


def test_a_second_click_on_a_review_is_one_review(sign_in, doctor, prediction):
    client = sign_in(doctor)
    for _click in range(2):
        sent = post(client, prediction, decision="not_assessable", seen_review="")
        assert sent.status_code == 302
    assert Review.objects.count() == 1


def test_twenty_identical_posts_make_one_review(sign_in, doctor, prediction, training_consent):
    client = sign_in(doctor)
    said = {"decision": "confirmed", "comment": "As seen."}
    seen = ""
    for _post in range(20):
        assert post(client, prediction, **said, seen_review=seen).status_code == 302
        seen = str(Review.objects.get().pk)
    assert AuditEvent.objects.filter(verb="review").count() == 1


def test_the_same_decision_with_another_comment_or_certainty_is_another_review(doctor, prediction):
    for comment, certainty in [("", ""), ("Now sure.", ""), ("Now sure.", "certain")]:
        review_prediction(
            prediction=prediction,
            actor=doctor,
            decision="confirmed",
            diagnosis=Diagnosis(certainty=certainty),
            comment=comment,
        )
    assert Review.objects.count() == 3


def test_a_repeated_decision_is_no_change_even_after_the_signature(
    sign_in, doctor, prediction, consultation, sign
):
    client = sign_in(doctor)
    post(client, prediction, decision="confirmed")
    sign(consultation)
    assert post(client, prediction, decision="confirmed").status_code == 302
    assert Review.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_identical_reviews_at_the_same_moment_are_one(doctor, prediction):
    start = threading.Barrier(6)

    def confirm():
        start.wait()
        review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
        connections.close_all()

    threads = [threading.Thread(target=confirm) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Review.objects.count() == 1


def test_an_alarm_since_the_last_review_makes_the_same_decision_a_new_one(
    doctor, prediction, answer_with
):
    said = {"decision": "corrected", "reason": "Seen in the microscope."}
    diagnosis = Diagnosis(disease=Disease.objects.get(code="scc"))
    for _time in range(2):
        review_prediction(prediction=prediction, actor=doctor, diagnosis=diagnosis, **said)
        answer_with(mel=0.9, nv=0.1, malignant_threshold=0.3)
        Prediction.objects.update(finished_at=timezone.now())
    assert Review.objects.count() == 2


@pytest.mark.parametrize("fields", [{}, {"certainty": ""}])
def test_a_certainty_that_nobody_chose_is_not_recorded(fields, sign_in, doctor, prediction):
    client = sign_in(doctor)
    post(client, prediction, decision="confirmed", **fields)
    assert Review.objects.get().certainty == ""
    visit = reverse("diagnosis:visit", args=[prediction.image.consultation_id])
    page = BeautifulSoup(client.get(visit).content, "html.parser")
    assert "probable" not in page.select_one(".review-word").text
    assert page.select_one("#id_certainty option[selected]")["value"] == ""


def test_a_chosen_certainty_is_recorded_and_shown(sign_in, doctor, prediction):
    client = sign_in(doctor)
    post(client, prediction, decision="confirmed", certainty="possible")
    assert Review.objects.get().certainty == "possible"
    visit = reverse("diagnosis:visit", args=[prediction.image.consultation_id])
    page = BeautifulSoup(client.get(visit).content, "html.parser")
    assert "possible" in page.select_one(".review-word").text


@pytest.mark.parametrize("decision", ["not_assessable", "referred"])
def test_a_decision_without_a_diagnosis_has_no_certainty_and_no_stage(decision, doctor, prediction):
    mild = DiseaseStage.objects.filter(disease__code="acne").first()
    review = review_prediction(
        prediction=prediction,
        actor=doctor,
        decision=decision,
        diagnosis=Diagnosis(disease=mild.disease, stage=mild, certainty="certain"),
    )
    assert (review.disease, review.stage, review.certainty) == (None, None, "")


def test_a_reason_typed_for_a_correction_is_not_kept_with_a_confirmation(
    sign_in, doctor, prediction
):
    post(sign_in(doctor), prediction, decision="confirmed", reason="Blue veil.", comment="Fine.")
    review = Review.objects.get()
    assert (review.reason, review.comment) == ("", "Fine.")


@pytest.mark.parametrize("decision", ["not_assessable", "referred"])
def test_own_words_given_with_a_refusal_are_kept_and_the_sites_are_not(
    decision, sign_in, doctor, answer_with
):
    prediction = answer_with(nv=0.4, bkl=0.35, mel=0.25, uncertain_below=0.5)
    client = sign_in(doctor)
    post(client, prediction, decision=decision, reason="The model was not sure.")
    seen = {"seen_review": str(Review.objects.get().pk), "comment": "Again."}
    post(client, prediction, decision=decision, reason="Out of focus.", **seen)
    said = Review.objects.order_by("reviewed_at").values_list("reason", "comment")
    assert list(said) == [("", ""), ("", "Out of focus.\nAgain.")]


def test_a_reason_that_the_site_proposed_is_read_in_the_readers_language(
    sign_in, doctor, answer_with
):
    prediction = answer_with(nv=0.4, bkl=0.35, mel=0.25, uncertain_below=0.5)
    nevus = Disease.objects.get(code="nv")
    post(
        sign_in(doctor),
        prediction,
        decision="corrected",
        disease=str(nevus),
        reason="The model was not sure.",
    )
    review = Review.objects.get()
    with override("ar"):
        assert review.local_reason == gettext("The model was not sure.")
        assert review.local_reason != "The model was not sure."
    doctor.language = "fr"
    doctor.save()
    visit = reverse("diagnosis:visit", args=[prediction.image.consultation_id])
    page = BeautifulSoup(sign_in(doctor).get(visit).content, "html.parser")
    with override("fr"):
        assert gettext("The model was not sure.") in page.select_one(".review-word").text


def test_a_referral_carries_no_tick(sign_in, doctor, answer_with):
    prediction = answer_with(nv=0.2, mel=0.8)
    client = sign_in(doctor)
    post(client, prediction, decision="referred")
    visit = reverse("diagnosis:visit", args=[prediction.image.consultation_id])
    page = BeautifulSoup(client.get(visit).content, "html.parser")
    assert not page.select(".review-word .bi-check-circle-fill")
