"""Trains one network: `python -m ml.train --data DIR [DIR...] --out RUN_DIR`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ml.arguments import parse_count, parse_part, parse_proportion
from ml.augment import NO_AUGMENTATION, Augmentation
from ml.bundles import BundleOptions, build_bundle
from ml.data import (
    Collection,
    LoadedPhotographs,
    Photograph,
    count_by_label,
    load_photographs,
    read_collection,
    split_by_lesion,
)
from ml.errors import DataError, MlError, NetworkError, run_command
from ml.export import describe_bundle
from ml.labels import LABELS
from ml.losses import BALANCERS
from ml.networks import NETWORKS
from ml.preprocessing import Recipe
from ml.runs import (
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
from ml.start import Start, check_same_validation, create_start
from ml.training import Schedule, Trainer

# A frame is kept up to this width over its height, so that augmentation can move the square.
WIDEST = 4 / 3


@dataclass(frozen=True)
class SplitData:
    """Holds both sides of the lesion-level split, ready for training."""

    training: LoadedPhotographs
    validation: LoadedPhotographs
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
    check_same_validation(start, data.validation.photographs)
    trainer = Trainer(
        start.network,
        make_schedule(options),
        recipe,
        data.training,
        data.validation,
        augmentation=Augmentation() if options.augment else NO_AUGMENTATION,
        seed=options.seed,
        device=device,
    )
    record = describe_run(options, data, trainer, recipe, start)
    if (out / STATE).exists():
        check_same_run(out, record)
        trainer.restore(load_state(out))
    out.mkdir(parents=True, exist_ok=True)
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
    for part in ("network", "start", "seed", "recipe", "augmentation", "data"):
        if begun[part] != json.loads(json.dumps(record[part])):
            raise DataError(
                out / RECORD, f"the run began with another {part}; choose a new folder."
            )
    schedule = begun["schedule"] | {"workers": record["schedule"]["workers"]}
    if schedule != record["schedule"]:
        raise DataError(out / RECORD, "the run began with another schedule; take a new folder.")
    if begun["hardware"] != record["hardware"]:
        record["hardware"] = f"{begun['hardware']}, then {record['hardware']}"


def read_extra(folders: Sequence[Path], collection: Collection) -> tuple[Photograph, ...]:
    """Read the folders that only training sees. Raises DataError where a lesion is in both."""
    if not folders:
        return ()
    extra = read_collection(folders).photographs
    known = {photograph.image_id for photograph in collection.photographs}
    lesions = {photograph.lesion_id for photograph in collection.photographs}
    for photograph in extra:
        if photograph.image_id in known or photograph.lesion_id in lesions:
            raise DataError(photograph.path, "its lesion is in the folders of --data too.")
    return extra


def load_split(
    collection: Collection,
    extra: Sequence[Photograph],
    options: argparse.Namespace,
    recipe: Recipe,
) -> SplitData:
    """Split a collection by lesion, add `extra` to its training side, prepare each photograph."""
    if collection.left_out:
        names = ", ".join(f"{count} {dx}" for dx, count in sorted(collection.left_out.items()))
        print(f"left out, not one of the seven classes: {names}", flush=True)
    training, validation = split_by_lesion(
        collection.photographs, validation=options.validation, seed=options.split_seed
    )
    if not training:
        raise DataError(options.data[0], "the split leaves no photograph to train on.")
    split = SplitData(
        load_photographs((*training, *extra), recipe, widest=WIDEST, title="training photographs"),
        load_photographs(validation, recipe, title="validation photographs"),
        dict(collection.left_out),
    )
    broken = len(split.training.broken) + len(split.validation.broken)
    counts = dict(zip(LABELS, count_by_label(split.training.photographs), strict=True))
    print(
        f"training on {len(split.training.photographs)} photographs {counts}, "
        f"validating on {len(split.validation.photographs)}, {broken} broken files skipped",
        flush=True,
    )
    if not split.training.photographs:
        raise DataError(options.data[0], "no photograph could be read.")
    return split


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
            "training": _describe(data.training),
            "validation": _describe(data.validation),
            "left_out": data.left_out,
            "squeezed_from": options.squeezed_from,
        },
        "hardware": describe_hardware(trainer.device),
        "code_version": code_version(),
    }


def _describe(loaded: LoadedPhotographs) -> dict[str, Any]:
    return {
        "photographs": len(loaded.photographs),
        "by_class": dict(zip(LABELS, count_by_label(loaded.photographs), strict=True)),
        "broken": [path.name for path in loaded.broken],
        "sha256": loaded.data_hash,
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


def make_schedule(options: argparse.Namespace) -> Schedule:
    """Take the schedule from the command line."""
    return Schedule(
        epochs=options.epochs,
        batch_size=options.batch_size,
        lr=options.lr,
        weight_decay=options.weight_decay,
        warm_up=options.warm_up,
        ema=options.ema,
        balance=options.balance,
        per_class=options.per_class,
        frozen_epochs=options.frozen_epochs,
        freeze_batch_norm=options.freeze_batch_norm,
        patience=options.early_stopping,
        validate_every=options.validate_every,
        workers=options.workers,
    )


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.train",
        description="Train one network on photographs in the layout of HAM10000 "
        "(HAM10000_metadata.csv with lesion_id, image_id, dx beside the image folders).",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    data = parser.add_argument_group("data")
    data.add_argument(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="one or several folders in the layout of HAM10000",
    )
    data.add_argument(
        "--training-only",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="more folders, whose photographs are never validated on; labels.csv with image_id "
        "and dx will do",
    )
    data.add_argument(
        "--squeezed-from",
        type=parse_proportion,
        metavar="W:H",
        help="square photographs were squeezed from this proportion, such as 4:3",
    )
    data.add_argument(
        "--validation",
        type=parse_part,
        default=0.15,
        help="part of each class's lesions kept for validation",
    )
    data.add_argument("--split-seed", type=int, default=2018, help="seed of the split")
    network = parser.add_argument_group("network")
    network.add_argument(
        "--network",
        choices=sorted(NETWORKS),
        default="efficientnet_lite1",
        help="what to train; the Lite networks start from weights that are installed",
    )
    network.add_argument(
        "--pretrained",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="begin with ImageNet or Noisy Student weights",
    )
    network.add_argument(
        "--start",
        metavar="NETWORK|BUNDLE",
        help="begin with a smaller network instead, grown to this one's size: its name takes its "
        "installed weights, the folder of a bundle with one member those of an earlier run",
    )
    network.add_argument(
        "--size", type=parse_count, default=224, help="side of the input in pixels"
    )
    network.add_argument(
        "--median",
        type=int,
        choices=(1, 3, 5),
        default=3,
        help="width of the median filter; 1 is none",
    )
    schedule = parser.add_argument_group("schedule")
    schedule.add_argument(
        "--epochs", type=parse_count, default=12, help="passes over the photographs"
    )
    schedule.add_argument("--batch-size", type=parse_count, default=32, help="photographs a step")
    schedule.add_argument("--lr", type=float, default=1e-3, help="highest rate of AdamW")
    schedule.add_argument("--weight-decay", type=float, default=0.01, help="of AdamW")
    schedule.add_argument(
        "--warm-up", type=parse_part, default=0.15, help="part of the run in which the rate rises"
    )
    schedule.add_argument(
        "--ema", type=float, default=0.998, help="decay of the averaged weights, by step"
    )
    schedule.add_argument(
        "--balance", choices=BALANCERS, default="balanced-softmax", help="the one re-balancer"
    )
    schedule.add_argument(
        "--augment",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="show each photograph turned, cut, coloured and covered anew each time",
    )
    schedule.add_argument(
        "--per-class",
        type=parse_count,
        metavar="N",
        help="draw at most N photographs of a class for each epoch, anew each time",
    )
    schedule.add_argument(
        "--frozen-epochs",
        type=int,
        default=0,
        metavar="N",
        help="train the head alone for the first N epochs",
    )
    schedule.add_argument(
        "--freeze-batch-norm",
        action="store_true",
        help="keep the starting weights' batch-norm statistics",
    )
    schedule.add_argument(
        "--early-stopping",
        type=parse_count,
        metavar="PATIENCE",
        help="stop after so many validations without a better balanced "
        "accuracy, and keep the best weights",
    )
    schedule.add_argument(
        "--validate-every",
        type=parse_count,
        default=1,
        metavar="N",
        help="validate after every N epochs and after the last",
    )
    run = parser.add_argument_group("run")
    run.add_argument(
        "--out", type=Path, metavar="RUN_DIR", help="the run's folder (default: runs/NETWORK)"
    )
    run.add_argument("--version", help="version of the run's bundle (default: network, size, seed)")
    run.add_argument(
        "--resume", action="store_true", help="go on where the run in --out stopped, or begin"
    )
    run.add_argument("--seed", type=int, default=1, help="seed of weights, order, augmentation")
    run.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    run.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the default")
    run.add_argument("--workers", type=int, default=0, help="processes that augment photographs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
