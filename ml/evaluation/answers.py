"""Classifies many photograph files with an ensemble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ml.bundle.ensemble import BATCH, Ensemble
from ml.errors import DataError, PhotographError


def answer_photographs(
    ensemble: Ensemble,
    paths: Sequence[Path],
    *,
    title: str = "photographs",
    change: Callable[[Path, bytes], bytes] | None = None,
) -> npt.NDArray[np.float64]:
    """Return the calibrated probabilities of n photographs, n x c.

    `change`, if given, is applied to each file's bytes first. Raises DataError naming the file
    that cannot be read.
    """
    names = ensemble.classes.names
    rows: list[list[float]] = []
    with tqdm(total=len(paths), desc=title, unit="photo") as progress:
        for start in range(0, len(paths), BATCH):
            batch = paths[start : start + BATCH]
            photographs = [_read(path) for path in batch]
            if change is not None:
                photographs = [
                    change(path, data) for path, data in zip(batch, photographs, strict=True)
                ]
            try:
                answers = ensemble.predict_batch(photographs)
            except PhotographError:
                _name_the_broken(ensemble, batch, photographs)
                raise
            rows += [[answer.probabilities[name] for name in names] for answer in answers]
            progress.update(len(batch))
    return np.asarray(rows, dtype=np.float64)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(path, f"the file cannot be read ({error.strerror}).") from error


def _name_the_broken(
    ensemble: Ensemble, paths: Sequence[Path], photographs: Sequence[bytes]
) -> None:
    for path, data in zip(paths, photographs, strict=True):
        try:
            ensemble.predict(data)
        except PhotographError as error:
            raise DataError(path, str(error)) from error
