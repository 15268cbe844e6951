"""A page shows its photographs as they were at one moment, whatever comes between its queries."""

import pytest
from django.db import connection
from django.utils import timezone

from diagnosis.models import LesionImage, Prediction
from diagnosis.reviews.pages.cards import photograph_cards
from diagnosis.reviews.services.reviews import review_prediction

pytestmark = [pytest.mark.django_db, pytest.mark.both_engines]


@pytest.fixture
def between():
    """Return a function that reads the photographs while something happens after a query."""

    def _between(image, number, happen):
        seen = []

        def _then(execute, sql, params, many, context):
            result = execute(sql, params, many, context)
            if connection.execute_wrappers and sql.startswith("SELECT"):
                seen.append(sql)
                if len(seen) == number:
                    happen()
            return result

        with connection.execute_wrapper(_then):
            return photograph_cards(LesionImage.objects.filter(pk=image.pk))

    return _between


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_answer_that_comes_between_two_queries_is_shown_whole_or_not_at_all(
    number, between, queued_prediction
):
    def answer():
        Prediction.objects.filter(pk=queued_prediction.pk).update(
            status="done",
            label="mel",
            malignant_share=0.9,
            malignant_threshold=0.3,
            finished_at=timezone.now(),
        )

    [card] = between(queued_prediction.image, number, answer)

    shown = card.state, card.has_alarm, card.is_waiting
    assert shown in {("waiting", False, True), ("unreviewed", True, False)}, shown


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_review_that_comes_between_two_queries_is_shown_whole_or_not_at_all(
    number, between, prediction, doctor
):
    [card] = between(
        prediction.image,
        number,
        lambda: review_prediction(prediction=prediction, actor=doctor, decision="confirmed"),
    )

    shown = card.state, card.review is not None
    assert shown in {("unreviewed", False), ("decided", True)}, shown
