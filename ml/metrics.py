"""How good answers are, from labels and probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ml.labels import LABELS
from ml.results import ClassMetrics, Metrics

Labels = npt.NDArray[np.integer[Any]]
Probabilities = npt.NDArray[np.floating[Any]]

ECE_BINS = 15


def measure(labels: Labels, probabilities: Probabilities) -> Metrics:
    """Measure n class indices against n x 7 probabilities that sum to one.

    The answer is the most probable class, the first in order where two are equal. Balanced
    accuracy is the mean recall, as in the ISIC 2018 challenge. Raises ValueError without rows.
    """
    if len(labels) == 0 or probabilities.shape != (len(labels), len(LABELS)):
        raise ValueError("labels and probabilities must be equally many, and at least one")
    answers = probabilities.argmax(axis=1)
    matrix = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64)
    np.add.at(matrix, (labels, answers), 1)
    per_class = {name: _class_metrics(matrix, index) for index, name in enumerate(LABELS)}
    present = [index for index in range(len(LABELS)) if matrix[index].sum() > 0]
    shown = [per_class[LABELS[index]] for index in present]
    areas = [area_under_curve(labels == index, probabilities[:, index]) for index in present]
    known = [area for area in areas if area is not None]
    return Metrics(
        n=len(labels),
        labels=LABELS,
        accuracy=float(np.trace(matrix) / len(labels)),
        balanced_accuracy=float(np.mean([one.recall for one in shown])),
        macro_f1=float(np.mean([one.f1 for one in shown])),
        ece=expected_calibration_error(labels, probabilities),
        auc=float(np.mean(known)) if known else None,
        per_class=per_class,
        confusion_matrix=tuple(tuple(int(cell) for cell in row) for row in matrix),
        classes_without_photographs=tuple(
            name for index, name in enumerate(LABELS) if index not in present
        ),
    )


def expected_calibration_error(labels: Labels, probabilities: Probabilities) -> float:
    """Give the mean gap between confidence and accuracy over 15 equal bins (Guo et al. 2017)."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    gap = 0.0
    for index in range(ECE_BINS):
        members = bins == index
        if members.any():
            gap += members.mean() * abs(confidence[members].mean() - correct[members].mean())
    return float(gap)


def area_under_curve(positive: npt.NDArray[np.bool_], scores: Probabilities) -> float | None:
    """Give the area under the ROC curve, equal scores counting half; None with one kind only."""
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if positives == 0 or negatives == 0:
        return None
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[places]
    rank_sum = float(ranks[positive].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def _class_metrics(matrix: npt.NDArray[np.int64], index: int) -> ClassMetrics:
    right = int(matrix[index, index])
    answered, n = int(matrix[:, index].sum()), int(matrix[index].sum())
    precision = right / answered if answered else 0.0
    recall = right / n if n else 0.0
    f1 = 2 * right / (answered + n) if answered + n else 0.0
    return ClassMetrics(precision=precision, recall=recall, f1=f1, n=n)
