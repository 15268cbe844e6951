"""The values that an evaluation and a training give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ml.bundle.results import Interval, Metrics, Uncertainty


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch did; the validation values are None where it was not measured."""

    epoch: int
    loss: float
    lr: float
    seconds: float
    balanced_accuracy: float | None
    accuracy: float | None


@dataclass(frozen=True)
class MeasuredPoint:
    """What a threshold on the malignant share does on photographs it was not fitted on, 0..1.

    `sensitivity` and its interval are None where no photograph is malignant, `specificity` and its
    interval where none is benign.
    """

    target: float
    threshold: float
    sensitivity: float | None
    sensitivity_interval: Interval | None
    specificity: float | None
    specificity_interval: Interval | None


@dataclass(frozen=True)
class Evaluation:
    """What a bundle reaches on labelled photographs, with the bounds of its manifest.

    `lesions` counts them, None where the labels do not name them. `operating_points` are empty and
    `uncertainty` is None where the bundle was not validated. `is_own_validation` tells whether the
    photographs are those that temperature and thresholds were fitted on; then the operating points
    are the manifest's, each measured on lesions left out of its fit.
    """

    bundle: str
    metrics: Metrics
    lesions: int | None
    operating_points: Mapping[str, MeasuredPoint]
    uncertainty: Uncertainty | None
    is_own_validation: bool


def evaluation_to_json(evaluation: Evaluation) -> dict[str, object]:
    """Return the values for JSON, those of the metrics on the highest level."""
    values = asdict(evaluation)
    metrics: dict[str, object] = values.pop("metrics")
    return {**metrics, **values}
