"""A warning of the model stays until a doctor has decided on that very photograph."""

import pytest

from diagnosis.models import LesionImage, Prediction
from diagnosis.predictions.services.predictions import request_prediction, retry_prediction
from diagnosis.reviews.services.reviews import review_prediction
from diagnosis.reviews.services.worklist import State, open_photographs
from tests.diagnosis.reviews.open_photographs import (
    answered,
    decide,
    on_paper,
    state_of,
    visit,
    worklist,
)

pytestmark = pytest.mark.both_engines

OPEN_ENDED = ["referred", "not_assessable"]


@pytest.fixture
def client(sign_in, doctor):
    return sign_in(doctor)


@pytest.mark.parametrize("is_diagnosed_first", [True, False])
def test_a_warning_does_not_end_with_the_diagnosis_of_another_photograph(
    is_diagnosed_first, client, doctor, consultation, answer_with, photograph, sign
):
    alarmed = answer_with(nv=0.6, mel=0.4, malignant_threshold=0.3)
    later = answered(photograph(consultation, 6, lesion=alarmed.image.lesion))
    steps = [
        lambda: review_prediction(prediction=alarmed, actor=doctor, decision="not_assessable"),
        lambda: decide(later, doctor, code="bkl"),
    ]
    for step in reversed(steps) if is_diagnosed_first else steps:
        step()

    assert state_of(alarmed.image) == State.NOT_ASSESSABLE
    assert "Over the threshold" in worklist(client)
    assert "and no doctor has decided: Lesion 1." in visit(client, consultation)
    assert "a later photograph has a diagnosis" not in on_paper(consultation)
    sign(consultation)
    decide(alarmed, doctor, code="mel", reason="Blue veil.")
    assert state_of(alarmed.image) == State.DECIDED


def test_a_warning_that_comes_after_the_later_diagnosis_opens_the_first_photograph(
    doctor, consultation, prediction, photograph
):
    review_prediction(prediction=prediction, actor=doctor, decision="not_assessable")
    later = answered(photograph(consultation, 6, lesion=prediction.image.lesion))
    decide(later, doctor, code="bkl")
    assert state_of(prediction.image) == State.RETAKEN

    answered(prediction.image, share=0.8)

    assert state_of(prediction.image) == State.NOT_ASSESSABLE


def test_each_lesion_with_a_warning_is_named_before_the_signature(
    client, consultation, image, photograph, ai_consent
):
    second = photograph(consultation, 5)
    answered(image, share=0.1)
    answered(second, share=0.8)

    page = visit(client, consultation)

    assert f"and no doctor has decided: {second.lesion}." in page
    assert "2 answers are not reviewed" in page


@pytest.mark.parametrize("decision", OPEN_ENDED)
def test_a_warning_outlives_the_referral_of_its_photograph(
    decision, client, doctor, patient, consultation, answer_with
):
    prediction = answer_with(nv=0.6, mel=0.4, malignant_threshold=0.3)
    review_prediction(prediction=prediction, actor=doctor, decision=decision)

    assert "Over the threshold" in worklist(client)
    assert "and no doctor has decided: Lesion 1." in visit(client, consultation)


def test_a_newer_answer_does_not_hide_an_earlier_warning(client, consultation, image, ai_consent):
    answered(image, share=0.8, version="first")
    answered(image, share=0.1, version="second")

    assert "Over the threshold" in worklist(client)
    assert "and no doctor has decided: Lesion 1." in visit(client, consultation)


@pytest.mark.parametrize("status", ["queued", "running", "failed"])
def test_a_newer_version_without_an_answer_hides_none(
    status, client, patient, doctor, image, ai_consent
):
    answered(image, share=0.8, version="first")
    newer = request_prediction(image=image, actor=doctor)
    Prediction.objects.filter(pk=newer.pk).update(status=status)

    assert "Over the threshold" in worklist(client)


def test_a_warning_that_comes_after_the_diagnosis_opens_the_photograph_again(
    client, doctor, consultation, failed, sign
):
    decide(failed, doctor)
    sign(consultation)
    retry_prediction(prediction=failed, actor=doctor)
    assert state_of(failed.image) == State.DECIDED
    answered(failed.image, share=0.8)

    assert state_of(failed.image) == State.REOPENED
    assert "Over the threshold" in worklist(client)
    decide(failed.image.predictions.get(status="done"), doctor, code="mel", reason="Blue veil.")
    assert state_of(failed.image) == State.DECIDED


def test_warnings_stand_first_whatever_else_waits(doctor, consultation, image, photograph):
    others = [photograph(consultation, seed) for seed in (5, 6, 7)]
    answered(others[0], share=0.2)
    answered(others[1], share=0.9, threshold=0.95)
    referred = answered(others[2], share=0.4)
    review_prediction(prediction=referred, actor=doctor, decision="referred")

    first, *_rest = open_photographs(LesionImage.objects.all())

    assert first == others[2]
