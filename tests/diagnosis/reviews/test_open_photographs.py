"""A photograph without a diagnosis stands in every list until it has one, signed or not."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from clinic.models import Consent, Notification
from diagnosis.lesions.services.lesions import move_image
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.letters.services.paper_photographs import undecided_in_words
from diagnosis.models import Disease, LesionImage, Prediction, Review
from diagnosis.predictions.services.predictions import request_prediction, retry_prediction
from diagnosis.reviews.services.reviews import review_prediction
from diagnosis.reviews.services.worklist import State, open_photographs, with_states
from diagnosis.tasks import tell_of_overdue_reviews_task
from tests import photographs
from tests.factories import AppointmentFactory, ConsentFactory
from tests.papers import text_of

pytestmark = pytest.mark.both_engines

OPEN_ENDED = ["referred", "not_assessable"]


def worklist(client):
    return client.get(reverse("diagnosis:to_review")).content.decode()


def day(client):
    query = {"date": timezone.localdate().isoformat()}
    return client.get(reverse("diagnosis:day_alerts", query=query)).content.decode()


def timeline(client, patient):
    return client.get(reverse("diagnosis:timeline", args=[patient.pk])).content.decode()


def visit(client, consultation):
    return client.get(reverse("diagnosis:visit", args=[consultation.pk])).content.decode()


def report(client, consultation):
    return text_of(client.get(reverse("diagnosis:visit_report", args=[consultation.pk])))


def on_paper(consultation):
    """What a paper of the visit would say of its open photographs."""
    return " ".join(undecided_in_words(LesionImage.objects.all(), visit=consultation))


def state_of(image):
    return with_states(LesionImage.objects.all()).get(pk=image.pk).state


def decide(prediction, doctor, code="nv", reason="Regular network."):
    return review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        disease=Disease.objects.get(code=code),
        reason=reason,
    )


def answered(image, *, share=0.1, version="another", threshold=0.3, finished_at=None):
    """An answer as another version of the ensemble would have left it."""
    return Prediction.objects.create(
        image=image,
        image_sha256=image.sha256,
        model_version=version,
        status="done",
        label="nv",
        probabilities={"nv": 1 - share, "mel": share},
        malignant_share=share,
        malignant_threshold=threshold,
        uncertain_below=0.0,
        finished_at=finished_at or timezone.now(),
    )


@pytest.fixture
def client(sign_in, doctor):
    return sign_in(doctor)


@pytest.fixture
def failed(queued_prediction):
    Prediction.objects.update(
        status="failed", failure=Prediction.Failure.TIMED_OUT, finished_at=timezone.now()
    )
    queued_prediction.refresh_from_db()
    return queued_prediction


@pytest.fixture
def photograph(doctor):
    """Takes a further photograph in a visit, of a lesion or of a new one."""

    def _photograph(consultation, seed, lesion=None):
        image = upload_image(
            consultation=consultation, data=photographs.jpeg(seed=seed), actor=doctor
        )
        if lesion:
            move_image(image=image, actor=doctor, lesion=lesion)
            image.refresh_from_db()
        return image

    return _photograph


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
