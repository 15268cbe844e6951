"""Computes metrics from labels and probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.bundle.labels import HAM10000, Classes
from ml.bundle.results import ClassMetrics, Interval, Metrics

Labels = npt.NDArray[np.integer[Any]]
Probabilities = npt.NDArray[np.floating[Any]]

ECE_BINS = 15
DRAWS = 1000
INTERVALS = ("accuracy", "balanced_accuracy", "macro_f1")


def measure(
    labels: Labels,
    probabilities: Probabilities,
    lesions: Sequence[str] | None = None,
    classes: Classes = HAM10000,
) -> Metrics:
    """Compare n x c probabilities, whose rows sum to 1, with n class indices.

    The predicted class is the most probable one; a tie counts as wrong, and balanced accuracy is
    the mean recall, both as in the ISIC 2018 challenge. The intervals draw whole `lesions`, or
    single photographs if these are None. Raises ValueError if there are no rows.
    """
    if len(labels) == 0 or probabilities.shape != (len(labels), len(classes)):
        raise ValueError("there must be as many labels as probabilities, and at least one")
    answers = choose_answers(labels, probabilities)
    matrix = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(matrix, (labels, answers), 1)
    drawn = draw_confusion_matrices(labels, answers, lesions, len(classes))
    recalls = _interval_of_recalls(drawn)
    places = range(len(classes))
    areas = [area_under_curve(labels == index, probabilities[:, index]) for index in places]
    per_class = {
        name: _class_metrics(matrix, index, areas[index], recalls[index])
        for index, name in enumerate(classes.names)
    }
    present = [index for index in places if matrix[index].sum() > 0]
    known = [area for index in present if (area := areas[index]) is not None]
    values = {name: _values(matrix[None])[name][0] for name in INTERVALS}
    return Metrics(
        n=len(labels),
        labels=classes.names,
        **{name: float(value) for name, value in values.items()},
        ece=expected_calibration_error(labels, probabilities),
        auc=float(np.mean(known)) if known else None,
        malignant_auc=area_under_curve(
            is_malignant(labels, classes), malignant_share(probabilities, classes)
        ),
        always_nevus_accuracy=_share_of("nv", labels, classes),
        intervals={name: percentiles(sample) for name, sample in _values(drawn).items()},
        per_class=per_class,
        confusion_matrix=tuple(tuple(int(cell) for cell in row) for row in matrix),
        classes_without_photographs=tuple(
            name for index, name in enumerate(classes.names) if index not in present
        ),
    )


def choose_answers(labels: Labels, probabilities: Probabilities) -> npt.NDArray[np.int64]:
    """Return the most probable class of each row; of tied classes, a wrong one."""
    is_highest = probabilities == probabilities.max(axis=1, keepdims=True)
    is_tied = is_highest.sum(axis=1) > 1
    is_highest[np.flatnonzero(is_tied), labels[is_tied]] = False
    return np.asarray(is_highest.argmax(axis=1), dtype=np.int64)


def is_malignant(labels: Labels, classes: Classes = HAM10000) -> npt.NDArray[np.bool_]:
    """Return which of n class indices are malignant."""
    return np.isin(labels, classes.malignant_columns)


def malignant_share(
    probabilities: Probabilities, classes: Classes = HAM10000
) -> npt.NDArray[np.float64]:
    """Sum the probabilities, n x c, of the malignant classes: n values in 0..1."""
    columns = list(classes.malignant_columns)
    return np.asarray(probabilities[:, columns].sum(axis=1), dtype=np.float64)


def draw_lesions(n: int, lesions: Sequence[str] | None) -> npt.NDArray[np.int64]:
    """Draw lesions with replacement; return how often each photograph is drawn, DRAWS x n.

    The seed is fixed, so that two evaluations of the same photographs can be compared in pairs.
    """
    groups = np.arange(n) if lesions is None else np.unique(lesions, return_inverse=True)[1]
    count = int(groups.max()) + 1
    rng = np.random.default_rng(2018)
    times = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS)
    return np.asarray(times[:, groups], dtype=np.int64)


def draw_confusion_matrices(
    labels: Labels, answers: Labels, lesions: Sequence[str] | None, classes: int = len(HAM10000)
) -> npt.NDArray[np.int64]:
    """Return the confusion matrix of each draw, DRAWS x c x c."""
    cells = np.zeros((len(labels), classes**2), dtype=np.float32)
    cells[np.arange(len(labels)), labels * classes + answers] = 1
    drawn = draw_lesions(len(labels), lesions).astype(np.float32) @ cells
    shape = (DRAWS, classes, classes)
    return np.asarray(np.rint(drawn), dtype=np.int64).reshape(shape)


def percentiles(sample: npt.NDArray[np.float64]) -> Interval:
    """Return the 2.5th and the 97.5th percentile."""
    low, high = np.nanpercentile(sample, (2.5, 97.5))
    return Interval(float(low), float(high))


def expected_calibration_error(labels: Labels, probabilities: Probabilities) -> float:
    """Return the mean gap between confidence and accuracy in 15 equal bins (Guo et al. 2017)."""
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
    """Return the area under the ROC curve, where ties count half.

    None if all photographs are positive or none is.
    """
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if positives == 0 or negatives == 0:
        return None
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[places]
    rank_sum = float(ranks[positive].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def recalls_of(matrices: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the recalls of k confusion matrices, k x c; NaN for a class without photographs."""
    right = np.diagonal(matrices, axis1=1, axis2=2)
    n = matrices.sum(axis=2)
    return np.where(n > 0, right / np.maximum(n, 1), np.nan)


def _share_of(name: str, labels: Labels, classes: Classes) -> float:
    if name not in classes.names:
        return 0.0
    return float((labels == classes.names.index(name)).mean())


def _values(matrices: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float64]]:
    """Return the metrics that have intervals, for each of k confusion matrices."""
    right = np.diagonal(matrices, axis1=1, axis2=2)
    n, answered = matrices.sum(axis=2), matrices.sum(axis=1)
    f1 = np.where(n > 0, 2 * right / np.maximum(n + answered, 1), np.nan)
    values = (
        right.sum(axis=1) / n.sum(axis=1),
        np.nanmean(recalls_of(matrices), axis=1),
        np.nanmean(f1, axis=1),
    )
    return dict(zip(INTERVALS, values, strict=True))


def _interval_of_recalls(drawn: npt.NDArray[np.int64]) -> list[Interval | None]:
    recalls = recalls_of(drawn)
    return [
        None if np.isnan(recalls[:, index]).all() else percentiles(recalls[:, index])
        for index in range(recalls.shape[1])
    ]


def _class_metrics(
    matrix: npt.NDArray[np.int64], index: int, auc: float | None, interval: Interval | None
) -> ClassMetrics:
    right = int(matrix[index, index])
    answered, n = int(matrix[:, index].sum()), int(matrix[index].sum())
    return ClassMetrics(
        precision=right / answered if answered else 0.0,
        recall=right / n if n else 0.0,
        f1=2 * right / (answered + n) if answered + n else 0.0,
        n=n,
        auc=auc,
        recall_interval=interval,
    )
