"""Runs kept for comparison: one line per run in runs.jsonl, all predictions in answers.npz.

Runs with the same validation photographs share one list of them, to which a line refers by number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from ml.bundle.manifest import Manifest, manifest_from_json, manifest_to_json
from ml.errors import DataError
from ml.evaluation.evidence import ValidationAnswers
from ml.training.record import RunRecord, record_from_json, record_to_json
from ml.whole_files import whole_file, write_whole

ANSWERS = "answers.npz"

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class KeptRun:
    """One row of a table: its manifest, its predictions and, for a single run, its record."""

    table: str
    name: str
    manifest: Manifest
    record: RunRecord | None
    answers: ValidationAnswers


def read_kept(file: Path) -> list[KeptRun]:
    """Read every run of a file with its predictions. Raises DataError."""
    arrays = _read_arrays(file.with_name(ANSWERS))
    runs = []
    for number, line in enumerate(_read_lines(file), 1):
        try:
            raw = json.loads(line)
            table, name, group = str(raw["table"]), str(raw["name"]), int(raw["photographs"])
            runs.append(
                KeptRun(
                    table,
                    name,
                    manifest_from_json(raw["manifest"]),
                    record_from_json(raw["run"]) if raw["run"] else None,
                    _answers_of(arrays, f"{table}/{name}", group),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(file, f"the run cannot be read ({error}).", number) from error
    return runs


def keep_run(file: Path, run: KeptRun) -> None:
    """Add a run to a file, or replace the one with the same table and name. Raises DataError."""
    runs = {(one.table, one.name): one for one in (read_kept(file) if file.exists() else [])}
    runs[run.table, run.name] = run
    write_kept(file, [runs[key] for key in sorted(runs)])


def write_kept(file: Path, runs: list[KeptRun]) -> None:
    """Write runs to a file, one line each, and their predictions next to it."""
    groups: list[ValidationAnswers] = []
    arrays: dict[str, npt.NDArray[Any]] = {}
    lines = []
    for run in runs:
        group = next(
            (number for number, one in enumerate(groups) if _is_same(one, run.answers)), len(groups)
        )
        if group == len(groups):
            groups.append(run.answers)
        arrays[f"{run.table}/{run.name}"] = run.answers.probabilities.astype(np.float32)
        values = {
            "table": run.table,
            "name": run.name,
            "photographs": group,
            "manifest": manifest_to_json(run.manifest),
            "run": record_to_json(run.record) if run.record else None,
        }
        lines.append(json.dumps(values, ensure_ascii=False))
    for number, answers in enumerate(groups):
        arrays[f"{number}/image_ids"] = np.array(answers.image_ids)
        arrays[f"{number}/lesion_ids"] = np.array(answers.lesion_ids)
        arrays[f"{number}/labels"] = answers.labels.astype(np.int8)
    with whole_file(file.with_name(ANSWERS)) as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)
    write_whole(file, "\n".join(lines) + "\n")


def _is_same(one: ValidationAnswers, other: ValidationAnswers) -> bool:
    return (
        one.image_ids == other.image_ids
        and one.lesion_ids == other.lesion_ids
        and np.array_equal(one.labels, other.labels)
    )


def _answers_of(arrays: Arrays, name: str, group: int) -> ValidationAnswers:
    return ValidationAnswers(
        tuple(str(one) for one in arrays[f"{group}/image_ids"]),
        tuple(str(one) for one in arrays[f"{group}/lesion_ids"]),
        arrays[f"{group}/labels"].astype(np.int64),
        arrays[name].astype(np.float64),
    )


def _read_lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(file, "the runs are missing or cannot be read.") from error


def _read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, EOFError, ValueError, BadZipFile) as error:
        raise DataError(path, "the predictions are missing or cannot be read.") from error
