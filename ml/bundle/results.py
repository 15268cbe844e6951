"""The measurements in a manifest, without numerical libraries so that the site can read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A 95 % bootstrap interval; whole lesions are drawn if lesions are known."""

    low: float
    high: float


@dataclass(frozen=True)
class ClassMetrics:
    """The metrics of one class, all 0..1, and its number of photographs.

    `auc` is one-against-rest, or None if all or none of the photographs have this class;
    `recall_interval` is None if none has it.
    """

    precision: float
    recall: float
    f1: float
    n: int
    auc: float | None
    recall_interval: Interval | None


@dataclass(frozen=True)
class Metrics:
    """The metrics of one evaluation, all 0..1.

    Means over classes (`balanced_accuracy`, `macro_f1`, `auc`) leave out the classes that no
    photograph has; `classes_without_photographs` lists those. `auc` is the mean one-against-rest
    value, or None if fewer than two classes occur. The rows of `confusion_matrix` are the true
    classes. `malignant_auc` is for all malignant classes together against the rest. `intervals`
    has accuracy, balanced_accuracy and macro_f1. `always_nevus_accuracy` is the accuracy of always
    predicting nv.
    """

    n: int
    labels: tuple[str, ...]
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    ece: float
    auc: float | None
    malignant_auc: float | None
    always_nevus_accuracy: float
    intervals: Mapping[str, Interval]
    per_class: Mapping[str, ClassMetrics]
    confusion_matrix: tuple[tuple[int, ...], ...]
    classes_without_photographs: tuple[str, ...]


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold on the malignant share and its effect, all 0..1.

    `threshold` is the highest value that reaches the sensitivity `target` on the photographs it was
    fitted on. `sensitivity` and `specificity` are means over bootstrap draws of lesions: each draw
    fits a threshold on the drawn lesions and measures it on those left out. The intervals are over
    the same draws.
    """

    target: float
    threshold: float
    sensitivity: float
    sensitivity_interval: Interval
    specificity: float
    specificity_interval: Interval


@dataclass(frozen=True)
class Uncertainty:
    """When a prediction counts as uncertain, and how accurate both groups are, all 0..1.

    A prediction is uncertain if its highest calibrated probability is below `bound`. `share` is the
    fraction of uncertain predictions; the accuracies are those of the certain and of the uncertain
    ones, or None if there are none.
    """

    bound: float
    share: float
    accuracy_of_certain: float | None
    accuracy_of_uncertain: float | None


def metrics_from_json(raw: Mapping[str, object]) -> Metrics:
    """Rebuild Metrics from its dataclasses.asdict. Raises KeyError, TypeError or ValueError."""
    values: dict[str, object] = dict(raw)
    values["labels"] = tuple(_sequence(raw["labels"]))
    values["intervals"] = {name: _interval(one) for name, one in _mapping(raw["intervals"]).items()}
    values["per_class"] = {
        name: _class_from_json(_mapping(one)) for name, one in _mapping(raw["per_class"]).items()
    }
    values["confusion_matrix"] = tuple(
        tuple(_sequence(row)) for row in _sequence(raw["confusion_matrix"])
    )
    values["classes_without_photographs"] = tuple(_sequence(raw["classes_without_photographs"]))
    return Metrics(**values)  # type: ignore[arg-type]


def operating_point_from_json(raw: Mapping[str, object]) -> OperatingPoint:
    """Rebuild an OperatingPoint from its dataclasses.asdict. Raises KeyError or TypeError."""
    values: dict[str, object] = dict(raw)
    for name in ("sensitivity_interval", "specificity_interval"):
        values[name] = _interval(raw[name])
    return OperatingPoint(**values)  # type: ignore[arg-type]


def _class_from_json(raw: Mapping[str, object]) -> ClassMetrics:
    values: dict[str, object] = dict(raw)
    interval = raw["recall_interval"]
    values["recall_interval"] = None if interval is None else _interval(interval)
    return ClassMetrics(**values)  # type: ignore[arg-type]


def _interval(raw: object) -> Interval:
    return Interval(**_mapping(raw))


def _mapping(raw: object) -> dict[str, float]:
    if not isinstance(raw, Mapping):
        raise TypeError(f"{raw!r} is not a mapping")
    return dict(raw)


def _sequence(raw: object) -> list[object]:
    if not isinstance(raw, (list, tuple)):
        raise TypeError(f"{raw!r} is not a list")
    return list(raw)
