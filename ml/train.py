"""Trains one network: `python -m ml.train --data DIR [DIR...] --out RUN_DIR`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from ml.bundle.labels import LABELS
from ml.bundle.manifest import hash_file
from ml.bundle.preprocessing import Recipe
from ml.errors import DataError, MlError, NetworkError, run_command
from ml.evaluation.tables import read_rows
from ml.train_options import make_schedule, parse_arguments
from ml.training.augmentation import PRESETS
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
from ml.training.loop import Trainer
from ml.training.parts import (
    JUDGING,
    LEFT_OUT,
    OWN_FOLD,
    TRAINING,
    VALIDATION,
    Division,
    Parts,
    PartTable,
    check_apart,
    divide,
    list_parts,
    save_parts,
)
from ml.training.runs import (
    BUNDLE,
    RECORD,
    STATE,
    code_version,
    draw_curves,
    load_state,
    read_record,
    save_state,
    save_weights,
    write_record,
)
from ml.training.soft_targets import SoftTargets, load_soft_targets
from ml.training.start import Start, check_start, create_start

# A frame is kept up to this width over its height, so that augmentation can move the square.
WIDEST = 4 / 3


@dataclass(frozen=True)
class SplitData:
    """Holds what is trained and validated on, and the table of all parts.

    `judging` says what the judging part holds, as the record of a run does.
    """

    training: LoadedPhotographs
    validation: LoadedPhotographs
    judging: dict[str, Any]
    parts: PartTable
    left_out: dict[str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as the command line says and write the run folder with its bundle."""
    options = parse_arguments(arguments)
    out: Path = options.out or Path("runs", options.network)
    if (out / STATE).exists() and not options.resume:
        raise MlError(f"{out} already holds a run; add --resume to go on or choose another folder.")
    device = choose_device(options.device)
    torch.backends.cudnn.benchmark = True
    if device.type == "cpu" and options.threads:
        torch.set_num_threads(options.threads)
    recipe = Recipe(
        size=options.size, median_kernel=options.median, squeezed_from=options.squeezed_from
    )
    collection = read_collection(options.data)
    extra = read_extra(options.training_only, collection)
    torch.manual_seed(options.seed)
    start = create_start(
        options.network, pretrained=options.pretrained, start=options.start, seed=options.seed
    )
    data = load_split(collection, extra, options, recipe)
    check_start(start, data.validation.photographs, data.parts.only(JUDGING))
    targets = read_targets(options, data)
    trainer = Trainer(
        start.network,
        make_schedule(options),
        recipe,
        data.training,
        data.validation,
        augmentation=PRESETS[options.augment],
        seed=options.seed,
        device=device,
        teachers=targets.of(data.training.photographs) if targets else None,
    )
    record = describe_run(options, data, trainer, recipe, start)
    record["teachers"] = describe_teachers(options.soft, targets)
    if (out / STATE).exists():
        check_same_run(out, record)
        trainer.restore(load_state(out))
    out.mkdir(parents=True, exist_ok=True)
    save_parts(out, data.parts)
    train(trainer, out, record)
    save_weights(out, trainer.chosen_weights())
    version = options.version or f"{options.network}-{options.size}-seed{options.seed}"
    manifest = build_bundle(
        [out],
        out / BUNDLE,
        BundleOptions(version=version, size=options.size),
        data.validation.photographs,
    )
    print(describe_bundle(manifest))
    return 0


def train(trainer: Trainer, out: Path, record: dict[str, Any]) -> None:
    """Run the epochs that are left; after each one the folder holds a complete run."""
    record.setdefault("trained_on", None)
    keep_record(trainer, out, record)
    while not trainer.is_finished:
        row = trainer.run_epoch()
        shown = (
            f"balanced accuracy {row.balanced_accuracy:.4f}, accuracy {row.accuracy:.4f}"
            if row.balanced_accuracy is not None and row.accuracy is not None
            else "not validated"
        )
        print(f"epoch {row.epoch}: loss {row.loss:.4f}, {shown}, {row.seconds:.0f} s", flush=True)
        save_state(out, trainer.state())
        save_weights(out, trainer.chosen_weights())
        record["trained_on"] = datetime.now(UTC).date().isoformat()
        keep_record(trainer, out, record)


def keep_record(trainer: Trainer, out: Path, record: dict[str, Any]) -> None:
    """Write run.json and the curves as far as the run has come."""
    record["history"] = [asdict(one) for one in trainer.history]
    record["seconds"] = round(sum(one.seconds for one in trainer.history), 1)
    record["finished"] = trainer.is_finished
    write_record(out, record)
    draw_curves(out, record["history"])


def check_same_run(out: Path, record: dict[str, Any]) -> None:
    """Refuse to go on with other data or settings than the run began with. Raises DataError."""
    begun = read_record(out)
    for part in ("network", "start", "seed", "recipe", "augmentation", "data", "teachers"):
        if begun[part] != json.loads(json.dumps(record[part])):
            words = "set of teachers" if part == "teachers" else part
            raise DataError(
                out / RECORD, f"the run began with another {words}; choose a new folder."
            )
    schedule = begun["schedule"] | {"workers": record["schedule"]["workers"]}
    if schedule != record["schedule"]:
        raise DataError(out / RECORD, "the run began with another schedule; take a new folder.")
    if begun["hardware"] != record["hardware"]:
        record["hardware"] = f"{begun['hardware']}, then {record['hardware']}"
    record["trained_on"] = begun.get("trained_on")


def read_extra(folders: Sequence[Path], collection: Collection) -> tuple[Photograph, ...]:
    """Read the folders that only training sees.

    Raises DataError where a lesion or a patient is in the folders of --data too.
    """
    if not folders:
        return ()
    extra = read_collection(folders).photographs
    known = {photograph.image_id for photograph in collection.photographs}
    lesions = {photograph.lesion_id for photograph in collection.photographs}
    patients = {photograph.patient_id for photograph in collection.photographs} - {""}
    for photograph in extra:
        if photograph.image_id in known or photograph.lesion_id in lesions:
            raise DataError(photograph.path, "its lesion is in the folders of --data too.")
        if photograph.patient_id in patients:
            raise DataError(photograph.path, "its patient is in the folders of --data too.")
    return extra


def load_split(
    collection: Collection,
    extra: Sequence[Photograph],
    options: argparse.Namespace,
    recipe: Recipe,
) -> SplitData:
    """Divide a collection by lesion, add `extra` to its training part, prepare each photograph."""
    if collection.left_out:
        names = ", ".join(f"{count} {dx}" for dx, count in sorted(collection.left_out.items()))
        print(f"left out, not one of the seven classes: {names}", flush=True)
    parts = divide(collection.photographs, extra, make_division(options))
    if options.leave_out:
        parts = parts.without(read_names(options.leave_out, parts))
    if not parts.training:
        raise DataError(options.data[0], "the split leaves no photograph to train on.")
    training = load_photographs(parts.training, recipe, widest=WIDEST, title="training photographs")
    validation = load_photographs(parts.validation, recipe, title="validation photographs")
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
    judging = _describe(parts.judging, digests)
    split = SplitData(training, validation, judging, table, dict(collection.left_out))
    broken = len(split.training.broken) + len(split.validation.broken)
    counts = dict(zip(LABELS, count_by_label(split.training.photographs), strict=True))
    print(
        f"training on {len(split.training.photographs)} photographs {counts}, "
        f"validating on {len(split.validation.photographs)}, {broken} broken files skipped; "
        f"left out {len(parts.judging)} to judge by"
        + (f" and {len(parts.own_fold)} of the fold" if options.fold else "")
        + (f" and {len(parts.left_out)} to test on" if options.leave_out else ""),
        flush=True,
    )
    if not split.training.photographs:
        raise DataError(options.data[0], "no photograph could be read.")
    return split


def read_names(table: Path, parts: Parts) -> frozenset[str]:
    """Read which photographs are tested on later. Raises DataError where one is in no folder."""
    known = {one.image_id for part in (parts.training, parts.own_fold) for one in part}
    known |= {one.image_id for part in (parts.validation, parts.judging) for one in part}
    rows = read_rows(table, ("image_id",))
    for number, row in rows:
        if row["image_id"] not in known:
            raise DataError(
                table, f"there is no photograph {row['image_id']} to leave out.", number
            )
    return frozenset(row["image_id"] for _, row in rows)


def make_division(options: argparse.Namespace) -> Division:
    """Take from the command line how the photographs are divided."""
    return Division(
        validation=options.validation,
        seed=options.split_seed,
        judging=options.judging,
        judging_seed=options.judging_seed,
        fold=options.fold,
        include_validation=options.include_validation,
    )


def read_targets(options: argparse.Namespace, data: SplitData) -> SoftTargets | None:
    """Read the teachers' answers that were asked for.

    Raises MlError where a teacher may have seen what this run leaves out.
    """
    if options.soft is None:
        return None
    targets = load_soft_targets(options.soft)
    targets.check_parts(
        validation=data.validation.data_hash if data.validation.photographs else None,
        judging=data.judging["sha256"] if data.judging["photographs"] else None,
    )
    return targets


def describe_tested(file: Path | None, left_out: PartTable) -> dict[str, Any] | None:
    """Say in a run's record what it leaves out to be tested on."""
    if file is None:
        return None
    count = len(left_out.image_ids)
    return {"file": file.name, "sha256": hash_file(file), "photographs": count}


def describe_teachers(file: Path | None, targets: SoftTargets | None) -> dict[str, Any] | None:
    """Say in a run's record whose answers it learns from."""
    if file is None or targets is None:
        return None
    return {"file": file.name, "sha256": hash_file(file), "sources": list(targets.sources)}


def describe_run(
    options: argparse.Namespace, data: SplitData, trainer: Trainer, recipe: Recipe, start: Start
) -> dict[str, Any]:
    """Collect what run.json says besides the history."""
    return {
        "network": options.network,
        "start": {"description": start.description, "seconds": start.seconds},
        "seed": options.seed,
        "recipe": asdict(recipe),
        "schedule": asdict(trainer.schedule),
        "augmentation": asdict(trainer.augmentation),
        "data": {
            "folders": [folder.name for folder in options.data],
            "training_only": [folder.name for folder in options.training_only],
            "split_seed": options.split_seed,
            "validation_part": options.validation,
            "judging_part": options.judging,
            "judging_seed": options.judging_seed,
            "fold": options.fold,
            "include_validation": options.include_validation,
            "tested_on": describe_tested(options.leave_out, data.parts.only(LEFT_OUT)),
            "training": _describe_loaded(data.training),
            "validation": _describe_loaded(data.validation),
            "judging": data.judging,
            "left_out": data.left_out,
            "squeezed_from": options.squeezed_from,
        },
        "hardware": describe_hardware(trainer.device),
        "code_version": code_version(),
    }


def _describe_loaded(loaded: LoadedPhotographs) -> dict[str, Any]:
    broken = [path.name for path in loaded.broken]
    return {**_describe(loaded.photographs, loaded.digests), "broken": broken}


def _describe(photographs: Sequence[Photograph], digests: Sequence[str]) -> dict[str, Any]:
    return {
        "photographs": len(photographs),
        "by_class": dict(zip(LABELS, count_by_label(photographs), strict=True)),
        "sha256": hash_data(photographs, digests),
    }


def describe_hardware(device: torch.device) -> str:
    """Say in words what the training ran on."""
    if device.type == "cuda":
        return f"one {torch.cuda.get_device_name(device)} GPU"
    cores = torch.get_num_threads()
    return f"{cores} CPU {'core' if cores == 1 else 'cores'}"


def choose_device(name: str) -> torch.device:
    """Take CUDA where there is some, unless told otherwise. Raises NetworkError."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise NetworkError("There is no CUDA device here; use --device cpu.")
    return torch.device(name)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
