"""Photographs with what is known of them, for every page that shows some."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.services.worklist import with_states

DONE = Prediction.Status.DONE


@dataclass(frozen=True)
class PhotographCard:
    """A photograph with the prediction that is shown, the review that counts, and its state."""

    image: LesionImage
    prediction: Prediction | None
    review: Review | None

    @property
    def state(self) -> str:
        return self.image.state

    @property
    def has_alarm(self) -> bool:
        """Return whether there is a warning that no diagnosis has answered."""
        return self.image.has_alarm

    @property
    def is_waiting(self) -> bool:
        return self.prediction is not None and self.prediction.is_waiting

    @property
    def is_torn(self) -> bool:
        """Return whether an answer or a review came between two queries, so one lacks it."""
        has_answer = any(each.status == DONE for each in self.image.predictions.all())
        decided_at = self.review.reviewed_at if self.review else None
        return (has_answer, decided_at) != (self.image.answer_status == DONE, self.image.decided_at)

    @property
    def is_answered(self) -> bool:
        return self.prediction is not None and self.prediction.status == DONE


def photograph_cards(images: QuerySet[LesionImage]) -> list[PhotographCard]:
    """Return photographs, oldest first, with their answers and reviews, in three queries."""
    reviews = Review.objects.select_related("disease", "stage", "reviewer")
    predictions = Prediction.objects.order_by("-queued_at").prefetch_related(
        Prefetch("reviews", reviews)
    )
    images = (
        with_states(images)
        .select_related("lesion__body_site", "lesion__patient", "consultation__doctor")
        .prefetch_related(Prefetch("predictions", predictions))
    )
    cards = [_card(image) for image in images]
    while any(card.is_torn for card in cards):
        cards = [_card(image) for image in images.all()]
    return cards


def _card(image: LesionImage) -> PhotographCard:
    predictions = list(image.predictions.all())
    reviews = [review for prediction in predictions for review in prediction.reviews.all()]
    return PhotographCard(
        image=image,
        prediction=max(predictions, key=_weight) if predictions else None,
        review=max(reviews, key=lambda review: review.reviewed_at) if reviews else None,
    )


def _weight(prediction: Prediction) -> tuple[bool, bool, datetime]:
    """Rank a warning above a newer answer without one, and any answer above none."""
    is_done = prediction.status == DONE
    return is_done, is_done and prediction.is_over_threshold, prediction.queued_at
