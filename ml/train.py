"""Trains one network: `python -m ml.train --data DIR [DIR...] --out RUN_DIR`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ml.arguments import parse_count, parse_fold, parse_part, parse_proportion
from ml.bundle.architectures import NETWORKS
from ml.bundle.labels import LABELS, MALIGNANT, Classes
from ml.bundle.preprocessing import Recipe
from ml.errors import run_command
from ml.training.augmentation import PRESETS
from ml.training.parts import JUDGING_SEED, Division
from ml.training.plan import BALANCERS, Schedule, TrainingPlan


def main(arguments: Sequence[str] | None = None) -> int:
    """Train one network and write the run folder with its bundle."""
    plan = read_plan(arguments)
    from ml.training.run import run  # needs torch; parsing the command line works without it

    run(plan, lambda line: print(line, flush=True))
    return 0


def read_plan(arguments: Sequence[str] | None) -> TrainingPlan:
    """Read the command line."""
    parser = create_parser()
    options = parser.parse_args(arguments)
    try:
        return make_plan(options)
    except ValueError as error:
        parser.error(f"{error}")


def create_parser() -> argparse.ArgumentParser:
    """Return the command-line parser."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.train",
        description="Train one network on photographs in the layout of HAM10000 "
        "(HAM10000_metadata.csv with lesion_id, image_id, dx next to the image folders).",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_data(parser.add_argument_group("data"))
    _add_network(parser.add_argument_group("network"))
    _add_schedule(parser.add_argument_group("schedule"))
    _add_run(parser.add_argument_group("run"))
    return parser


def _add_data(group: argparse._ArgumentGroup) -> None:
    """Add the options that choose the photographs."""
    group.add_argument(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="one or more folders in the layout of HAM10000",
    )
    group.add_argument(
        "--training-only",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="more folders, used for training but not for validation; a labels.csv with image_id "
        "and dx is enough",
    )
    group.add_argument(
        "--classes",
        nargs="+",
        default=list(LABELS),
        metavar="DX",
        help="the classes; rows of the tables with other classes are left out",
    )
    group.add_argument(
        "--malignant",
        nargs="*",
        default=None,
        metavar="DX",
        help="the malignant ones among the classes (default: mel, bcc and akiec, if present)",
    )
    group.add_argument(
        "--squeezed-from",
        type=parse_proportion,
        metavar="W:H",
        help="original aspect ratio of photographs that were squeezed into squares, such as 4:3",
    )
    group.add_argument(
        "--validation",
        type=parse_part,
        default=0.15,
        help="fraction of each class's lesions to use for validation",
    )
    group.add_argument("--split-seed", type=int, default=2018, help="seed of the validation part")
    group.add_argument(
        "--judging",
        type=parse_part,
        default=0.1,
        help="fraction of each class's lesions to hold out from all training and fitting, so that "
        "finished bundles can be judged on them",
    )
    group.add_argument(
        "--judging-seed", type=int, default=JUDGING_SEED, help="seed of the judging part"
    )
    group.add_argument(
        "--fold",
        type=parse_fold,
        metavar="K/N",
        help="divide the training photographs into N folds by lesion and leave out fold K",
    )
    group.add_argument(
        "--leave-out",
        type=Path,
        metavar="CSV",
        help="table of photographs (image_id) to test on later, such as from ml.splits: no "
        "photograph of their lesions is used for training or validation",
    )
    group.add_argument(
        "--include-validation",
        action="store_true",
        help="train on the validation part too, for a final run whose number of epochs is settled; "
        "its bundle is not measured",
    )


def _add_network(group: argparse._ArgumentGroup) -> None:
    """Add the options that choose the network and its starting weights."""
    group.add_argument(
        "--network",
        choices=sorted(NETWORKS),
        default="efficientnet_lite1",
        help="network to train; weights for the Lite networks are installed",
    )
    group.add_argument(
        "--pretrained",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="start from ImageNet or Noisy Student weights",
    )
    group.add_argument(
        "--start",
        metavar="NETWORK|BUNDLE",
        help="start from another network instead, grown to this size if it is smaller: give a name "
        "to use its installed weights, or the folder of a bundle with one member to use those",
    )
    group.add_argument("--size", type=parse_count, default=224, help="side of the input in pixels")
    group.add_argument(
        "--median",
        type=int,
        choices=(1, 3, 5),
        default=3,
        help="width of the median filter; 1 turns it off",
    )


def _add_schedule(group: argparse._ArgumentGroup) -> None:
    """Add the options of the schedule."""
    group.add_argument(
        "--epochs", type=parse_count, default=12, help="passes over the training photographs"
    )
    group.add_argument("--batch-size", type=parse_count, default=32, help="photographs per step")
    group.add_argument("--lr", type=float, default=1e-3, help="highest learning rate of AdamW")
    group.add_argument("--weight-decay", type=float, default=0.01, help="weight decay of AdamW")
    group.add_argument(
        "--warm-up",
        type=parse_part,
        default=0.15,
        help="fraction of the run during which the learning rate rises",
    )
    group.add_argument(
        "--ema", type=float, default=0.998, help="decay of the averaged weights, per step"
    )
    group.add_argument(
        "--balance",
        choices=BALANCERS,
        default="balanced-softmax",
        help="how class imbalance is corrected",
    )
    group.add_argument(
        "--mixup",
        type=parse_part,
        default=0.0,
        metavar="ALPHA",
        help="blend photographs in pairs (mixup), with weights drawn from Beta(ALPHA, ALPHA)",
    )
    group.add_argument(
        "--soft",
        type=Path,
        metavar="FILE",
        help="teachers' predictions to learn from as well, as joined by ml.soft_targets",
    )
    group.add_argument(
        "--temperature",
        type=float,
        default=2.0,
        help="divisor of the teachers' and the student's logits",
    )
    group.add_argument(
        "--soft-weight",
        type=float,
        default=0.5,
        metavar="PART",
        help="weight of the teachers relative to the labels, 0 to 1",
    )
    group.add_argument(
        "--augment",
        nargs="?",
        choices=tuple(PRESETS),
        const="standard",
        default="standard",
        help="turn, crop, recolour and cover photographs at random; strong also imitates the "
        "light, colours and sharpness of other cameras",
    )
    group.add_argument(
        "--no-augment",
        action="store_const",
        dest="augment",
        const="none",
        help="same as --augment none",
    )
    group.add_argument(
        "--per-class",
        type=parse_count,
        metavar="N",
        help="draw at most N photographs of each class, and draw again for every epoch",
    )
    group.add_argument(
        "--frozen-epochs",
        type=int,
        default=0,
        metavar="N",
        help="train only the head for the first N epochs",
    )
    group.add_argument(
        "--freeze-batch-norm",
        action="store_true",
        help="keep the batch-norm statistics of the starting weights",
    )
    group.add_argument(
        "--early-stopping",
        type=parse_count,
        metavar="PATIENCE",
        help="stop after this many validations without a better balanced accuracy, and keep the "
        "best weights",
    )
    group.add_argument(
        "--validate-every",
        type=parse_count,
        default=1,
        metavar="N",
        help="validate after every Nth epoch and after the last",
    )


def _add_run(group: argparse._ArgumentGroup) -> None:
    """Add the options for the run: where it is stored, its seed and its hardware."""
    group.add_argument(
        "--out", type=Path, metavar="RUN_DIR", help="folder of the run (default: runs/NETWORK)"
    )
    group.add_argument(
        "--version", help="version of the run's bundle (default: network, size, seed)"
    )
    group.add_argument("--resume", action="store_true", help="resume the run in --out, or start it")
    group.add_argument(
        "--seed", type=int, default=1, help="seed of the weights, the order and the augmentation"
    )
    group.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    group.add_argument("--threads", type=int, default=0, help="CPU threads; 0 means the default")
    group.add_argument("--workers", type=int, default=0, help="processes that augment photographs")


def make_plan(options: argparse.Namespace) -> TrainingPlan:
    """Build the plan from the options. Raises ValueError if they contradict each other."""
    return TrainingPlan(
        data=tuple(options.data),
        out=options.out or Path("runs", options.network),
        training_only=tuple(options.training_only),
        division=Division(
            validation=options.validation,
            seed=options.split_seed,
            judging=options.judging,
            judging_seed=options.judging_seed,
            fold=options.fold,
            include_validation=options.include_validation,
        ),
        classes=make_classes(options.classes, options.malignant),
        leave_out=options.leave_out,
        network=options.network,
        pretrained=options.pretrained,
        start=options.start,
        recipe=Recipe(
            size=options.size, median_kernel=options.median, squeezed_from=options.squeezed_from
        ),
        schedule=make_schedule(options),
        augmentation=PRESETS[options.augment],
        soft=options.soft,
        seed=options.seed,
        version=options.version,
        resume=options.resume,
        device=options.device,
        threads=options.threads,
    )


def make_classes(names: Sequence[str], malignant: Sequence[str] | None) -> Classes:
    """Build the classes from their names. Raises ValueError."""
    if malignant is None:
        malignant = [name for name in MALIGNANT if name in names]
    return Classes(tuple(names), tuple(malignant))


def make_schedule(options: argparse.Namespace) -> Schedule:
    """Build the schedule from the options; without teachers, their weight is 0."""
    schedule = Schedule(
        epochs=options.epochs,
        batch_size=options.batch_size,
        lr=options.lr,
        weight_decay=options.weight_decay,
        warm_up=options.warm_up,
        ema=options.ema,
        balance=options.balance,
        mixup=options.mixup,
        soft_weight=options.soft_weight,
        temperature=options.temperature,
        per_class=options.per_class,
        frozen_epochs=options.frozen_epochs,
        freeze_batch_norm=options.freeze_batch_norm,
        patience=options.early_stopping,
        validate_every=options.validate_every,
        workers=options.workers,
    )
    return schedule if options.soft else replace(schedule, soft_weight=0.0, temperature=1.0)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
