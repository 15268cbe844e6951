"""Draws splits from published work and counts their leaks."""

from __future__ import annotations

import csv
import importlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml.bundle.labels import LABELS
from ml.errors import MlError

Row = Mapping[str, str]
COLUMNS = ("lesion_id", "image_id", "dx")


def draw_single(rows: Sequence[Row], *, part: float = 0.17, seed: int = 101) -> list[Row]:
    """Draw a fraction, 0..1, of the lesions with one photograph, stratified by class.

    This draws like the notebooks: the same rows in the same order give the same photographs.
    """
    times = Counter(row["lesion_id"] for row in rows)
    return _draw([row for row in rows if times[row["lesion_id"]] == 1], part, seed)


def draw_by_photograph(rows: Sequence[Row], *, part: float = 0.2, seed: int = 42) -> list[Row]:
    """Draw a fraction, 0..1, of the photographs, stratified by class, ignoring lesions."""
    return _draw(rows, part, seed)


def find_twins(rows: Sequence[Row], tested: Sequence[Row]) -> list[Row]:
    """Return the test photographs whose lesion also has a photograph in training."""
    names = {row["image_id"] for row in tested}
    rest = {row["lesion_id"] for row in rows if row["image_id"] not in names}
    return [row for row in tested if row["lesion_id"] in rest]


def describe(rows: Sequence[Row], tested: Sequence[Row]) -> list[str]:
    """Say in a few lines how many test photographs there are and how many have a twin."""
    twins = Counter(row["dx"] for row in find_twins(rows, tested))
    counts = Counter(row["dx"] for row in tested)
    lines = [f"{len(tested)} of {len(rows)} photographs to test on"]
    for name in LABELS:
        if counts[name]:
            part = f"{twins[name] / counts[name]:.0%}"
            lines.append(
                f"{name}: {counts[name]}, {twins[name]} of them ({part}) with a twin in training"
            )
    return lines


def write_split(path: Path, tested: Sequence[Row]) -> None:
    """Write the test photographs as a CSV file for `ml.train --leave-out`. Raises MlError."""
    try:
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS)
            writer.writerows([[row[name] for name in COLUMNS] for row in tested])
    except OSError as error:
        raise MlError(f"{path}: the split cannot be written ({error.strerror}).") from error


def _draw(rows: Sequence[Row], part: float, seed: int) -> list[Row]:
    try:
        selection: Any = importlib.import_module("sklearn.model_selection")
    except ModuleNotFoundError as error:
        raise MlError("Drawing these splits needs scikit-learn (requirements-dev.txt).") from error
    try:
        _, tested = selection.train_test_split(
            list(rows), test_size=part, random_state=seed, stratify=[row["dx"] for row in rows]
        )
    except ValueError as error:
        raise MlError(f"The split cannot be drawn: {error}") from error
    return list(tested)
