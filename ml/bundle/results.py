"""The values that a manifest gives, free of numerical libraries so that the site reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A 95 % bootstrap interval; whole lesions are drawn where lesions are known."""

    low: float
    high: float


@dataclass(frozen=True)
class ClassMetrics:
    """One class's values, 0..1, and its number of photographs.

    `auc` is one against rest, None where only one kind occurs; `recall_interval` is None where the
    class has no photograph.
    """

    precision: float
    recall: float
    f1: float
    n: int
    auc: float | None
    recall_interval: Interval | None


@dataclass(frozen=True)
class Metrics:
    """The values of one evaluation; all are 0..1.

    Means over classes (`balanced_accuracy`, `macro_f1`, `auc`) leave out the classes without a
    photograph, which `classes_without_photographs` names. `auc` is the mean of one-against-rest,
    None where fewer than two classes occur. Rows of `confusion_matrix` are the true classes.
    `malignant_auc` is for mel, bcc and akiec together against the rest. `intervals` has accuracy,
    balanced_accuracy and macro_f1. `always_nevus_accuracy` is what the answer nv alone reaches.
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
    """A threshold on the malignant share and what it does, all 0..1.

    `threshold` is the highest that reaches the sensitivity `target` on the photographs it was
    fitted on. `sensitivity` and `specificity` are means over bootstrap draws of lesions, fitted on
    the drawn lesions and measured on those left out; the intervals are over the same draws.
    """

    target: float
    threshold: float
    sensitivity: float
    sensitivity_interval: Interval
    specificity: float
    specificity_interval: Interval


@dataclass(frozen=True)
class Uncertainty:
    """When an answer is called uncertain, and what that sets apart, all 0..1.

    An answer is uncertain where its highest calibrated probability is under `bound`. `share` is the
    part of photographs that are; the accuracies are those of the certain and of the uncertain
    ones, None where there are none.
    """

    bound: float
    share: float
    accuracy_of_certain: float | None
    accuracy_of_uncertain: float | None


def metrics_from_json(raw: Mapping[str, object]) -> Metrics:
    """Read what dataclasses.asdict made of Metrics. Raises KeyError, TypeError or ValueError."""
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
    """Read what dataclasses.asdict made of an OperatingPoint."""
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
        raise TypeError(f"{raw!r} is no mapping")
    return dict(raw)


def _sequence(raw: object) -> list[object]:
    if not isinstance(raw, (list, tuple)):
        raise TypeError(f"{raw!r} is no list")
    return list(raw)
