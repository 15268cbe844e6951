"""The folder that one training run leaves behind: state, settings, history, weights, curves."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from ml.errors import DataError
from ml.evaluation.plots import DPI, draw_histories
from ml.training.augmentation import NONE

STATE = "state.pt"
RECORD = "run.json"
WEIGHTS = "weights.safetensors"
CURVES = "curves.png"
# The folder inside the run's in which the finished network lies as a bundle of one member.
BUNDLE = "bundle"

# What older runs were, whose records do not say so.
_OLDER: Mapping[str, Mapping[str, Any]] = {
    "schedule": {"mixup": 0.0, "soft_weight": 0.0, "temperature": 1.0},
    "augmentation": asdict(NONE),
    "data": {
        "judging_part": 0.0,
        "judging_seed": 0,
        "judging": None,
        "fold": None,
        "include_validation": False,
        "tested_on": None,
    },
}


def save_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Write the state of a run so that a crash leaves either the old or the new one."""
    temporary = folder / f"{STATE}.new"
    torch.save(dict(state), temporary)
    temporary.replace(folder / STATE)


def load_state(folder: Path) -> dict[str, Any]:
    """Read the state of a run. Raises DataError."""
    try:
        state: dict[str, Any] = torch.load(folder / STATE, map_location="cpu", weights_only=True)
    except Exception as error:  # a truncated file raises many kinds
        raise DataError(folder / STATE, "there is no readable state to resume from.") from error
    return state


def save_weights(folder: Path, weights: Mapping[str, torch.Tensor]) -> None:
    """Write the finished weights: kernels in half precision, vectors as they are.

    Batch-norm variances can be too small for half precision, and the vectors take little room.
    """
    halves = {
        name: (tensor.half() if tensor.ndim > 1 else tensor).cpu().contiguous()
        for name, tensor in weights.items()
        if not name.endswith("num_batches_tracked")
    }
    temporary = folder / f"{WEIGHTS}.new"
    save_file(halves, temporary)
    temporary.replace(folder / WEIGHTS)


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write run.json."""
    temporary = folder / f"{RECORD}.new"
    temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    temporary.replace(folder / RECORD)


def read_record(folder: Path) -> dict[str, Any]:
    """Read run.json. Raises DataError."""
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(folder / RECORD, "this is not a folder of a training run.") from error
    for part, defaults in _OLDER.items():
        for name, value in defaults.items():
            record.get(part, {}).setdefault(name, value)
    record.setdefault("teachers", None)
    return record


def read_histories(runs: Sequence[Path]) -> dict[str, list[dict[str, Any]]]:
    """Read the epochs of training runs by the names of their folders. Raises DataError."""
    histories: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        history = read_record(run).get("history")
        if not history:
            raise DataError(run / RECORD, "the run has no finished epoch.")
        name = run.resolve().name
        histories[f"{name} ({len(histories) + 1})" if name in histories else name] = history
    return histories


def draw_curves(folder: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """Draw loss and validation values over the epochs into curves.png."""
    draw_histories({folder.name: history}).savefig(folder / CURVES, dpi=DPI)


def code_version() -> str:
    """Give the commit of the code, with `-dirty` where files of ml/ differ from it."""
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
