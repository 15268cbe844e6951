"""Trains one network according to a plan and stores the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import torch

from ml.bundle.labels import HAM10000, Classes
from ml.bundle.manifest import hash_file
from ml.errors import DataError, MlError, NetworkError
from ml.evaluation.tables import read_rows
from ml.training.bundles import BundleOptions, build_bundle, describe_bundle
from ml.training.data import (
    Collection,
    LoadedPhotographs,
    Photograph,
    count_by_label,
    hash_data,
    hash_files,
    load_photographs,
    read_collection,
)
from ml.training.loop import Trainer, TrainingMaterial
from ml.training.parts import (
    JUDGING,
    LEFT_OUT,
    OWN_FOLD,
    TRAINING,
    VALIDATION,
    Parts,
    PartTable,
    check_apart,
    divide,
    list_parts,
    save_parts,
)
from ml.training.plan import TrainingPlan
from ml.training.record import (
    DataRecord,
    LoadedRecord,
    PartRecord,
    RunRecord,
    StartRecord,
    TeachersRecord,
    TestedRecord,
)
from ml.training.runs import (
    BUNDLE,
    RECORD,
    STATE,
    code_version,
    draw_curves,
    read_record,
    write_record,
)
from ml.training.soft_targets import SoftTargets, load_soft_targets
from ml.training.start import Start, check_start, create_start
from ml.training.state import load_state, save_state, save_weights

Report = Callable[[str], None]

# The fields that must not change when a run is resumed, and their names in messages.
SETTLED: Mapping[str, str] = {
    "network": "network",
    "start": "start",
    "seed": "seed",
    "classes": "set of classes",
    "recipe": "recipe",
    "augmentation": "augmentation",
    "data": "set of data",
    "teachers": "set of teachers",
}
# The largest aspect ratio of a frame; augmentation moves the square within it.
WIDEST = 4 / 3


@dataclass(frozen=True)
class SplitData:
    """The photographs for training and validation, and the table of all parts.

    `judging` describes the judging part.
    """

    training: LoadedPhotographs
    validation: LoadedPhotographs
    judging: PartRecord
    parts: PartTable
    left_out: dict[str, int]


def run(plan: TrainingPlan, report: Report) -> RunRecord:
    """Train as planned and write the run folder with its bundle; `report` gets progress lines.

    Raises MlError.
    """
    out = plan.out
    if (out / STATE).exists() and not plan.resume:
        raise MlError(f"{out} already contains a run; add --resume or choose another folder.")
    device = choose_device(plan.device)
    torch.backends.cudnn.benchmark = True
    if device.type == "cpu" and plan.threads:
        torch.set_num_threads(plan.threads)
    collection = read_collection(plan.data, plan.classes)
    extra = read_extra(plan.training_only, collection, plan.classes)
    torch.manual_seed(plan.seed)
    start = create_start(
        plan.network,
        pretrained=plan.pretrained,
        start=plan.start,
        seed=plan.seed,
        classes=plan.classes,
    )
    data = load_split(collection, extra, plan, report)
    check_start(start, data.validation.photographs, data.parts.only(JUDGING))
    targets = read_targets(plan.soft, data, len(plan.classes))
    teachers = targets.of(data.training.photographs) if targets else None
    material = TrainingMaterial(data.training, data.validation, teachers)
    trainer = Trainer(start.network, plan, material, device)
    record = describe_run(plan, data, start, targets, describe_hardware(device))
    if (out / STATE).exists():
        record = go_on(out, record)
        trainer.restore(load_state(out))
    out.mkdir(parents=True, exist_ok=True)
    save_parts(out, data.parts)
    record = train(trainer, out, record, report)
    save_weights(out, trainer.chosen_weights())
    version = plan.version or f"{plan.network}-{plan.recipe.size}-seed{plan.seed}"
    validation = data.validation.photographs
    manifest = build_bundle([out], out / BUNDLE, BundleOptions(version), validation)
    report(describe_bundle(manifest))
    return record


def train(trainer: Trainer, out: Path, record: RunRecord, report: Report) -> RunRecord:
    """Run the remaining epochs; after each one, the folder contains a complete run."""
    record = keep_record(trainer, out, record)
    while not trainer.is_finished:
        row = trainer.run_epoch()
        shown = (
            f"balanced accuracy {row.balanced_accuracy:.4f}, accuracy {row.accuracy:.4f}"
            if row.balanced_accuracy is not None and row.accuracy is not None
            else "not validated"
        )
        report(f"epoch {row.epoch}: loss {row.loss:.4f}, {shown}, {row.seconds:.0f} s")
        save_state(out, trainer.state())
        save_weights(out, trainer.chosen_weights())
        today = datetime.now(UTC).date()
        record = keep_record(trainer, out, replace(record, trained_on=today))
    return record


def keep_record(trainer: Trainer, out: Path, record: RunRecord) -> RunRecord:
    """Write run.json and the curves up to the current epoch."""
    record = replace(
        record,
        history=tuple(trainer.history),
        seconds=round(sum(one.seconds for one in trainer.history), 1),
        finished=trainer.is_finished,
    )
    write_record(out, record)
    draw_curves(out, record.history)
    return record


def go_on(out: Path, record: RunRecord) -> RunRecord:
    """Return the record of a resumed run, which may have more epochs than it was started with.

    Raises DataError if it was started with other data or settings.
    """
    begun = read_record(out)
    for part, words in SETTLED.items():
        if getattr(begun, part) != getattr(record, part):
            raise DataError(
                out / RECORD, f"the run was started with another {words}; choose a new folder."
            )
    epochs = max(begun.schedule.epochs, record.schedule.epochs)
    if replace(begun.schedule, workers=record.schedule.workers, epochs=epochs) != record.schedule:
        raise DataError(
            out / RECORD, "the run was started with another schedule; choose a new folder."
        )
    hardware = record.hardware
    if begun.hardware != hardware:
        hardware = f"{begun.hardware}, then {hardware}"
    extended = begun.extended_from
    if epochs > begun.schedule.epochs:
        extended = (*extended, begun.schedule.epochs)
    return replace(record, hardware=hardware, trained_on=begun.trained_on, extended_from=extended)


def read_extra(
    folders: Sequence[Path], collection: Collection, classes: Classes = HAM10000
) -> tuple[Photograph, ...]:
    """Read the folders that are only for training.

    Raises DataError if one of their lesions or patients is also in the folders of --data.
    """
    if not folders:
        return ()
    extra = read_collection(folders, classes).photographs
    known = {photograph.image_id for photograph in collection.photographs}
    lesions = {photograph.lesion_id for photograph in collection.photographs}
    patients = {photograph.patient_id for photograph in collection.photographs} - {""}
    for photograph in extra:
        if photograph.image_id in known or photograph.lesion_id in lesions:
            raise DataError(photograph.path, "its lesion is also in the folders of --data.")
        if photograph.patient_id in patients:
            raise DataError(photograph.path, "its patient is also in the folders of --data.")
    return extra


def load_split(
    collection: Collection,
    extra: Sequence[Photograph],
    plan: TrainingPlan,
    report: Report,
) -> SplitData:
    """Divide a collection by lesion, add `extra` to the training part and prepare all pixels."""
    if collection.left_out:
        names = ", ".join(f"{count} {dx}" for dx, count in sorted(collection.left_out.items()))
        report(f"left out because they belong to other classes: {names}")
    parts = divide(collection.photographs, extra, plan.division, plan.classes)
    if plan.leave_out:
        parts = parts.without(read_names(plan.leave_out, parts))
    if not parts.training:
        raise DataError(plan.data[0], "the split leaves no photograph to train on.")
    training = load_photographs(
        parts.training, plan.recipe, widest=WIDEST, title="training photographs"
    )
    validation = load_photographs(parts.validation, plan.recipe, title="validation photographs")
    digests = hash_files(parts.judging)
    check_apart(parts.judging, digests, (training, validation))
    table = list_parts(
        {
            TRAINING: (training.photographs, training.digests),
            VALIDATION: (validation.photographs, validation.digests),
            JUDGING: (parts.judging, digests),
            OWN_FOLD: (parts.own_fold, hash_files(parts.own_fold)),
            LEFT_OUT: (parts.left_out, hash_files(parts.left_out)),
        }
    )
    judging = _describe(parts.judging, digests, plan.classes)
    split = SplitData(training, validation, judging, table, dict(collection.left_out))
    broken = len(split.training.broken) + len(split.validation.broken)
    counts = plan.classes.count(count_by_label(split.training.photographs, len(plan.classes)))
    report(
        f"training on {len(split.training.photographs)} photographs {counts}, "
        f"validating on {len(split.validation.photographs)}, {broken} broken files skipped; "
        f"left out: {len(parts.judging)} of the judging part"
        + (f", {len(parts.own_fold)} of the fold" if plan.division.fold else "")
        + (f", {len(parts.left_out)} to test on" if plan.leave_out else ""),
    )
    if not split.training.photographs:
        raise DataError(plan.data[0], "no photograph could be read.")
    return split


def read_names(table: Path, parts: Parts) -> frozenset[str]:
    """Read the names of the photographs to test on later. Raises DataError for an unknown one."""
    known = {one.image_id for part in (parts.training, parts.own_fold) for one in part}
    known |= {one.image_id for part in (parts.validation, parts.judging) for one in part}
    rows = read_rows(table, ("image_id",))
    for number, row in rows:
        if row["image_id"] not in known:
            raise DataError(
                table, f"there is no photograph {row['image_id']} to leave out.", number
            )
    return frozenset(row["image_id"] for _, row in rows)


def read_targets(file: Path | None, data: SplitData, classes: int) -> SoftTargets | None:
    """Read the teachers' predictions, if the plan names a file.

    Raises MlError if a teacher may have seen photographs that this run leaves out, or if its
    classes differ.
    """
    if file is None:
        return None
    targets = load_soft_targets(file)
    if targets.probabilities.shape[1] != classes:
        raise MlError("The teachers' classes differ from this run's.")
    targets.check_parts(
        validation=data.validation.data_hash if data.validation.photographs else None,
        judging=data.judging.sha256 if data.judging.photographs else None,
    )
    return targets


def describe_tested(file: Path | None, left_out: PartTable) -> TestedRecord | None:
    """Return the record of the photographs left out for testing, if any."""
    if file is None:
        return None
    return TestedRecord(file.name, hash_file(file), len(left_out.image_ids))


def describe_teachers(file: Path | None, targets: SoftTargets | None) -> TeachersRecord | None:
    """Return the record of the teachers, if any."""
    if file is None or targets is None:
        return None
    return TeachersRecord(file.name, hash_file(file), targets.sources)


def describe_run(
    plan: TrainingPlan, data: SplitData, start: Start, targets: SoftTargets | None, hardware: str
) -> RunRecord:
    """Return the record of a run before its first epoch."""
    division = plan.division
    return RunRecord(
        network=plan.network,
        start=StartRecord(start.description, start.seconds),
        seed=plan.seed,
        recipe=plan.recipe,
        schedule=plan.schedule,
        augmentation=plan.augmentation,
        data=DataRecord(
            folders=tuple(folder.name for folder in plan.data),
            training_only=tuple(folder.name for folder in plan.training_only),
            split_seed=division.seed,
            validation_part=division.validation,
            judging_part=division.judging,
            judging_seed=division.judging_seed,
            fold=division.fold,
            include_validation=division.include_validation,
            tested_on=describe_tested(plan.leave_out, data.parts.only(LEFT_OUT)),
            training=_describe_loaded(data.training, plan.classes),
            validation=_describe_loaded(data.validation, plan.classes),
            judging=data.judging,
            left_out=data.left_out,
            squeezed_from=plan.recipe.squeezed_from,
        ),
        hardware=hardware,
        code_version=code_version(),
        teachers=describe_teachers(plan.soft, targets),
        classes=plan.classes,
    )


def _describe_loaded(loaded: LoadedPhotographs, classes: Classes) -> LoadedRecord:
    part = _describe(loaded.photographs, loaded.digests, classes)
    return LoadedRecord(**vars(part), broken=tuple(path.name for path in loaded.broken))


def _describe(
    photographs: Sequence[Photograph], digests: Sequence[str], classes: Classes
) -> PartRecord:
    return PartRecord(
        photographs=len(photographs),
        by_class=classes.count(count_by_label(photographs, len(classes))),
        sha256=hash_data(photographs, digests),
    )


def describe_hardware(device: torch.device) -> str:
    """Return a description of the hardware that the training ran on."""
    if device.type == "cuda":
        return f"one {torch.cuda.get_device_name(device)} GPU"
    cores = torch.get_num_threads()
    return f"{cores} CPU {'core' if cores == 1 else 'cores'}"


def choose_device(name: str) -> torch.device:
    """Return the named device; `auto` is CUDA if available, else the CPU. Raises NetworkError."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise NetworkError("There is no CUDA device; use --device cpu.")
    return torch.device(name)
