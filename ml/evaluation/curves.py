"""Computes the curves of an evaluation from labels and probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.evaluation.metrics import ECE_BINS, Labels, Probabilities, choose_answers

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RocCurve:
    """K points by falling threshold, both rates 0..1; the first point is (0, 0)."""

    false_positive_rate: Floats
    true_positive_rate: Floats


@dataclass(frozen=True)
class Reliability:
    """The photographs, mean confidence and accuracy in 15 equal bins of confidence, 0..1.

    Confidence and accuracy are NaN for empty bins.
    """

    n: npt.NDArray[np.int64]
    confidence: Floats
    accuracy: Floats


@dataclass(frozen=True)
class RiskCoverage:
    """The accuracy of the most certain fraction of n photographs, by rising fraction; both 0..1.

    Equally certain photographs are added together, so there are at most n points.
    """

    coverage: Floats
    accuracy: Floats


def roc_curve(positive: npt.NDArray[np.bool_], scores: Probabilities) -> RocCurve | None:
    """Return the rates at every threshold score >= t, or None if all are positive or none is."""
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if positives == 0 or negatives == 0:
        return None
    order = np.argsort(-scores, kind="stable")
    found = np.concatenate([[0], np.cumsum(positive[order])])
    alarms = np.concatenate([[0], np.cumsum(~positive[order])])
    kept = np.concatenate([[True], _is_last_of_equals(scores[order])])
    return RocCurve(alarms[kept] / negatives, found[kept] / positives)


def reliability(labels: Labels, probabilities: Probabilities) -> Reliability:
    """Bin n x c probabilities by the highest one, as in the expected calibration error."""
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    n = np.bincount(bins, minlength=ECE_BINS)

    def mean(values: npt.NDArray[Any]) -> Floats:
        sums = np.bincount(bins, weights=values, minlength=ECE_BINS)
        return np.where(n > 0, sums / np.maximum(n, 1), np.nan)

    return Reliability(n.astype(np.int64), mean(confidence), mean(is_right))


def risk_coverage(labels: Labels, probabilities: Probabilities) -> RiskCoverage:
    """Return the accuracy among the most certain photographs, for every number of them.

    Source: Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", 2017.
    """
    confidence = probabilities.max(axis=1)
    is_right = choose_answers(labels, probabilities) == labels
    order = np.argsort(-confidence, kind="stable")
    taken = np.arange(1, len(labels) + 1)
    kept = _is_last_of_equals(confidence[order])
    right = np.cumsum(is_right[order])
    return RiskCoverage((taken / len(labels))[kept], (right / taken)[kept])


def _is_last_of_equals(falling: Probabilities) -> npt.NDArray[np.bool_]:
    return np.concatenate([falling[1:] != falling[:-1], [True]])
