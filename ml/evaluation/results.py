"""The results of a training run and of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ml.bundle.results import Interval, Metrics, Uncertainty


@dataclass(frozen=True)
class EpochRecord:
    """The result of one epoch; the validation values are None if it was not validated."""

    epoch: int
    loss: float
    lr: float
    seconds: float
    balanced_accuracy: float | None
    accuracy: float | None


@dataclass(frozen=True)
class MeasuredPoint:
    """The effect of a malignant-share threshold on photographs it was not fitted on, all 0..1.

    `sensitivity` and its interval are None if no photograph is malignant, `specificity` and its
    interval if none is benign.
    """

    target: float
    threshold: float
    sensitivity: float | None
    sensitivity_interval: Interval | None
    specificity: float | None
    specificity_interval: Interval | None


@dataclass(frozen=True)
class Evaluation:
    """The performance of a bundle on labelled photographs, with the thresholds of its manifest.

    `lesions` is the number of lesions, or None if the labels do not name them. `operating_points`
    is empty and `uncertainty` is None if the bundle was not validated. `is_own_validation` is true
    if temperature and thresholds were fitted on these photographs; the operating points are then
    the manifest's, each measured on lesions left out of its fit.
    """

    bundle: str
    metrics: Metrics
    lesions: int | None
    operating_points: Mapping[str, MeasuredPoint]
    uncertainty: Uncertainty | None
    is_own_validation: bool


def evaluation_to_json(evaluation: Evaluation) -> dict[str, object]:
    """Return the values for JSON, with the metrics at the top level."""
    values = asdict(evaluation)
    metrics: dict[str, object] = values.pop("metrics")
    return {**metrics, **values}
