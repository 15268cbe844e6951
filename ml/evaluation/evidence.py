"""A bundle's predictions for its validation photographs, kept with it for later comparison."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from ml.errors import DataError

ANSWERS = "validation.npz"


@dataclass(frozen=True)
class ValidationAnswers:
    """The names, lesions and class indices of n photographs, and n x c averaged probabilities.

    The probabilities are not calibrated; their columns follow the order of the bundle's classes.
    """

    image_ids: tuple[str, ...]
    lesion_ids: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]


def save_answers(bundle: Path, answers: ValidationAnswers) -> None:
    """Write validation.npz into a bundle folder."""
    np.savez_compressed(
        bundle / ANSWERS,
        image_ids=np.array(answers.image_ids),
        lesion_ids=np.array(answers.lesion_ids),
        labels=answers.labels.astype(np.int8),
        probabilities=answers.probabilities.astype(np.float32),
    )


def load_answers(bundle: Path) -> ValidationAnswers:
    """Read validation.npz from a bundle folder. Raises DataError."""
    path = bundle / ANSWERS
    try:
        with np.load(path, allow_pickle=False) as stored:
            answers = ValidationAnswers(
                tuple(str(name) for name in stored["image_ids"]),
                tuple(str(name) for name in stored["lesion_ids"]),
                stored["labels"].astype(np.int64),
                stored["probabilities"].astype(np.float64),
            )
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
        raise DataError(path, "the predictions are missing or cannot be read.") from error
    shape = answers.probabilities.shape
    if len(shape) != 2 or shape[0] != len(answers.image_ids):
        raise DataError(path, "the predictions do not match the photographs.")
    return answers
