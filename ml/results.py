"""The values that an evaluation gives, free of numerical libraries so that the site reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ClassMetrics:
    """Holds one class's values, 0..1, and its number of photographs."""

    precision: float
    recall: float
    f1: float
    n: int


@dataclass(frozen=True)
class Metrics:
    """Holds the values of one evaluation; all are 0..1.

    Means over classes (`balanced_accuracy`, `macro_f1`, `auc`) leave out the classes without a
    photograph, which `classes_without_photographs` names. `auc` is the mean of one-against-rest,
    None where fewer than two classes occur. Rows of `confusion_matrix` are the true classes.
    """

    n: int
    labels: tuple[str, ...]
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    ece: float
    auc: float | None
    per_class: Mapping[str, ClassMetrics]
    confusion_matrix: tuple[tuple[int, ...], ...]
    classes_without_photographs: tuple[str, ...]
