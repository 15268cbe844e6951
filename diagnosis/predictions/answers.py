"""A prediction as a page or JSON shows it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from diagnosis.predictions.models.disease import Disease
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.predictions.services.predictions import queue_position

TOP = 3
MELANOMA = "mel"
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
    def worst(self) -> ClassShare:
        """Return the most probable malignant class."""
        return next(share for share in self.shares if share.is_malignant)

    @property
    def top(self) -> tuple[ClassShare, ...]:
        """Return the classes shown first; with a warning these always include melanoma."""
        is_over = self.prediction.is_over_threshold
        return tuple(
            share
            for place, share in enumerate(self.shares)
            if place < TOP or (is_over and share.label == MELANOMA)
        )

    @property
    def others(self) -> tuple[ClassShare, ...]:
        return tuple(share for share in self.shares if share not in self.top)

    @property
    def threshold_percent(self) -> float | None:
        return _percent(self.prediction.malignant_threshold)

    @property
    def bound_percent(self) -> float | None:
        return _percent(self.prediction.uncertain_below)


def describe(prediction: Prediction, diseases: Iterable[Disease]) -> Answer:
    """Name a prediction's classes from the catalogue of diseases and rank them."""
    is_queued = prediction.status == Prediction.Status.QUEUED
    waited_s = (timezone.now() - prediction.queued_at).total_seconds()
    return Answer(
        prediction=prediction,
        shares=_shares(prediction, diseases),
        position=queue_position(prediction) if is_queued else 0,
        is_late=prediction.is_waiting and waited_s > PATIENCE_S,
    )


def as_json(prediction: Prediction) -> dict[str, object]:
    """Return the state and numbers of a prediction, with nothing about the patient.

    `label` is empty while there is no answer, and if the model is not sure.
    """
    return {
        "status": prediction.status,
        "failure": prediction.get_failure_display() if prediction.failure else "",
        "label": "" if prediction.is_uncertain else prediction.label,
        "probabilities": prediction.probabilities,
        "malignant_share": prediction.malignant_share,
        "malignant_threshold": prediction.malignant_threshold,
        "is_over_threshold": prediction.is_over_threshold,
        "uncertain_below": prediction.uncertain_below,
        "is_uncertain": prediction.is_uncertain,
        "model_version": prediction.model_version,
        "milliseconds": prediction.milliseconds,
    }


def _percent(part: float | None) -> float | None:
    return None if part is None else 100 * part


def _shares(prediction: Prediction, diseases: Iterable[Disease]) -> tuple[ClassShare, ...]:
    named = {disease.model_class: disease for disease in diseases if disease.model_class}
    shares = [
        ClassShare(label, str(named[label]), probability, named[label].is_malignant)
        for label, probability in prediction.probabilities.items()
    ]
    return tuple(sorted(shares, key=lambda share: -share.probability))
