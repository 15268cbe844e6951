"""Stores teachers' predictions for students to learn from: `python -m ml.soft_targets`.

`answer RUN` runs the network of one fold on the photographs it was not trained on. `join` combines
the files of all folds into one, so that the targets of each training photograph come only from
teachers that never saw it.
Source: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.bundle.manifest import VIEW_COUNTS, VIEWS
from ml.errors import run_command
from ml.training.soft_targets import answer_left_out, join, load_soft_targets, save_soft_targets


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one teacher or join the predictions of several, and write the file."""
    options = parse_arguments(arguments)
    if options.command == "answer":
        targets = answer_left_out(
            options.run, options.images, views=options.views, threads=options.threads
        )
    else:
        targets = join([load_soft_targets(file) for file in options.files])
    save_soft_targets(options.out, targets)
    count = int(targets.is_training.sum())
    print(
        f"{options.out}: {count} training photographs and {len(targets.image_ids) - count} "
        f"validation photographs; number of teachers: {len(targets.sources)}"
    )
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.soft_targets",
        description="Store teachers' predictions for photographs they were not trained on.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    answer = commands.add_parser("answer", help="run one teacher, trained with ml.train --fold")
    answer.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    answer.add_argument(
        "--images",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="folders that contain the photographs, including those of --training-only",
    )
    answer.add_argument(
        "--views",
        type=int,
        choices=VIEW_COUNTS,
        default=len(VIEWS),
        help="number of flips and turns to average (default: 8)",
    )
    answer.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all)")
    joined = commands.add_parser("join", help="join the predictions of several teachers")
    joined.add_argument("files", type=Path, nargs="+", metavar="FILE")
    for command in (answer, joined):
        command.add_argument("--out", type=Path, required=True, metavar="FILE", help="an .npz file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
