"""The record and curves in the folder of a training run. This module does not need torch."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ml.errors import DataError
from ml.evaluation.plots import DPI, draw_histories
from ml.evaluation.results import EpochRecord
from ml.training.record import RunRecord, record_from_json, record_to_json
from ml.whole_files import write_whole

STATE = "state.pt"
RECORD = "run.json"
WEIGHTS = "weights.safetensors"
CURVES = "curves.png"
# The subfolder that contains the finished network as a bundle of one member.
BUNDLE = "bundle"


def write_record(folder: Path, record: RunRecord) -> None:
    """Write run.json."""
    write_whole(folder / RECORD, json.dumps(record_to_json(record), indent=2) + "\n")


def read_record(folder: Path) -> RunRecord:
    """Read run.json. Raises DataError."""
    path = folder / RECORD
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(path, "this is not the folder of a training run.") from error
    try:
        return record_from_json(raw)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(path, f"a value of the record is missing or wrong ({error}).") from error


def read_histories(runs: Sequence[Path]) -> dict[str, tuple[EpochRecord, ...]]:
    """Map the names of run folders to their epochs. Raises DataError."""
    histories: dict[str, tuple[EpochRecord, ...]] = {}
    for run in runs:
        history = read_record(run).history
        if not history:
            raise DataError(run / RECORD, "the run has not finished an epoch.")
        name = run.resolve().name
        histories[f"{name} ({len(histories) + 1})" if name in histories else name] = history
    return histories


def draw_curves(folder: Path, history: Sequence[EpochRecord]) -> None:
    """Draw the loss and the validation accuracy of each epoch into curves.png."""
    draw_histories({folder.name: history}).savefig(folder / CURVES, dpi=DPI)


def code_version() -> str:
    """Return the commit of the code, with `-dirty` if files in ml/ differ from it."""
    here = Path(__file__).parents[1]

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(here), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        return done.stdout.strip()

    try:
        commit = git("rev-parse", "--short=12", "HEAD")
        return commit + ("-dirty" if git("status", "--porcelain", "--", "*.py") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
