"""Compares bundles by their validation predictions."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
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
    "| run | balanced accuracy | against {base} | melanomas found | size | views |",
    "| --- | --- | --- | --- | --- | --- |",
)
SPEED_HEADER = (
    "| network | balanced accuracy | melanomas found | million weights | megabytes "
    "| milliseconds |",
    "| --- | --- | --- | --- | --- | --- |",
)
WIDTH = 100
# An earlier network with its own description, as in "grown from NAME (DESCRIPTION)".
_ORIGIN = re.compile(r"from (\S+) \(([^()]*)\)")


@dataclass(frozen=True)
class Row:
    """One bundle: its name, its manifest, its predictions and their metrics.

    `record` belongs to a single run; it is None if several runs were joined or one was measured
    again. `drawn` is the balanced accuracy in each bootstrap draw; all rows with the same
    photographs have the same draws.
    """

    name: str
    manifest: Manifest
    record: RunRecord | None
    answers: ValidationAnswers
    metrics: Metrics
    drawn: npt.NDArray[np.float64]


def read_rows(folder: Path) -> list[Row]:
    """Read every bundle in a folder, ordered by name. Raises DataError."""
    found = sorted(path.parent for path in folder.glob(f"*/{ANSWERS}"))
    if not found:
        raise DataError(folder, f"no folder in it contains {MANIFEST} and {ANSWERS}.")
    rows = []
    for bundle in found:
        record = read_record(bundle) if (bundle / RECORD).exists() else None
        rows.append(make_row(bundle.name, read_manifest(bundle), record, load_answers(bundle)))
    return rows


def read_table(file: Path, table: str) -> list[Row]:
    """Read the runs of one table from a file of kept runs, ordered by name. Raises MlError."""
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
    """Measure the predictions of one bundle."""
    labels, lesions = answers.labels, answers.lesion_ids
    metrics = measure(labels, answers.probabilities, lesions, manifest.classes)
    chosen = choose_answers(labels, answers.probabilities)
    matrices = draw_confusion_matrices(labels, chosen, lesions, len(manifest.labels))
    drawn = np.nanmean(recalls_of(matrices), axis=1)
    return Row(name, manifest, record, answers, metrics, drawn)


def describe_rows(rows: Sequence[Row], base_name: str) -> list[str]:
    """Return a Markdown table with each row's paired difference from the base, and how it was made.

    Raises MlError if there is no such base.
    """
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
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, "", *_list_recipes((row.name, _how(row, base)) for row in rows)]


def describe_speed(rows: Sequence[Row], speed: Path) -> list[str]:
    """Return a Markdown table of accuracy, size and time, and how each row was made.

    The times come from a file written by ml.speed. Raises DataError.
    """
    milliseconds = read_speed(speed)
    lines = list(SPEED_HEADER)
    for row in rows:
        if row.name not in milliseconds:
            raise DataError(speed, f"it has no time for {row.name}; run ml.speed again.")
        parameters = sum(member.parameters for member in row.manifest.members)
        cells = (
            row.name,
            _balanced_accuracy(row),
            _melanomas(row),
            f"{parameters / 1e6:.1f}",
            f"{2 * parameters / 1e6:.0f}",
            f"{milliseconds[row.name]:.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [
        *lines,
        "",
        *_list_recipes(
            (row.name, row.manifest.training.description.removeprefix(f"{row.name} "))
            for row in rows
        ),
    ]


def _list_recipes(recipes: Iterable[tuple[str, str]]) -> list[str]:
    """Return a Markdown list of how each row was made, with an entry for each network it is from.

    Rows that were made in the same way share an entry.
    """
    earlier: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    for name, recipe in recipes:
        names.setdefault(_unfold(recipe, earlier), []).append(name)
    for name, recipe in earlier.items():
        names.setdefault(recipe, []).append(name)
    return [
        line
        for recipe, those in names.items()
        for line in textwrap.wrap(
            f"- {', '.join(f'`{name}`' for name in those)}: {recipe}",
            WIDTH,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def _unfold(recipe: str, earlier: dict[str, str]) -> str:
    """Move the descriptions of earlier networks out of a recipe and into `earlier`."""
    while found := _ORIGIN.search(recipe):
        earlier.setdefault(found[1], found[2])
        recipe = _ORIGIN.sub(r"from \1", recipe, count=1)
    return recipe


def _how(row: Row, base: Row) -> str:
    """Return how a row was made: its members, its settings, or how these differ from the base's."""
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
    """Return the settings of a run by name."""
    augmentation = next(
        (name for name, preset in PRESETS.items() if record.augmentation == preset), "standard"
    )
    settings = {
        "seed": record.seed,
        "start:": record.start.description,
        "augmentation": augmentation,
        "training-only data": " and ".join(record.data.training_only) or "none",
        **asdict(record.recipe),
        **asdict(record.schedule),
    }
    return {name: str(value) for name, value in settings.items()}


def _difference(row: Row, base: Row) -> str:
    if row is base:
        return "-"
    if row.answers.image_ids != base.answers.image_ids:
        return "different photographs"
    gap = row.metrics.balanced_accuracy - base.metrics.balanced_accuracy
    return f"{gap:+.3f} ({_between(percentiles(row.drawn - base.drawn), sign='+')})"


def _balanced_accuracy(row: Row) -> str:
    interval = row.metrics.intervals["balanced_accuracy"]
    return f"{row.metrics.balanced_accuracy:.3f} ({_between(interval)})"


def _melanomas(row: Row) -> str:
    melanoma = row.metrics.per_class.get("mel")
    if melanoma is None or melanoma.recall_interval is None:
        return "no melanomas"
    return f"{melanoma.recall:.2f} ({_between(melanoma.recall_interval, digits=2)})"


def _between(interval: Interval, *, sign: str = "", digits: int = 3) -> str:
    return f"{interval.low:{sign}.{digits}f} to {interval.high:{sign}.{digits}f}"


def _names(rows: Sequence[Row]) -> str:
    return ", ".join(row.name for row in rows)
