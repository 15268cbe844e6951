"""Fits the temperature and the operating points, and measures the bound of uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ml.bundle.labels import HAM10000, Classes
from ml.bundle.results import Interval, OperatingPoint, Uncertainty
from ml.bundle.temperature import calibrate
from ml.evaluation.metrics import draw_lesions, is_malignant, malignant_share, percentiles
from ml.evaluation.results import MeasuredPoint

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

# The sensitivities for malignant disease for which a bundle has a threshold.
TARGETS = {"sensitivity_90": 0.90, "sensitivity_95": 0.95}
WARN_AT = "sensitivity_90"
# Below this, no class is more probable than all the others together.
UNCERTAIN_BELOW = 0.5


def fit_temperature(labels: Labels, probabilities: Floats) -> float:
    """Find the temperature, 0.25..4, with the lowest mean negative log-likelihood.

    Source: Guo et al., "On Calibration of Modern Neural Networks", 2017.
    """
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        chosen = calibrate(probabilities, float(np.exp(log_temperature)))[rows, labels]
        return float(-np.log(np.clip(chosen, 1e-12, None)).mean())

    low, high = float(np.log(0.25)), float(np.log(4.0))
    for _ in range(40):
        third = (high - low) / 3
        if loss(low + third) < loss(high - third):
            high -= third
        else:
            low += third
    return round(float(np.exp((low + high) / 2)), 3)


def fit_operating_points(
    labels: Labels,
    probabilities: Floats,
    lesions: Sequence[str] | None = None,
    classes: Classes = HAM10000,
) -> dict[str, OperatingPoint]:
    """Fit a threshold on the malignant share for each of TARGETS.

    Takes n class indices and n x c calibrated probabilities. Returns nothing if no photograph is
    malignant or none is benign.
    """
    positive = is_malignant(labels, classes)
    share = malignant_share(probabilities, classes)
    if not positive.any() or positive.all():
        return {}
    drawn = draw_lesions(len(labels), lesions)
    points = {
        name: _fit_operating_point(positive, share, drawn, target)
        for name, target in TARGETS.items()
    }
    return {name: point for name, point in points.items() if point}


def find_threshold(
    positive: npt.NDArray[np.bool_], share: Floats, target: float, times: Labels | None = None
) -> float:
    """Return the highest t for which share >= t finds at least `target`, 0..1, of the positives.

    `times` says how often each photograph counts.
    """
    scores = share[positive]
    weights = np.ones(len(scores)) if times is None else times[positive].astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(weights[order])
    enough = found >= target * found[-1] - 1e-9
    return float(scores[order][int(enough.argmax())])


def measure_operating_points(
    labels: Labels,
    probabilities: Floats,
    points: Mapping[str, OperatingPoint],
    lesions: Sequence[str] | None = None,
    classes: Classes = HAM10000,
) -> dict[str, MeasuredPoint]:
    """Measure thresholds on photographs that they were not fitted on.

    Takes n class indices and n x c calibrated probabilities; the intervals draw whole lesions.
    """
    positive = is_malignant(labels, classes)
    share = malignant_share(probabilities, classes)
    drawn = draw_lesions(len(labels), lesions)
    measured = {}
    for name, point in points.items():
        is_warned = share >= point.threshold
        sensitivity, sensitivity_interval = _measure_part(is_warned, positive, drawn)
        specificity, specificity_interval = _measure_part(~is_warned, ~positive, drawn)
        measured[name] = MeasuredPoint(
            target=point.target,
            threshold=point.threshold,
            sensitivity=sensitivity,
            sensitivity_interval=sensitivity_interval,
            specificity=specificity,
            specificity_interval=specificity_interval,
        )
    return measured


def describe_uncertainty(
    labels: Labels, probabilities: Floats, bound: float = UNCERTAIN_BELOW
) -> Uncertainty:
    """Measure the accuracy of predictions above and below the bound, 0..1."""
    is_right = probabilities.argmax(axis=1) == labels
    is_certain = probabilities.max(axis=1) >= bound

    def accuracy(chosen: npt.NDArray[np.bool_]) -> float | None:
        return float(is_right[chosen].mean()) if chosen.any() else None

    return Uncertainty(
        bound=bound,
        share=float((~is_certain).mean()),
        accuracy_of_certain=accuracy(is_certain),
        accuracy_of_uncertain=accuracy(~is_certain),
    )


def _measure_part(
    chosen: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_], drawn: Labels
) -> tuple[float | None, Interval | None]:
    """Return the chosen fraction of `among` and its interval over the draws, k x n."""
    if not among.any():
        return None, None
    counts = drawn[:, among]
    n = counts.sum(axis=1)
    sample = np.where(n > 0, counts @ chosen[among] / np.maximum(n, 1), np.nan)
    return float(chosen[among].mean()), percentiles(sample)


def _fit_operating_point(
    positive: npt.NDArray[np.bool_], share: Floats, drawn: Labels, target: float
) -> OperatingPoint | None:
    sensitivities, specificities = [], []
    for times in drawn:
        left_out = times == 0
        malignant, benign = left_out & positive, left_out & ~positive
        if not (times[positive].any() and malignant.any() and benign.any()):
            continue
        threshold = find_threshold(positive, share, target, times)
        sensitivities.append((share[malignant] >= threshold).mean())
        specificities.append((share[benign] < threshold).mean())
    if not sensitivities:
        return None
    sensitivity, specificity = np.asarray(sensitivities), np.asarray(specificities)
    return OperatingPoint(
        target=target,
        # Rounded down, so that the photograph with exactly this share is still found.
        threshold=float(np.floor(find_threshold(positive, share, target) * 1e4) / 1e4),
        sensitivity=float(sensitivity.mean()),
        sensitivity_interval=percentiles(sensitivity),
        specificity=float(specificity.mean()),
        specificity_interval=percentiles(specificity),
    )
