"""Stores teachers' answers for students to learn from: `python -m ml.soft_targets`.

`answer RUN` asks the network of one fold about the photographs it was not trained on, `join` puts
the answers of all folds into one file, so that each training photograph has the answer of those
teachers alone that never saw it.
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
    """Answer or join as the command line says."""
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
        f"{options.out}: {count} photographs to train on, {len(targets.image_ids) - count} to "
        f"validate on, answered by {len(targets.sources)} teachers"
    )
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.soft_targets",
        description="Keep the answers of teachers to photographs that they were not trained on.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    answer = commands.add_parser("answer", help="ask one run of ml.train --fold")
    answer.add_argument("run", type=Path, metavar="RUN", help="a finished run's folder")
    answer.add_argument(
        "--images",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="folders with the photographs, those of --training-only too",
    )
    answer.add_argument(
        "--views",
        type=int,
        choices=VIEW_COUNTS,
        default=len(VIEWS),
        help="how many flips and turns are averaged (default: 8)",
    )
    answer.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all)")
    joined = commands.add_parser("join", help="join the answers of several teachers")
    joined.add_argument("files", type=Path, nargs="+", metavar="FILE")
    for command in (answer, joined):
        command.add_argument("--out", type=Path, required=True, metavar="FILE", help="an .npz file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
