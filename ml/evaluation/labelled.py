"""Reads labelled photographs and classifies them, for the evaluation commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.bundle.ensemble import Ensemble, load_ensemble
from ml.bundle.labels import HAM10000, Classes
from ml.bundle.manifest import DEFAULT_BUNDLE, read_manifest
from ml.errors import DataError, MlError
from ml.evaluation.answers import answer_photographs
from ml.evaluation.evidence import ANSWERS, ValidationAnswers, load_answers
from ml.evaluation.tables import find_image, index_images, read_rows


@dataclass(frozen=True)
class EvaluationPlan:
    """Which bundle to evaluate, and on which photographs.

    `images` are the folders that contain the photographs and `labels` is the table of their
    diagnoses; without a table, the bundle's own validation photographs are used. `squeezed_from` is
    the original width divided by height of photographs that were squeezed into squares. `views` is
    the number of views to average; None means the bundle's number.
    """

    images: tuple[Path, ...] = ()
    labels: Path | None = None
    bundle: Path = DEFAULT_BUNDLE
    squeezed_from: float | None = None
    engine: str = "auto"
    threads: int | None = None
    views: int | None = None


@dataclass(frozen=True)
class LabelledPhotograph:
    """One row of the labels: its line number, file, class index and lesion.

    `lesion_id` is None if the labels do not name lesions.
    """

    row: int
    path: Path
    label: int
    lesion_id: str | None


def read_photographs(plan: EvaluationPlan) -> tuple[list[LabelledPhotograph], Path]:
    """Read the photographs, and return with them the table to name in errors. Raises DataError."""
    if plan.labels:
        classes = read_manifest(plan.bundle).classes
        return read_labels(plan.labels, plan.images, classes), plan.labels
    return read_validation(plan.bundle, plan.images), plan.bundle / ANSWERS


def read_validation(bundle: Path, folders: Sequence[Path]) -> list[LabelledPhotograph]:
    """Find a bundle's validation photographs in the folders. Raises DataError."""
    index = index_images(folders)
    return [
        replace(one, path=find_image(index, one.path.name, bundle / ANSWERS, one.row))
        for one in list_kept(load_answers(bundle))
    ]


def list_kept(answers: ValidationAnswers) -> list[LabelledPhotograph]:
    """List the photographs of kept predictions; their `path` is only a name."""
    return [
        LabelledPhotograph(number, Path(image_id), int(answers.labels[number]), lesion_id)
        for number, (image_id, lesion_id) in enumerate(
            zip(answers.image_ids, answers.lesion_ids, strict=True)
        )
    ]


def read_labels(
    table: Path, folders: Sequence[Path], classes: Classes = HAM10000
) -> list[LabelledPhotograph]:
    """Read image_id, dx and, if present, lesion_id, and find the photographs in the folders.

    Raises DataError naming the row.
    """
    rows = read_rows(table, ("image_id", "dx"), optional=("lesion_id",))
    index = index_images(folders)
    photographs: list[LabelledPhotograph] = []
    seen: dict[Path, int] = {}
    for number, row in rows:
        dx = row["dx"].lower()
        if dx not in classes.names:
            known = ", ".join(classes.names)
            raise DataError(table, f"dx is {row['dx']!r}, not one of {known}.", number)
        path = find_image(index, row["image_id"], table, number)
        if path in seen:
            raise DataError(
                table, f"image_id {row['image_id']} is already in row {seen[path]}.", number
            )
        seen[path] = number
        lesion_id = row.get("lesion_id")
        if lesion_id == "":
            raise DataError(table, "lesion_id is empty.", number)
        photographs.append(LabelledPhotograph(number, path, classes.names.index(dx), lesion_id))
    return photographs


def labels_of(photographs: Sequence[LabelledPhotograph]) -> npt.NDArray[np.int64]:
    """Return the n class indices."""
    return np.asarray([photograph.label for photograph in photographs], dtype=np.int64)


def lesions_of(photographs: Sequence[LabelledPhotograph]) -> list[str] | None:
    """Return the lesion of each photograph, or None if the labels do not name lesions."""
    lesions = [one.lesion_id for one in photographs if one.lesion_id is not None]
    return lesions or None


def answer_labelled(
    ensemble: Ensemble, photographs: Sequence[LabelledPhotograph], table: Path
) -> npt.NDArray[np.float64]:
    """Return the calibrated probabilities of n photographs, n x c.

    Raises DataError naming the row whose photograph cannot be read.
    """
    try:
        return answer_photographs(
            ensemble, [photograph.path for photograph in photographs], title="evaluating"
        )
    except DataError as error:
        rows = [photograph.row for photograph in photographs if photograph.path == error.file]
        raise DataError(table, str(error), rows[0]) from error


def make_folder(folder: Path) -> None:
    """Create a folder and its parents. Raises MlError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MlError(f"{folder}: the folder cannot be created ({error.strerror}).") from error


def load_chosen(plan: EvaluationPlan) -> Ensemble:
    """Load the bundle to evaluate. Raises BundleError.

    For its own validation photographs, `squeezed_from` defaults to the value used in training.
    """
    squeezed_from = plan.squeezed_from
    if not plan.labels and squeezed_from is None:
        squeezed_from = read_manifest(plan.bundle).data.squeezed_from
    return load_ensemble(
        plan.bundle,
        engine=plan.engine,
        threads=plan.threads,
        squeezed_from=squeezed_from,
        views=plan.views,
    )
