"""The state from which a run resumes, and its finished weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from ml.errors import DataError
from ml.evaluation.results import EpochRecord
from ml.training.runs import STATE, WEIGHTS
from ml.whole_files import whole_file

Weights = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class TrainerState:
    """Everything that a resumed run needs; `optimizer` is torch's own state."""

    epoch: int
    network: Weights
    average: Weights
    optimizer: dict[str, Any]
    history: tuple[EpochRecord, ...]
    best: float | None
    best_weights: Weights | None
    bad_validations: int


def save_state(folder: Path, state: TrainerState) -> None:
    """Write the state of a run; after a crash, either the old or the new one is intact."""
    with whole_file(folder / STATE) as stream:
        torch.save({**vars(state), "history": [asdict(one) for one in state.history]}, stream)


def load_state(folder: Path) -> TrainerState:
    """Read the state of a run. Raises DataError."""
    try:
        raw = torch.load(folder / STATE, map_location="cpu", weights_only=True)
        return TrainerState(
            **{**raw, "history": tuple(EpochRecord(**one) for one in raw["history"])}
        )
    except Exception as error:  # a truncated file raises many classes of errors
        raise DataError(folder / STATE, "the state is missing or cannot be read.") from error


def save_weights(folder: Path, weights: Weights) -> None:
    """Write the finished weights: kernels in half precision, vectors in single.

    Batch-norm variances can be too small for half precision, and vectors take little space.
    """
    halves = {
        name: (tensor.half() if tensor.ndim > 1 else tensor).cpu().contiguous()
        for name, tensor in weights.items()
        if not name.endswith("num_batches_tracked")
    }
    temporary = folder / f"{WEIGHTS}.new"
    save_file(halves, temporary)
    temporary.replace(folder / WEIGHTS)
