"""Joins training runs into a bundle and measures it in the form in which it will be used."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.bundle.ensemble import load_ensemble
from ml.bundle.fusion import FusedNetwork, load_member
from ml.bundle.manifest import (
    MANIFEST,
    DataSummary,
    Graph,
    Manifest,
    Member,
    TrainingSummary,
    hash_file,
    write_manifest,
)
from ml.bundle.preprocessing import Recipe
from ml.bundle.temperature import calibrate
from ml.errors import DataError, MlError
from ml.evaluation.answers import answer_photographs
from ml.evaluation.calibration import (
    WARN_AT,
    describe_uncertainty,
    fit_operating_points,
    fit_temperature,
)
from ml.evaluation.evidence import ANSWERS, ValidationAnswers, load_answers, save_answers
from ml.evaluation.metrics import measure
from ml.training.data import Photograph, read_collection
from ml.training.onnx_graph import write_graph
from ml.training.parts import JUDGING, VALIDATION, divide, load_parts, save_parts
from ml.training.record import RunRecord
from ml.training.runs import BUNDLE, RECORD, WEIGHTS, read_record
from ml.whole_files import swap_folder

GRAPH = "ensemble.onnx"
# With fewer photographs, a fitted temperature or threshold would be mostly noise.
FEWEST_FOR_CALIBRATION = 200
LICENCE = (
    "The weights derive from photographs under CC BY-NC 4.0 (HAM10000): non-commercial use only."
)


@dataclass(frozen=True)
class BundleOptions:
    """The version of a bundle and how its networks are run.

    If `size` is None, it is the size that the first run was trained at.
    """

    version: str
    size: int | None = None
    views: tuple[str, ...] = ("upright",)


def build_bundle(
    runs: Sequence[Path], out: Path, options: BundleOptions, validation: Sequence[Photograph]
) -> Manifest:
    """Write a bundle of the runs' networks and measure it on the validation photographs.

    An older bundle in `out` stays intact until the new one is complete. Raises DataError if a
    folder is not a training run, the runs do not match or they were validated on other photographs.
    """
    records = [read_record(run) for run in runs]
    _check_same(runs, records)
    for run in runs:
        _check_validation(run, validation)
    _check_replaceable(out)
    new = out.with_name(f"{out.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    manifest = _fill(runs, records, new, options, validation)
    swap_folder(new, out)
    return manifest


def export_bundle(
    runs: Sequence[Path], folders: Sequence[Path], out: Path, options: BundleOptions
) -> Manifest:
    """Build a bundle and measure it on the validation photographs found in the folders."""
    records = [read_record(run) for run in runs]
    data = records[0].data
    validation: Sequence[Photograph] = ()
    if not any(record.data.include_validation for record in records):
        photographs = read_collection(folders, records[0].classes).photographs
        validation = divide(photographs, (), data.division, records[0].classes).validation
        if data.tested_on:
            names = set(load_parts(runs[0]).only(VALIDATION).image_ids)
            validation = [one for one in validation if one.image_id in names]
    broken = set(data.validation.broken)
    kept = [one for one in validation if one.path.name not in broken]
    return build_bundle(runs, out, options, kept)


def answers_of(
    photographs: Sequence[Photograph], probabilities: npt.NDArray[np.float64]
) -> ValidationAnswers:
    """Combine n photographs with their averaged probabilities, n x c, for storage."""
    return ValidationAnswers(
        tuple(photograph.image_id for photograph in photographs),
        tuple(photograph.lesion_id for photograph in photographs),
        np.asarray([photograph.label for photograph in photographs], dtype=np.int64),
        probabilities,
    )


def describe_bundle(manifest: Manifest) -> str:
    """Describe in a few lines what a bundle contains and how good it is."""
    names = ", ".join(member.name for member in manifest.members)
    lines = [f"bundle {manifest.version}: {names} at {manifest.size} pixels"]
    if manifest.metrics is None:
        lines.append("not measured: the split has no validation photographs")
    else:
        metrics = manifest.metrics
        recalls = ", ".join(
            f"{name} {one.recall:.2f} of {one.n}" for name, one in metrics.per_class.items()
        )
        lines.append(
            f"validation, {metrics.n} photographs: balanced accuracy "
            f"{metrics.balanced_accuracy:.4f}, accuracy {metrics.accuracy:.4f}, "
            f"calibration error {metrics.ece:.3f} at temperature {manifest.temperature}"
        )
        lines.append(f"recall: {recalls}")
    return "\n".join(lines)


def _fill(
    runs: Sequence[Path],
    records: Sequence[RunRecord],
    out: Path,
    options: BundleOptions,
    validation: Sequence[Photograph],
) -> Manifest:
    classes = records[0].classes
    members = [_copy_member(run, record, out) for run, record in zip(runs, records, strict=True)]
    if len({member.file for member in members}) < len(members):
        raise MlError("Two of the runs have the same network and seed; export one of them.")
    files = [out / member.file for member in members]
    networks = [
        load_member(member.network, file, len(classes))
        for member, file in zip(members, files, strict=True)
    ]
    size = options.size or records[0].recipe.size
    write_graph(FusedNetwork(networks), files, size, out / GRAPH)
    manifest = Manifest(
        version=options.version,
        labels=classes.names,
        malignant=classes.malignant,
        size=size,
        mean=records[0].recipe.mean,
        std=records[0].recipe.std,
        median_kernel=records[0].recipe.median_kernel,
        views=options.views,
        temperature=1.0,
        operating_points={},
        warn_at=WARN_AT,
        uncertainty=None,
        members=tuple(members),
        graph=Graph(GRAPH, hash_file(out / GRAPH)),
        metrics=None,
        data=_summarise_data(records),
        training=_summarise_training(records),
        code_version=records[0].code_version,
        licence=LICENCE,
    )
    if manifest.data.judging:
        save_parts(out, load_parts(runs[0]).only(JUDGING))
    write_manifest(out, manifest)
    manifest = _measure(out, manifest, validation)
    write_manifest(out, manifest)
    return manifest


def _measure(out: Path, manifest: Manifest, validation: Sequence[Photograph]) -> Manifest:
    if not validation:
        return manifest
    ensemble = load_ensemble(out, squeezed_from=manifest.data.squeezed_from)
    probabilities = answer_photographs(
        ensemble, [photograph.path for photograph in validation], title="measuring"
    )
    save_answers(out, answers_of(validation, probabilities))
    labels = np.asarray([photograph.label for photograph in validation], dtype=np.int64)
    lesions = [photograph.lesion_id for photograph in validation]
    classes = manifest.classes
    if len(labels) < FEWEST_FOR_CALIBRATION:
        return replace(manifest, metrics=measure(labels, probabilities, lesions, classes))
    temperature = fit_temperature(labels, probabilities)
    calibrated = calibrate(probabilities, temperature)
    return replace(
        manifest,
        temperature=temperature,
        metrics=measure(labels, calibrated, lesions, classes),
        operating_points=fit_operating_points(labels, calibrated, lesions, classes),
        uncertainty=describe_uncertainty(labels, calibrated),
    )


def _copy_member(run: Path, record: RunRecord, out: Path) -> Member:
    name = f"{record.network}-{record.recipe.size}-seed{record.seed}"
    file = f"{name}.safetensors"
    try:
        shutil.copyfile(run / WEIGHTS, out / file)
    except OSError as error:
        raise DataError(run / WEIGHTS, "the weights are missing or cannot be read.") from error
    network = load_member(record.network, out / file, len(record.classes))
    return Member(
        name=name,
        network=record.network,
        file=file,
        sha256=hash_file(out / file),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        trained_size=record.recipe.size,
        epochs=len(record.history),
        seconds=record.seconds,
        seed=record.seed,
    )


def _check_same(runs: Sequence[Path], records: Sequence[RunRecord]) -> None:
    """Reject runs with different preprocessing, except for the size, or different classes."""

    def essence(record: RunRecord) -> Recipe:
        return replace(record.recipe, size=0)

    for run, record in zip(runs, records, strict=True):
        if not record.history:
            raise DataError(run / RECORD, "the run has not finished an epoch.")
        if essence(record) != essence(records[0]):
            raise DataError(run / RECORD, "its preprocessing differs from the first run's.")
        if record.classes != records[0].classes:
            raise DataError(run / RECORD, "its classes differ from the first run's.")


def _check_validation(run: Path, validation: Sequence[Photograph]) -> None:
    """Reject photographs that the run was not validated on; it may have been trained on them."""
    if not (run / BUNDLE / ANSWERS).exists():
        return
    names = set(load_answers(run / BUNDLE).image_ids)
    if names != {photograph.image_id for photograph in validation}:
        raise DataError(run / BUNDLE / ANSWERS, "the run was validated on different photographs.")


def _check_replaceable(out: Path) -> None:
    if out.exists() and not (out / MANIFEST).exists() and (out.is_file() or any(out.iterdir())):
        raise MlError(f"{out} contains something other than a bundle; choose another folder.")


def _summarise_data(records: Sequence[RunRecord]) -> DataSummary:
    data = records[0].data
    more = " and ".join(data.training_only)
    fits = (
        "the validation split was trained on, so nothing was measured or fitted"
        if any(record.data.include_validation for record in records)
        else "temperature and thresholds were fitted on the validation split, so the calibration "
        "error measured there is a little too good"
    )
    # If the members held out different photographs, one member may have seen another's.
    hashes = {record.data.judging and record.data.judging.sha256 for record in records}
    judging = data.judging if len(hashes) == 1 else None
    if judging and not judging.photographs:
        judging = None
    return DataSummary(
        description=" and ".join(data.folders)
        + (f", plus {more} for training only" if more else "")
        + f", split by lesion; {fits}",
        training=data.training.photographs,
        validation=data.validation.photographs,
        training_sha256=data.training.sha256,
        validation_sha256=data.validation.sha256,
        split_seed=data.split_seed,
        validation_part=data.validation_part,
        squeezed_from=data.squeezed_from,
        judging=judging.photographs if judging else 0,
        judging_sha256=judging.sha256 if judging else None,
        judging_seed=data.judging_seed if judging else None,
        judging_part=data.judging_part if judging else 0.0,
    )


def _summarise_training(records: Sequence[RunRecord]) -> TrainingSummary:
    lines = []
    for record in records:
        schedule, data_of, count = record.schedule, record.data, len(record.history)
        per_class = schedule.per_class
        extra = " and ".join(data_of.training_only)
        more = f", with {extra} for training only" if extra else ""
        mixed = f", mixup {schedule.mixup}" if schedule.mixup else ""
        count_of_teachers = len(record.teachers.sources) if record.teachers else 0
        taught = (
            f", distilled from {count_of_teachers} teachers at temperature "
            f"{schedule.temperature} with weight {schedule.soft_weight}"
            if count_of_teachers
            else ""
        )
        fold = data_of.fold
        left_out = f", fold {fold[0]} of {fold[1]} left out" if fold else ""
        drawn = f", at most {per_class} photographs per class and epoch" if per_class else ""
        lines.append(
            f"{record.network} {record.start.description}, "
            f"{count} {'epoch' if count == 1 else 'epochs'} at {record.recipe.size} pixels, "
            f"{schedule.balance}{mixed}{taught}{drawn}{more}{left_out}"
        )
    return TrainingSummary(
        seconds=round(sum(record.seconds + record.start.seconds for record in records), 1),
        hardware=", ".join(sorted({record.hardware for record in records})),
        description="; ".join(lines),
        trained_on=_last_day(records),
    )


def _last_day(records: Sequence[RunRecord]) -> date | None:
    """Return the day on which the last run ended, or None if a run does not record its day."""
    days = [record.trained_on for record in records]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None
