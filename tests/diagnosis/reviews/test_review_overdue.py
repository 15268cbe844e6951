"""Answers that come late or wait for a day: the visit's doctor is told once."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from clinic.models import Consultation, Notification
from clinic.people.services.accounts import deactivate_account
from diagnosis.models import Prediction, Review
from diagnosis.predictions.services.predictions import run_prediction
from diagnosis.reviews.services.reviews import review_prediction
from diagnosis.tasks import run_prediction_task, tell_of_overdue_reviews_task

Kind = Notification.Kind


def news_of(user):
    return list(Notification.objects.filter(recipient=user).values_list("kind", flat=True))


@pytest.fixture
def answered(prediction):
    """Make the finished answer this many hours old."""

    def _answered(hours):
        Prediction.objects.update(finished_at=timezone.now() - timedelta(hours=hours))
        prediction.refresh_from_db()
        return prediction

    return _answered


@pytest.mark.parametrize(("hours", "expected"), [(23, []), (25, [Kind.REVIEW_OVERDUE])])
def test_after_a_day_without_a_review_the_visits_doctor_hears_of_it(
    hours, expected, answered, doctor, other_doctor
):
    answered(hours)
    for _ in range(3):
        tell_of_overdue_reviews_task()
    assert news_of(doctor) == expected
    assert news_of(other_doctor) == []


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ("referred", "A photograph was referred a day ago: note the diagnosis"),
        ("not_assessable", "A photograph could not be assessed: take another one"),
    ],
)
def test_the_news_says_what_a_photograph_without_a_diagnosis_needs(
    answered, doctor, sign_in, decision, words
):
    review_prediction(prediction=answered(50), actor=doctor, decision=decision)
    Review.objects.update(reviewed_at=timezone.now() - timedelta(hours=25))
    for _ in range(2):
        tell_of_overdue_reviews_task()
    assert len(news_of(doctor)) == 1
    assert words in sign_in(doctor).get(reverse("clinic:notification_list")).content.decode()


def test_who_has_read_it_is_not_told_again(answered, doctor):
    answered(25)
    tell_of_overdue_reviews_task()
    Notification.objects.update(read_at=timezone.now())
    tell_of_overdue_reviews_task()
    assert Notification.objects.filter(read_at=None).count() == 0
    assert news_of(doctor) == [Kind.REVIEW_OVERDUE]


def test_a_reviewed_answer_is_not_overdue(answered, doctor):
    review_prediction(prediction=answered(25), actor=doctor, decision="not_assessable")
    tell_of_overdue_reviews_task()
    assert news_of(doctor) == []


def test_what_is_older_than_a_week_is_no_news(answered, doctor):
    answered(24 * 8)
    tell_of_overdue_reviews_task()
    assert news_of(doctor) == []


def test_whoever_took_over_from_a_doctor_hears_of_it(answered, admin, doctor, other_doctor):
    answered(25)
    deactivate_account(actor=admin, user=doctor, successor=other_doctor.doctor)
    tell_of_overdue_reviews_task()
    assert Kind.REVIEW_OVERDUE in news_of(other_doctor)


def test_answers_without_a_review_are_left_to_somebody(answered, admin, doctor, consultation):
    answered(1)
    Consultation.objects.update(signed_at=timezone.now(), signed_by=doctor)
    with pytest.raises(ValidationError, match="Choose who finishes this"):
        deactivate_account(actor=admin, user=doctor)


def test_a_doctor_who_has_left_is_told_nothing(answered, doctor):
    answered(25)
    type(doctor).objects.filter(pk=doctor.pk).update(is_active=False)
    tell_of_overdue_reviews_task()
    assert not Notification.objects.exists()


def test_an_answer_that_came_at_once_is_no_news(
    queued_prediction, doctor, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        run_prediction(prediction_id=queued_prediction.pk)
    assert Prediction.objects.get().status == "done"
    assert news_of(doctor) == []


def test_an_answer_that_came_late_is_told_once(
    queued_prediction, doctor, django_capture_on_commit_callbacks
):
    Prediction.objects.update(queued_at=timezone.now() - timedelta(minutes=5))
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            run_prediction_task(str(queued_prediction.pk))
    assert news_of(doctor) == [Kind.ANSWER_READY]


def test_the_news_leads_to_the_visit_and_says_nothing_of_the_answer(
    queued_prediction, doctor, consultation, patient, sign_in, django_capture_on_commit_callbacks
):
    Prediction.objects.update(queued_at=timezone.now() - timedelta(minutes=5))
    with django_capture_on_commit_callbacks(execute=True):
        run_prediction(prediction_id=queued_prediction.pk)
    browser = sign_in(doctor)
    page = browser.get(reverse("clinic:notification_list")).content.decode()
    assert "The answer to a photograph is ready" in page
    assert patient.full_name in page
    assert "elanoma" not in page
    news = Notification.objects.get()
    response = browser.post(reverse("clinic:notification_open", args=[news.pk]))
    assert response.url == reverse("diagnosis:visit", args=[consultation.pk])
