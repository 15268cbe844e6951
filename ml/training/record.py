"""The record of a training run, as stored in run.json. This module does not need torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from ml.bundle.labels import HAM10000, Classes
from ml.bundle.preprocessing import Recipe
from ml.evaluation.results import EpochRecord
from ml.training.augmentation import NONE, Augmentation
from ml.training.parts import Division
from ml.training.plan import Schedule


@dataclass(frozen=True)
class StartRecord:
    """The starting weights of the network, and for how many seconds they had been trained."""

    description: str
    seconds: float


@dataclass(frozen=True)
class PartRecord:
    """The size of a part, and one SHA-256 over its names, labels and files."""

    photographs: int
    by_class: Mapping[str, int]
    sha256: str


@dataclass(frozen=True)
class LoadedRecord(PartRecord):
    """A part whose photographs were read; `broken` names the unreadable files."""

    broken: tuple[str, ...]


@dataclass(frozen=True)
class TestedRecord:
    """The table of photographs to test on, and how many it leaves out."""

    file: str
    sha256: str
    photographs: int


@dataclass(frozen=True)
class DataRecord:
    """The data that a run was trained and validated on, and the data that it left out."""

    folders: tuple[str, ...]
    training_only: tuple[str, ...]
    split_seed: int
    validation_part: float
    judging_part: float
    judging_seed: int
    fold: tuple[int, int] | None
    include_validation: bool
    tested_on: TestedRecord | None
    training: LoadedRecord
    validation: LoadedRecord
    judging: PartRecord | None
    left_out: Mapping[str, int]
    squeezed_from: float | None

    @property
    def division(self) -> Division:
        """Return how the photographs were divided."""
        return Division(
            validation=self.validation_part,
            seed=self.split_seed,
            judging=self.judging_part,
            judging_seed=self.judging_seed,
            fold=self.fold,
            include_validation=self.include_validation,
        )


@dataclass(frozen=True)
class Teacher:
    """A run that serves as a teacher, with the hashes of the data it saw and left out."""

    run: str
    fold: tuple[int, int]
    views: int
    weights_sha256: str
    training_sha256: str
    validation_sha256: str
    judging_sha256: str | None


@dataclass(frozen=True)
class TeachersRecord:
    """The file of teachers' predictions, and the teachers."""

    file: str
    sha256: str
    sources: tuple[Teacher, ...]


@dataclass(frozen=True)
class RunRecord:
    """The settings and results of a run; the fields from `trained_on` on change with each epoch.

    `trained_on` is the day of the last epoch in UTC, or None for older runs. `extended_from` are
    the numbers of epochs that were planned before the run was resumed with more.
    """

    network: str
    start: StartRecord
    seed: int
    recipe: Recipe
    schedule: Schedule
    augmentation: Augmentation
    data: DataRecord
    hardware: str
    code_version: str
    teachers: TeachersRecord | None
    trained_on: date | None = None
    history: tuple[EpochRecord, ...] = ()
    seconds: float = 0.0
    finished: bool = False
    classes: Classes = HAM10000
    extended_from: tuple[int, ...] = ()


def record_to_json(record: RunRecord) -> dict[str, object]:
    """Convert a record to JSON types."""
    values = asdict(record)
    values["trained_on"] = record.trained_on.isoformat() if record.trained_on else None
    return values


def record_from_json(raw: Mapping[str, Any]) -> RunRecord:
    """Read the output of record_to_json, including that of older versions.

    Raises KeyError, TypeError or ValueError.
    """
    day = raw.get("trained_on")
    return RunRecord(
        network=str(raw["network"]),
        start=StartRecord(**raw["start"]),
        seed=int(raw["seed"]),
        recipe=_recipe(raw["recipe"]),
        schedule=Schedule(**raw["schedule"]),
        # A change that an older record does not list did not exist then.
        augmentation=replace(NONE, **raw["augmentation"]),
        data=_data(raw["data"]),
        hardware=str(raw["hardware"]),
        code_version=str(raw["code_version"]),
        teachers=_teachers(raw.get("teachers")),
        trained_on=date.fromisoformat(day) if day else None,
        history=tuple(EpochRecord(**row) for row in raw["history"]),
        seconds=float(raw["seconds"]),
        finished=bool(raw["finished"]),
        classes=_classes(raw["classes"]) if "classes" in raw else HAM10000,
        extended_from=tuple(raw.get("extended_from", ())),
    )


def teacher_from_json(raw: Mapping[str, Any]) -> Teacher:
    """Rebuild a Teacher from its dataclasses.asdict. Raises KeyError or TypeError."""
    return Teacher(**{**raw, "fold": _fold(raw["fold"])})


def _classes(raw: Mapping[str, Any]) -> Classes:
    return Classes(tuple(raw["names"]), tuple(raw["malignant"]))


def _recipe(raw: Mapping[str, Any]) -> Recipe:
    return Recipe(**{**raw, "mean": tuple(raw["mean"]), "std": tuple(raw["std"])})


def _data(raw: Mapping[str, Any]) -> DataRecord:
    fold, tested, judging = raw.get("fold"), raw.get("tested_on"), raw.get("judging")
    return DataRecord(
        folders=tuple(raw["folders"]),
        training_only=tuple(raw["training_only"]),
        split_seed=int(raw["split_seed"]),
        validation_part=float(raw["validation_part"]),
        judging_part=float(raw.get("judging_part", 0.0)),
        judging_seed=int(raw.get("judging_seed", 0)),
        fold=_fold(fold) if fold else None,
        include_validation=bool(raw.get("include_validation", False)),
        tested_on=TestedRecord(**tested) if tested else None,
        training=_loaded(raw["training"]),
        validation=_loaded(raw["validation"]),
        judging=PartRecord(**judging) if judging else None,
        left_out=dict(raw["left_out"]),
        squeezed_from=raw["squeezed_from"],
    )


def _loaded(raw: Mapping[str, Any]) -> LoadedRecord:
    return LoadedRecord(**{**raw, "broken": tuple(raw["broken"])})


def _fold(raw: Any) -> tuple[int, int]:
    number, folds = raw
    return int(number), int(folds)


def _teachers(raw: Mapping[str, Any] | None) -> TeachersRecord | None:
    if raw is None:
        return None
    return TeachersRecord(
        str(raw["file"]),
        str(raw["sha256"]),
        tuple(teacher_from_json(one) for one in raw["sources"]),
    )
