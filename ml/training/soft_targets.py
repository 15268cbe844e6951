"""Stores teachers' predictions for students to learn from.

Source: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from ml.bundle.engines import create_engine
from ml.bundle.ensemble import Ensemble
from ml.bundle.manifest import read_manifest, verify_bundle
from ml.errors import DataError, MlError
from ml.evaluation.answers import answer_photographs
from ml.evaluation.tables import index_images
from ml.training.data import Photograph
from ml.training.parts import OWN_FOLD, PARTS, VALIDATION, PartTable, load_parts
from ml.training.record import Teacher, teacher_from_json
from ml.training.runs import BUNDLE, RECORD, read_record
from ml.whole_files import whole_file

Floats = npt.NDArray[np.float64]
# Smaller probabilities are stored as this one.
SMALLEST = 1e-7


@dataclass(frozen=True)
class SoftTargets:
    """The averaged, uncalibrated probabilities of n photographs, n x c.

    `is_training` says which photographs students train on; the others are for validation, and no
    teacher was trained on them either. `teachers` is the number of teachers averaged for each
    photograph. `sources` describe the teachers.
    """

    image_ids: tuple[str, ...]
    is_training: npt.NDArray[np.bool_]
    teachers: npt.NDArray[np.int64]
    probabilities: Floats
    sources: tuple[Teacher, ...]

    def of(self, photographs: Sequence[Photograph]) -> Floats:
        """Return the probabilities of n photographs, n x c. Raises MlError if one has none."""
        row_of = {name: row for row, name in enumerate(self.image_ids)}
        for photograph in photographs:
            if photograph.image_id not in row_of:
                raise MlError(
                    f"There is no teacher's prediction for {photograph.image_id}; join all folds."
                )
        rows = [row_of[photograph.image_id] for photograph in photographs]
        return self.probabilities[rows]

    def check_parts(self, *, validation: str | None, judging: str | None) -> None:
        """Check that all teachers had the same validation and judging part. Raises MlError.

        Takes the hashes of both parts; None means that a run has no such part.
        """
        for source in self.sources:
            seen = validation and source.validation_sha256 != validation
            if seen or source.judging_sha256 != judging:
                raise MlError(
                    f"The teacher {source.run} had another validation or judging part than this "
                    "run, so it may have been trained on those photographs."
                )


def answer_left_out(
    run: Path, folders: Sequence[Path], *, views: int, threads: int | None = None
) -> SoftTargets:
    """Run the network of one fold on that fold and on the validation photographs.

    Raises DataError if the run left out no fold, is not finished or was trained unbalanced, or if
    a photograph is missing or its file has changed.
    """
    record = read_record(run)
    data = record.data
    if not record.finished or not data.fold:
        raise DataError(run / RECORD, "this is not a finished run that left out a fold.")
    if record.schedule.balance == "none":
        raise DataError(run / RECORD, "its predictions favour the common classes.")
    table = load_parts(run)
    parts = [table.only(part) for part in (OWN_FOLD, VALIDATION)]
    paths = [path for part in parts for path in _find(part, folders, run / PARTS)]
    manifest = read_manifest(run / BUNDLE)
    verify_bundle(run / BUNDLE, manifest)
    ensemble = Ensemble(
        replace(manifest, temperature=1.0),
        create_engine("auto", run / BUNDLE, manifest, threads),
        squeezed_from=manifest.data.squeezed_from,
        views=views,
    )
    source = Teacher(
        run=manifest.members[0].name,
        fold=data.fold,
        views=views,
        weights_sha256=manifest.members[0].sha256,
        training_sha256=data.training.sha256,
        validation_sha256=data.validation.sha256,
        judging_sha256=manifest.data.judging_sha256,
    )
    own, validation = parts
    count = len(own.image_ids) + len(validation.image_ids)
    return SoftTargets(
        own.image_ids + validation.image_ids,
        np.arange(count) < len(own.image_ids),
        np.ones(count, dtype=np.int64),
        answer_photographs(ensemble, paths, title="answering"),
        (source,),
    )


def join(answers: Sequence[SoftTargets]) -> SoftTargets:
    """Average the predictions for each photograph. Raises MlError if they do not match."""
    sources = tuple(source for one in answers for source in one.sources)
    if len({(source.validation_sha256, source.judging_sha256) for source in sources}) > 1:
        raise MlError("The teachers had different validation or judging parts.")
    if len({source.weights_sha256 for source in sources}) < len(sources):
        raise MlError("One teacher's predictions are given twice.")
    widths = {one.probabilities.shape[1] for one in answers}
    if len(widths) > 1:
        raise MlError("The teachers have different classes.")
    (columns,) = widths
    sums: dict[str, Floats] = {}
    counts: dict[str, int] = {}
    is_training: dict[str, bool] = {}
    for one in answers:
        for row, name in enumerate(one.image_ids):
            times, trained = int(one.teachers[row]), bool(one.is_training[row])
            if is_training.setdefault(name, trained) != trained:
                raise MlError(f"{name} is a training photograph in one file and not in another.")
            sums[name] = sums.get(name, np.zeros(columns)) + times * one.probabilities[row]
            counts[name] = counts.get(name, 0) + times
    names = sorted(sums)
    return SoftTargets(
        tuple(names),
        np.array([is_training[name] for name in names], dtype=np.bool_),
        np.array([counts[name] for name in names], dtype=np.int64),
        np.array([sums[name] / counts[name] for name in names]).reshape(-1, columns),
        sources,
    )


def save_soft_targets(path: Path, targets: SoftTargets) -> None:
    """Write the probabilities as logarithms in half precision, a few bytes per photograph."""
    logarithms = np.log(np.clip(targets.probabilities, SMALLEST, None))
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as stream:
        np.savez_compressed(
            stream,
            image_ids=np.array([name.encode() for name in targets.image_ids]),
            is_training=targets.is_training,
            teachers=targets.teachers.astype(np.uint8),
            log_probabilities=logarithms.astype(np.float16),
            sources=np.array(json.dumps([asdict(source) for source in targets.sources])),
        )


def load_soft_targets(path: Path) -> SoftTargets:
    """Read a file written by save_soft_targets. Raises DataError."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            powers = np.exp(stored["log_probabilities"].astype(np.float64))
            targets = SoftTargets(
                tuple(name.decode() for name in stored["image_ids"]),
                stored["is_training"].astype(np.bool_),
                stored["teachers"].astype(np.int64),
                powers / powers.sum(axis=1, keepdims=True),
                tuple(teacher_from_json(one) for one in json.loads(str(stored["sources"]))),
            )
    except (OSError, EOFError, KeyError, TypeError, ValueError, BadZipFile) as error:
        raise DataError(path, "the teachers' predictions are missing or cannot be read.") from error
    shape = targets.probabilities.shape
    if len(shape) != 2 or shape[0] != len(targets.image_ids):
        raise DataError(path, "the predictions do not match the photographs.")
    return targets


def _find(part: PartTable, folders: Sequence[Path], table: Path) -> list[Path]:
    index = index_images(folders)
    paths = []
    for name, digest in zip(part.image_ids, part.digests, strict=True):
        path = index.get(name)
        if path is None:
            raise DataError(table, f"there is no photograph for image_id {name}.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise DataError(path, "the file is not the one that the run left out.")
        paths.append(path)
    return paths
