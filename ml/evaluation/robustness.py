"""Measures a bundle on corrupted photographs."""

from __future__ import annotations

import json
import random
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.bundle.ensemble import Ensemble
from ml.bundle.labels import HAM10000, Classes
from ml.bundle.results import Interval
from ml.errors import MlError
from ml.evaluation.answers import answer_photographs
from ml.evaluation.corruptions import CORRUPTIONS, Corruption, corrupt_photograph
from ml.evaluation.labelled import (
    EvaluationPlan,
    LabelledPhotograph,
    answer_labelled,
    labels_of,
    lesions_of,
    load_chosen,
    read_photographs,
)
from ml.evaluation.metrics import measure
from ml.evaluation.plots import DPI, Curve, Panel, draw_robustness

VALUES = "robustness.json"
FIGURE = "robustness.png"


@dataclass(frozen=True)
class Withstood:
    """The performance of a bundle at one strength of a corruption, all 0..1.

    `strength` is None for clean photographs; the recall and its interval are None if no photograph
    shows melanoma.
    """

    strength: float | None
    balanced_accuracy: float
    balanced_accuracy_interval: Interval
    melanoma_recall: float | None
    melanoma_recall_interval: Interval | None


@dataclass(frozen=True)
class SpoiltBy:
    """The performance under one corruption, from mild to strong; `unit` is the strengths' unit."""

    title: str
    unit: str
    strengths: tuple[Withstood, ...]


@dataclass(frozen=True)
class Robustness:
    """The performance of a bundle on clean and corrupted photographs.

    `n` photographs were drawn from `available` with `seed`: at most `limit` of each class, or all
    if `limit` is None. `per_class` counts them.
    """

    bundle: str
    n: int
    available: int
    limit: int | None
    seed: int
    per_class: Mapping[str, int]
    clean: Withstood
    corruptions: Mapping[str, SpoiltBy]


def measure_robustness(plan: EvaluationPlan, *, limit: int | None, seed: int) -> Robustness:
    """Measure a bundle on clean and corrupted photographs, at most `limit` of a class."""
    photographs, table = read_photographs(plan)
    ensemble = load_chosen(plan)
    chosen = draw_sample(photographs, limit, seed, ensemble.classes)
    clean = answer_labelled(ensemble, chosen, table)
    return Robustness(
        bundle=ensemble.version,
        n=len(chosen),
        available=len(photographs),
        limit=limit,
        seed=seed,
        per_class={
            name: sum(one.label == index for one in chosen)
            for index, name in enumerate(ensemble.classes.names)
        },
        clean=summarise(chosen, clean, None, ensemble.classes),
        corruptions=withstand(ensemble, chosen, seed),
    )


def write_robustness(folder: Path, result: Robustness) -> None:
    """Write robustness.json and robustness.png. Raises MlError."""
    try:
        text = json.dumps(asdict(result), indent=2)
        (folder / VALUES).write_text(text + "\n", encoding="utf-8")
        figure = draw_robustness(list_panels(result), describe_sample(result))
        figure.savefig(folder / FIGURE, dpi=DPI)
    except OSError as error:
        raise MlError(f"{folder}: the folder cannot be written to ({error.strerror}).") from error


def draw_sample(
    photographs: Sequence[LabelledPhotograph],
    limit: int | None,
    seed: int,
    classes: Classes = HAM10000,
) -> list[LabelledPhotograph]:
    """Draw at most `limit` photographs of each class; the same seed draws the same ones."""
    if limit is None:
        return list(photographs)
    by_label: dict[int, list[LabelledPhotograph]] = defaultdict(list)
    for one in sorted(photographs, key=lambda one: one.path.stem):
        by_label[one.label].append(one)
    chosen: set[int] = set()
    for label, ones in by_label.items():
        random.Random(f"{seed}-{classes.names[label]}").shuffle(ones)  # noqa: S311
        chosen.update(one.row for one in ones[:limit])
    return [one for one in photographs if one.row in chosen]


def withstand(
    ensemble: Ensemble, photographs: Sequence[LabelledPhotograph], seed: int
) -> dict[str, SpoiltBy]:
    """Measure every corruption at each of its strengths."""
    return {
        corruption.name: SpoiltBy(
            title=corruption.title,
            unit=corruption.unit,
            strengths=tuple(
                summarise(
                    photographs,
                    answer_spoilt(ensemble, photographs, corruption, strength, seed),
                    strength,
                    ensemble.classes,
                )
                for strength in corruption.strengths
            ),
        )
        for corruption in CORRUPTIONS
    }


def answer_spoilt(
    ensemble: Ensemble,
    photographs: Sequence[LabelledPhotograph],
    corruption: Corruption,
    strength: float,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Return the calibrated probabilities of the corrupted photographs, n x c."""

    def spoil(path: Path, data: bytes) -> bytes:
        # The noise depends on the file's name, so that it is the same in every sample and order.
        random = np.random.default_rng((seed, zlib.crc32(path.stem.encode())))
        return corrupt_photograph(data, corruption, strength, random)

    return answer_photographs(
        ensemble,
        [photograph.path for photograph in photographs],
        title=f"{corruption.name} {strength:g}",
        change=spoil,
    )


def summarise(
    photographs: Sequence[LabelledPhotograph],
    probabilities: npt.NDArray[np.float64],
    strength: float | None,
    classes: Classes = HAM10000,
) -> Withstood:
    """Measure n x c probabilities of photographs that were corrupted at one strength."""
    metrics = measure(labels_of(photographs), probabilities, lesions_of(photographs), classes)
    melanoma = metrics.per_class.get("mel")
    return Withstood(
        strength=strength,
        balanced_accuracy=metrics.balanced_accuracy,
        balanced_accuracy_interval=metrics.intervals["balanced_accuracy"],
        melanoma_recall=melanoma.recall if melanoma and melanoma.n else None,
        melanoma_recall_interval=melanoma.recall_interval if melanoma else None,
    )


def list_panels(result: Robustness) -> list[Panel]:
    """Return one panel for each corruption, starting with the clean photographs."""
    panels = []
    for one in result.corruptions.values():
        points = [result.clean, *one.strengths]
        balanced = Curve(
            "balanced accuracy",
            np.array([point.balanced_accuracy for point in points]),
            np.array([point.balanced_accuracy_interval.low for point in points]),
            np.array([point.balanced_accuracy_interval.high for point in points]),
        )
        curves = [balanced]
        recalls = [
            (point.melanoma_recall, interval.low, interval.high)
            for point in points
            if (interval := point.melanoma_recall_interval)
        ]
        if recalls:
            curves.append(Curve("recall of melanoma", *np.array(recalls, dtype=np.float64).T))
        strengths = tuple(f"{point.strength:g}" for point in one.strengths)
        panels.append(Panel(f"{one.title} ({one.unit})", ("none", *strengths), tuple(curves)))
    return panels


def describe(result: Robustness) -> str:
    """Return a table of the performance under every corruption."""

    def line(name: str, point: Withstood) -> str:
        bounds = point.balanced_accuracy_interval
        recall = "unknown" if point.melanoma_recall is None else f"{point.melanoma_recall:.3f}"
        return (
            f"{name:28} balanced accuracy {point.balanced_accuracy:.3f} "
            f"({bounds.low:.3f} to {bounds.high:.3f})  melanoma recall {recall}"
        )

    lines = [describe_sample(result), line("clean", result.clean)]
    for name, one in result.corruptions.items():
        lines += [line(f"{name} {point.strength:g} {one.unit}", point) for point in one.strengths]
    return "\n".join(lines)


def describe_sample(result: Robustness) -> str:
    """Say how many photographs were measured and how they were chosen."""
    if result.limit is None:
        return f"all {result.n} photographs"
    return (
        f"a sample of {result.n} of {result.available} photographs: at most {result.limit} of a "
        f"class, drawn with seed {result.seed}"
    )
