"""Draws splits from published work and counts their leaks: `python -m ml.splits`.

`kaggle-single` is the usual split of HAM10000's public notebooks: only lesions with a single
photograph are tested on. `by-photograph` ignores lesions, so that most of its test photographs have
a twin in training; it is included to show how many.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.arguments import parse_part
from ml.errors import run_command
from ml.evaluation.tables import read_rows
from ml.training.splits import COLUMNS, describe, draw_by_photograph, draw_single, write_split


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw a split and print how many test photographs have a twin in training."""
    options = parse_arguments(arguments)
    rows = [row for _, row in read_rows(options.metadata, COLUMNS)]
    draw = draw_single if options.split == "kaggle-single" else draw_by_photograph
    tested = draw(rows, part=options.part, seed=options.seed)
    print("\n".join(describe(rows, tested)))
    if options.out:
        write_split(options.out, tested)
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.splits",
        description="Draw a split of HAM10000 that is used in published work, and count its leaks.",
    )
    kinds = parser.add_subparsers(dest="split", required=True)
    for name, part, seed, words in (
        ("kaggle-single", 0.17, 101, "test only on lesions that have a single photograph"),
        ("by-photograph", 0.2, 42, "test on any photographs; most have a twin in training"),
    ):
        kind = kinds.add_parser(
            name, help=words, formatter_class=argparse.ArgumentDefaultsHelpFormatter
        )
        kind.add_argument(
            "--metadata", type=Path, required=True, metavar="CSV", help="metadata table of HAM10000"
        )
        kind.add_argument("--part", type=parse_part, default=part, help="fraction to test on")
        kind.add_argument("--seed", type=int, default=seed, help="seed of the draw")
        kind.add_argument(
            "--out", type=Path, metavar="CSV", help="file to write the test photographs to"
        )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
