"""Divides photographs into parts that share no lesion and no patient.

Networks learn from the training part, and temperature and thresholds are fitted on the validation
part. The judging part is only for comparing finished bundles: no training or fit ever sees it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from ml.bundle.labels import HAM10000, Classes
from ml.errors import DataError
from ml.training.data import LoadedPhotographs, Photograph

PARTS = "parts.npz"
JUDGING_SEED = 1018

TRAINING, VALIDATION, JUDGING, OWN_FOLD, LEFT_OUT = range(5)


@dataclass(frozen=True)
class Division:
    """How to divide: the fraction of each class's lesions for each part, 0..1, and the seeds.

    `fold` is the fold to leave out and the number of folds, such as (1, 5).
    """

    validation: float
    seed: int
    judging: float
    judging_seed: int
    fold: tuple[int, int] | None = None
    include_validation: bool = False


@dataclass(frozen=True)
class Parts:
    """The photographs of each part.

    `own_fold` is the fold that a run with `--fold` leaves out. `left_out` are photographs to test
    on later; they are in no other part, except possibly the judging part.
    """

    training: tuple[Photograph, ...]
    validation: tuple[Photograph, ...]
    judging: tuple[Photograph, ...]
    own_fold: tuple[Photograph, ...] = ()
    left_out: tuple[Photograph, ...] = ()

    def without(self, names: Collection[str]) -> Parts:
        """Leave out every lesion that is shown by one of the named photographs.

        All others stay in their part, so nothing moves between training and validation.
        """
        whole = (*self.training, *self.validation, *self.judging, *self.own_fold)
        lesions = {one.lesion_id for one in whole if one.image_id in names}

        def keep(part: tuple[Photograph, ...]) -> tuple[Photograph, ...]:
            return tuple(one for one in part if one.lesion_id not in lesions)

        others = (*self.training, *self.validation, *self.own_fold)
        return Parts(
            keep(self.training),
            keep(self.validation),
            self.judging,
            keep(self.own_fold),
            tuple(one for one in others if one.lesion_id in lesions),
        )


@dataclass(frozen=True)
class PartTable:
    """The stored form of a division: names, lesions, parts and SHA-256 of n files."""

    image_ids: tuple[str, ...]
    lesion_ids: tuple[str, ...]
    parts: npt.NDArray[np.int64]
    digests: tuple[str, ...]

    def only(self, part: int) -> PartTable:
        """Return the rows of one part."""
        rows = [int(row) for row in np.flatnonzero(self.parts == part)]
        return PartTable(
            tuple(self.image_ids[row] for row in rows),
            tuple(self.lesion_ids[row] for row in rows),
            self.parts[rows],
            tuple(self.digests[row] for row in rows),
        )


def divide(
    photographs: Sequence[Photograph],
    extra: Sequence[Photograph],
    division: Division,
    classes: Classes = HAM10000,
) -> Parts:
    """Divide a collection; the photographs of `extra` are for training only.

    The judging part is drawn after the validation part, so the validation part is the same with and
    without it. With `include_validation`, the validation part is used for training.
    """
    rest, validation = split_by_lesion(
        photographs, validation=division.validation, seed=division.seed, classes=classes
    )
    training, judging = split_by_lesion(
        rest,
        validation=division.judging / (1 - division.validation),
        seed=division.judging_seed,
        classes=classes,
    )
    training = (*training, *extra)
    if division.include_validation:
        training, validation = (*training, *validation), ()
    own_fold: tuple[Photograph, ...] = ()
    if division.fold:
        number, folds = division.fold
        fold_of = draw_folds(training, folds, division.seed, classes)
        own_fold = tuple(one for one in training if fold_of[one.image_id] == number)
        training = tuple(one for one in training if fold_of[one.image_id] != number)
    return Parts(training, validation, judging, own_fold)


def split_by_lesion(
    photographs: Sequence[Photograph],
    *,
    validation: float,
    seed: int,
    classes: Classes = HAM10000,
) -> tuple[tuple[Photograph, ...], tuple[Photograph, ...]]:
    """Split in two, stratified by class, so that no lesion and no patient is on both sides.

    `validation`, 0..1, is the fraction of each class's lesions on the second side. The same lesions
    and seed give the same split, independent of the order of the rows.
    """
    groups = _group(photographs)
    chosen: set[str] = set()
    for names in _shuffled_by_label(photographs, groups, f"{seed}", classes).values():
        chosen.update(names[: round(len(names) * validation)])
    return (
        tuple(one for one in photographs if groups[one.lesion_id] not in chosen),
        tuple(one for one in photographs if groups[one.lesion_id] in chosen),
    )


def draw_folds(
    photographs: Sequence[Photograph], folds: int, seed: int, classes: Classes = HAM10000
) -> dict[str, int]:
    """Return each photograph's fold, 1..`folds`, by name; lesions and patients stay together."""
    groups = _group(photographs)
    fold_of_group: dict[str, int] = {}
    dealt = 0
    for names in _shuffled_by_label(photographs, groups, f"{seed}-folds", classes).values():
        for name in names:
            fold_of_group[name] = 1 + dealt % folds
            dealt += 1
    return {one.image_id: fold_of_group[groups[one.lesion_id]] for one in photographs}


def check_apart(
    judging: Sequence[Photograph],
    digests: Sequence[str],
    others: Sequence[LoadedPhotographs],
) -> None:
    """Check that no other part contains a lesion or file of the judging part. Raises DataError."""
    lesions = {photograph.lesion_id for photograph in judging}
    files = set(digests)
    for loaded in others:
        for photograph, digest in zip(loaded.photographs, loaded.digests, strict=True):
            if photograph.lesion_id in lesions or digest in files:
                raise DataError(
                    photograph.path, "its lesion or the same file is also in the judging part."
                )


def list_parts(parts: Mapping[int, tuple[Sequence[Photograph], Sequence[str]]]) -> PartTable:
    """Combine the photographs of each part and the SHA-256 of their files into one table."""
    rows = [
        (photograph.image_id, photograph.lesion_id, part, digest)
        for part, (photographs, digests) in parts.items()
        for photograph, digest in zip(photographs, digests, strict=True)
    ]
    return PartTable(
        tuple(row[0] for row in rows),
        tuple(row[1] for row in rows),
        np.array([row[2] for row in rows], dtype=np.int64),
        tuple(row[3] for row in rows),
    )


def save_parts(folder: Path, table: PartTable) -> None:
    """Write parts.npz into the folder of a run or bundle."""
    digests = np.frombuffer(bytes.fromhex("".join(table.digests)), dtype=np.uint8)
    temporary = folder / f"new-{PARTS}"
    np.savez_compressed(
        temporary,
        image_ids=np.array(table.image_ids, dtype=np.str_),
        lesion_ids=np.array(table.lesion_ids, dtype=np.str_),
        parts=table.parts.astype(np.int8),
        digests=digests.reshape(-1, 32),
    )
    temporary.replace(folder / PARTS)


def load_parts(folder: Path) -> PartTable:
    """Read parts.npz from the folder of a run or bundle. Raises DataError."""
    path = folder / PARTS
    try:
        with np.load(path, allow_pickle=False) as stored:
            return PartTable(
                tuple(str(name) for name in stored["image_ids"]),
                tuple(str(name) for name in stored["lesion_ids"]),
                stored["parts"].astype(np.int64),
                tuple(row.tobytes().hex() for row in stored["digests"]),
            )
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
        raise DataError(path, "the table of parts is missing or cannot be read.") from error


def _group(photographs: Sequence[Photograph]) -> dict[str, str]:
    """Map each lesion to the first of all lesions to which it is linked through patients."""
    parents = {photograph.lesion_id: photograph.lesion_id for photograph in photographs}

    def root(lesion_id: str) -> str:
        while parents[lesion_id] != lesion_id:
            lesion_id = parents[lesion_id]
        return lesion_id

    first_of: dict[str, str] = {}
    for photograph in photographs:
        if photograph.patient_id:
            one = root(photograph.lesion_id)
            other = root(first_of.setdefault(photograph.patient_id, one))
            parents[max(one, other)] = min(one, other)
    return {lesion_id: root(lesion_id) for lesion_id in parents}


def _shuffled_by_label(
    photographs: Sequence[Photograph], groups: Mapping[str, str], seed: str, classes: Classes
) -> dict[int, list[str]]:
    label_of: dict[str, int] = {}
    for photograph in sorted(photographs, key=lambda photograph: photograph.image_id):
        label_of.setdefault(groups[photograph.lesion_id], photograph.label)
    by_label: dict[int, list[str]] = defaultdict(list)
    for group, label in label_of.items():
        by_label[label].append(group)
    for label, names in by_label.items():
        names.sort()
        random.Random(f"{seed}-{classes.names[label]}").shuffle(names)  # noqa: S311
    return dict(sorted(by_label.items()))
