"""Shows what a collection contains, and its oddities: `python -m ml.explore DIR --out FOLDER`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.arguments import parse_count, parse_proportion
from ml.errors import run_command
from ml.training.explore import PAGE, explore


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page and print how many pictures of each kind there are."""
    options = parse_arguments(arguments)
    found = explore(
        options.folders,
        options.out,
        bundle=options.bundle,
        squeezed_from=options.squeezed_from,
        limit=options.limit,
    )
    print(f"{options.out / PAGE}: {found.photographs} photographs")
    for gallery in found.galleries:
        print(f"{gallery.title}: {gallery.total}")
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.explore",
        description="Write a page about a collection of labelled photographs: counts, and pictures "
        "of near-duplicates, outliers and doubtful labels.",
    )
    parser.add_argument(
        "folders", type=Path, nargs="+", metavar="DIR", help="folders as for --data of ml.train"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help=f"folder for {PAGE}; the page contains photographs, so store it only where they may "
        "be stored",
    )
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="DIR",
        help="bundle whose features are used to find outliers and doubtful labels",
    )
    parser.add_argument(
        "--squeezed-from",
        type=parse_proportion,
        metavar="W:H",
        help="original aspect ratio of photographs that were squeezed into squares, such as 4:3",
    )
    parser.add_argument(
        "--limit",
        type=parse_count,
        default=24,
        metavar="N",
        help="most pictures of each kind (default: 24)",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
