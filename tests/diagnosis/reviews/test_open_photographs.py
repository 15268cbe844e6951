"""A photograph without a diagnosis is in every list until it has one, signed or not."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from clinic.models import Consent, Notification
from diagnosis.models import LesionImage, Prediction, Review
from diagnosis.reviews.services.reviews import review_prediction
from diagnosis.reviews.services.worklist import State
from diagnosis.tasks import tell_of_overdue_reviews_task
from tests.diagnosis.reviews.open_photographs import (
    answered,
    day,
    decide,
    on_paper,
    report,
    state_of,
    timeline,
    visit,
    worklist,
)
from tests.factories import AppointmentFactory, ConsentFactory
from tests.papers import text_of

pytestmark = pytest.mark.both_engines

OPEN_ENDED = ["referred", "not_assessable"]


@pytest.fixture
def client(sign_in, doctor):
    return sign_in(doctor)


@pytest.mark.parametrize("decision", OPEN_ENDED)
def test_what_is_no_diagnosis_stays_in_every_list_until_there_is_one(
    decision, client, doctor, patient, consultation, prediction, sign
):
    review_prediction(prediction=prediction, actor=doctor, decision=decision)
    words = str(State(decision).label)

    assert "has no diagnosis yet" in visit(client, consultation)
    sign(consultation)

    for page in (worklist(client), day(client)):
        assert patient.full_name in page
        assert words in page
    assert words in timeline(client, patient)
    assert "no diagnosis yet" in report(client, consultation)
    decide(prediction, doctor)
    for page in (worklist(client), day(client)):
        assert patient.full_name not in page.partition("<main")[2] or not page
    assert "no diagnosis yet" not in report(client, consultation)


@pytest.mark.parametrize("decision", OPEN_ENDED)
def test_after_the_signature_it_is_answered_once_with_its_own_date(
    decision, doctor, consultation, prediction, sign
):
    review_prediction(prediction=prediction, actor=doctor, decision=decision)
    sign(consultation)

    review = decide(prediction, doctor)

    consultation.refresh_from_db()
    assert review.reviewed_at > consultation.signed_at
    with pytest.raises(ValidationError, match="addendum"):
        decide(prediction, doctor, code="bkl")


def test_the_page_of_a_signed_visit_offers_the_review_that_is_still_open(
    client, doctor, consultation, prediction, sign
):
    review_prediction(prediction=prediction, actor=doctor, decision="referred")
    sign(consultation)

    assert reverse("diagnosis:prediction_review", args=[prediction.pk]) in visit(
        client, consultation
    )


@pytest.mark.parametrize("decision", OPEN_ENDED)
def test_the_patient_reads_nothing_of_what_has_no_diagnosis(
    decision, sign_in, doctor, patient, consultation, prediction, sign
):
    review_prediction(prediction=prediction, actor=doctor, decision=decision)
    sign(consultation)

    assert "no diagnosis yet" not in report(sign_in(patient.user), consultation)


def test_a_letter_begins_with_what_was_referred(client, doctor, consultation, prediction, sign):
    review_prediction(prediction=prediction, actor=doctor, decision="referred")
    sign(consultation)

    page = client.get(reverse("diagnosis:visit_letters", args=[consultation.pk])).content.decode()

    assert "Lesion 1: no diagnosis yet, referred to a colleague on" in page


def test_not_assessable_ends_with_the_diagnosis_of_a_later_photograph_of_the_lesion(
    doctor, consultation, prediction, photograph
):
    review_prediction(prediction=prediction, actor=doctor, decision="not_assessable")
    elsewhere = photograph(consultation, 5)
    later = photograph(consultation, 6, lesion=prediction.image.lesion)
    decide(answered(elsewhere), doctor, code="bkl")
    assert state_of(prediction.image) == State.NOT_ASSESSABLE

    decide(answered(later), doctor, code="bkl")

    assert state_of(prediction.image) == State.RETAKEN


def test_not_assessable_opens_again_once_the_later_photograph_has_no_diagnosis(
    doctor, consultation, prediction, photograph
):
    review_prediction(prediction=prediction, actor=doctor, decision="not_assessable")
    later = answered(photograph(consultation, 6, lesion=prediction.image.lesion))
    decide(later, doctor, code="bkl")
    assert "a later photograph has a diagnosis" in on_paper(consultation)

    review_prediction(prediction=later, actor=doctor, decision="not_assessable")

    assert state_of(prediction.image) == State.NOT_ASSESSABLE
    assert "a later photograph has a diagnosis" not in on_paper(consultation)


def test_the_review_says_whether_its_photograph_is_still_in_the_list(
    client, doctor, consultation, prediction, photograph
):
    review_prediction(prediction=prediction, actor=doctor, decision="not_assessable")
    page = reverse("diagnosis:image_panel", args=[prediction.image_id])
    stays = "the photograph stays in the list"
    assert stays in client.get(page).content.decode()
    later = answered(photograph(consultation, 6, lesion=prediction.image.lesion))

    decide(later, doctor, code="bkl")

    words = client.get(page).content.decode()
    assert stays not in words
    assert "Not assessable, photographed again" in words


def test_a_referral_does_not_end_with_another_photograph(
    doctor, consultation, prediction, photograph
):
    review_prediction(prediction=prediction, actor=doctor, decision="referred")

    later = photograph(consultation, 6, lesion=prediction.image.lesion)
    decide(answered(later), doctor, code="bkl")

    assert state_of(prediction.image) == State.REFERRED


def test_a_failed_analysis_is_open_and_tried_again_after_the_signature(
    client, patient, consultation, failed, sign
):
    assert "1 analysis failed" in visit(client, consultation)
    sign(consultation)
    retry = reverse("diagnosis:prediction_retry", args=[failed.pk])
    for page in (worklist(client), visit(client, consultation)):
        assert patient.full_name in page
        assert retry in page
    assert "Analysis failed" in day(client)
    assert "Analysis failed" in timeline(client, patient)

    client.post(retry)

    failed.refresh_from_db()
    assert failed.status == "queued"
    assert "Waiting for the analysis" in worklist(client)


def test_a_photograph_that_was_never_analysed_is_open_once_the_patient_agrees(
    client, patient, secretary, consultation, image, sign
):
    assert "1 photograph is not analysed, because" in visit(client, consultation)
    assert patient.full_name not in worklist(client)
    sign(consultation)
    ConsentFactory(patient=patient, purpose=Consent.Purpose.AI_ANALYSIS, recorded_by=secretary)
    ask = reverse("diagnosis:prediction_request", args=[image.pk])
    for page in (worklist(client), visit(client, consultation)):
        assert ask in page

    client.post(ask)

    assert Prediction.objects.get().status == "queued"


def test_without_an_answer_the_doctor_decides_alone(client, doctor, consultation, failed, sign):
    with pytest.raises(ValidationError, match="no answer to confirm"):
        review_prediction(prediction=failed, actor=doctor, decision="confirmed")
    assert "The analysis gave no answer." in visit(client, consultation)

    decide(failed, doctor, code="scc", reason="The analysis gave no answer.")

    assert state_of(failed.image) == State.DECIDED
    assert "Decided:" in visit(client, consultation)
    sign(consultation)
    chosen = {"report-images": [failed.image_id], "report-has_model_answer": "on"}
    paper = client.post(reverse("diagnosis:visit_report_chosen", args=[consultation.pk]), chosen)
    assert "model" not in text_of(paper)


def test_a_day_with_more_than_a_page_says_so(client, consultation, photograph, settings):
    settings.PAGE_SIZE = 1
    for seed in (5, 6):
        answered(photograph(consultation, seed))

    assert reverse("diagnosis:to_review") in day(client)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("referred", Notification.Kind.REFERRED_OVERDUE),
        ("not_assessable", Notification.Kind.RETAKE_OVERDUE),
        ("failed", Notification.Kind.ANALYSIS_OVERDUE),
        ("queued", Notification.Kind.ANALYSIS_OVERDUE),
        ("missing", Notification.Kind.ANALYSIS_OVERDUE),
    ],
)
def test_whatever_is_open_for_a_day_is_overdue(state, kind, doctor, prediction):
    long_ago = timezone.now() - timedelta(hours=25)
    if state in OPEN_ENDED:
        review_prediction(prediction=prediction, actor=doctor, decision=state)
        Review.objects.update(reviewed_at=long_ago)
    elif state == "missing":
        Prediction.objects.all().delete()
    else:
        Prediction.objects.update(status=state, label="", finished_at=None)
    LesionImage.objects.update(uploaded_at=long_ago)

    tell_of_overdue_reviews_task()

    [news] = Notification.objects.all()
    assert (news.recipient, news.kind) == (doctor, kind)


def test_an_archived_lesion_keeps_its_open_photograph(client, patient, prediction):
    type(prediction.image.lesion).objects.update(is_archived=True)

    assert patient.full_name in worklist(client)


def test_a_colleague_who_treats_the_patient_tries_again(sign_in, other_doctor, patient, failed):
    AppointmentFactory(
        doctor=other_doctor.doctor,
        patient=patient,
        starts_at=timezone.now() + timedelta(days=1),
        ends_at=timezone.now() + timedelta(days=1, minutes=20),
    )

    sign_in(other_doctor).post(reverse("diagnosis:prediction_retry", args=[failed.pk]))

    failed.refresh_from_db()
    assert failed.status == "queued"
