"""Compares bundles by their validation answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.bundle.manifest import MANIFEST, Manifest, read_manifest
from ml.bundle.results import Interval, Metrics
from ml.errors import DataError, MlError
from ml.evaluation.evidence import ANSWERS, ValidationAnswers, load_answers
from ml.evaluation.metrics import (
    choose_answers,
    draw_confusion_matrices,
    measure,
    percentiles,
    recalls_of,
)
from ml.evaluation.speed import read_speed
from ml.training.augmentation import PRESETS
from ml.training.kept import read_kept
from ml.training.record import RunRecord
from ml.training.runs import RECORD, read_record

HEADER = (
    "| run | balanced accuracy | against {base} | melanomas found | size | view | how |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)
SPEED_HEADER = (
    "| network | balanced accuracy | melanomas found | million weights | megabytes "
    "| milliseconds | how |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


@dataclass(frozen=True)
class Row:
    """One bundle: its name, its manifest, its answers and what they are worth.

    `record` is that of a single run, None where several were joined or one shown again.
    `drawn` is the balanced accuracy of each bootstrap draw, the draws being the same for all rows
    that answer the same photographs.
    """

    name: str
    manifest: Manifest
    record: RunRecord | None
    answers: ValidationAnswers
    metrics: Metrics
    drawn: npt.NDArray[np.float64]


def read_rows(folder: Path) -> list[Row]:
    """Read every bundle below a folder in the order of their names. Raises DataError."""
    found = sorted(path.parent for path in folder.glob(f"*/{ANSWERS}"))
    if not found:
        raise DataError(folder, f"no folder below it holds {MANIFEST} and {ANSWERS}.")
    rows = []
    for bundle in found:
        record = read_record(bundle) if (bundle / RECORD).exists() else None
        rows.append(make_row(bundle.name, read_manifest(bundle), record, load_answers(bundle)))
    return rows


def read_table(file: Path, table: str) -> list[Row]:
    """Read the runs of one table that a file keeps, in the order of their names. Raises MlError."""
    runs = read_kept(file)
    rows = [
        make_row(run.name, run.manifest, run.record, run.answers)
        for run in sorted(runs, key=lambda run: run.name)
        if run.table == table
    ]
    if not rows:
        known = ", ".join(sorted({run.table for run in runs}))
        raise MlError(f"{file} has no table {table!r}; choose from {known}.")
    return rows


def make_row(
    name: str, manifest: Manifest, record: RunRecord | None, answers: ValidationAnswers
) -> Row:
    """Measure the answers of one bundle."""
    labels, lesions = answers.labels, answers.lesion_ids
    metrics = measure(labels, answers.probabilities, lesions, manifest.classes)
    chosen = choose_answers(labels, answers.probabilities)
    matrices = draw_confusion_matrices(labels, chosen, lesions, len(manifest.labels))
    drawn = np.nanmean(recalls_of(matrices), axis=1)
    return Row(name, manifest, record, answers, metrics, drawn)


def describe_rows(rows: Sequence[Row], base_name: str) -> list[str]:
    """Return a Markdown table with each row's difference from the base, drawn in pairs."""
    base = next((row for row in rows if row.name == base_name), None)
    if base is None:
        raise MlError(f"There is no row {base_name!r}; choose from {_names(rows)}.")
    lines = [line.format(base=base_name) for line in HEADER]
    for row in rows:
        views = len(row.manifest.views)
        cells = (
            row.name,
            _balanced_accuracy(row),
            _difference(row, base),
            _melanomas(row),
            f"{row.manifest.size}",
            f"{views}",
            _how(row, base),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def describe_speed(rows: Sequence[Row], speed: Path) -> list[str]:
    """Return a Markdown table of accuracy, size and time, the times from a file of ml.speed."""
    milliseconds = read_speed(speed)
    lines = list(SPEED_HEADER)
    for row in rows:
        if row.name not in milliseconds:
            raise DataError(speed, f"it has no time of {row.name}; run ml.speed again.")
        parameters = sum(member.parameters for member in row.manifest.members)
        cells = (
            row.name,
            _balanced_accuracy(row),
            _melanomas(row),
            f"{parameters / 1e6:.1f}",
            f"{2 * parameters / 1e6:.0f}",
            f"{milliseconds[row.name]:.0f}",
            row.manifest.training.description,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _how(row: Row, base: Row) -> str:
    """Return which settings differ from the base's or which members are joined, or both."""
    if row.record is None:
        return " and ".join(member.name for member in row.manifest.members)
    if row is base or base.record is None or row.record.network != base.record.network:
        return row.manifest.training.description
    own, others = _settings(row.record), _settings(base.record)
    return "; ".join(
        f"{name.replace('_', ' ')} {value} instead of {others[name]}"
        for name, value in own.items()
        if value != others[name]
    )


def _settings(record: RunRecord) -> dict[str, str]:
    """Return what can be set for a run, by name."""
    augmentation = next(
        (name for name, preset in PRESETS.items() if record.augmentation == preset), "standard"
    )
    settings = {
        "seed": record.seed,
        "start": record.start.description,
        "augmentation": augmentation,
        "training alone": " and ".join(record.data.training_only) or "nothing",
        **asdict(record.recipe),
        **asdict(record.schedule),
    }
    return {name: str(value) for name, value in settings.items()}


def _difference(row: Row, base: Row) -> str:
    if row is base:
        return "-"
    if row.answers.image_ids != base.answers.image_ids:
        return "other photographs"
    gap = row.metrics.balanced_accuracy - base.metrics.balanced_accuracy
    return f"{gap:+.3f} ({_between(percentiles(row.drawn - base.drawn), sign='+')})"


def _balanced_accuracy(row: Row) -> str:
    interval = row.metrics.intervals["balanced_accuracy"]
    return f"{row.metrics.balanced_accuracy:.3f} ({_between(interval)})"


def _melanomas(row: Row) -> str:
    melanoma = row.metrics.per_class.get("mel")
    if melanoma is None or melanoma.recall_interval is None:
        return "none there"
    return f"{melanoma.recall:.2f} ({_between(melanoma.recall_interval, digits=2)})"


def _between(interval: Interval, *, sign: str = "", digits: int = 3) -> str:
    return f"{interval.low:{sign}.{digits}f} to {interval.high:{sign}.{digits}f}"


def _names(rows: Sequence[Row]) -> str:
    return ", ".join(row.name for row in rows)
