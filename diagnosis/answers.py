"""A prediction in words and numbers for a page or for JSON."""

from dataclasses import dataclass

from django.utils import timezone

from diagnosis.models import Disease, Prediction
from diagnosis.services.predictions import queue_position

TOP = 3
# After this many seconds in the queue the page says that the answer will follow later.
PATIENCE_S = 15


@dataclass(frozen=True)
class ClassShare:
    """One class of the model with its share of the answer."""

    label: str
    name: str
    probability: float
    is_malignant: bool

    @property
    def percent(self) -> float:
        return 100 * self.probability


@dataclass(frozen=True)
class Answer:
    """What the answer card shows."""

    prediction: Prediction
    shares: tuple[ClassShare, ...]
    position: int
    is_late: bool

    @property
    def best(self) -> ClassShare:
        return self.shares[0]

    @property
    def top(self) -> tuple[ClassShare, ...]:
        return self.shares[:TOP]

    @property
    def others(self) -> tuple[ClassShare, ...]:
        return self.shares[TOP:]


def describe(prediction: Prediction) -> Answer:
    """Puts names and an order to a prediction's numbers."""
    is_queued = prediction.status == Prediction.Status.QUEUED
    waited_s = (timezone.now() - prediction.queued_at).total_seconds()
    return Answer(
        prediction=prediction,
        shares=_shares(prediction),
        position=queue_position(prediction) if is_queued else 0,
        is_late=prediction.is_waiting and waited_s > PATIENCE_S,
    )


def as_json(prediction: Prediction) -> dict[str, object]:
    """Gives the state and the numbers of a prediction, without anything about the patient."""
    return {
        "status": prediction.status,
        "failure": prediction.get_failure_display() if prediction.failure else "",
        "label": prediction.label,
        "probabilities": prediction.probabilities,
        "malignant_share": prediction.malignant_share,
        "model_version": prediction.model_version,
        "milliseconds": prediction.milliseconds,
    }


def _shares(prediction: Prediction) -> tuple[ClassShare, ...]:
    if not prediction.probabilities:
        return ()
    diseases = {disease.model_class: disease for disease in Disease.objects.exclude(model_class="")}
    shares = [
        ClassShare(label, diseases[label].name, probability, diseases[label].is_malignant)
        for label, probability in prediction.probabilities.items()
    ]
    return tuple(sorted(shares, key=lambda share: -share.probability))
