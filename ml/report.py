"""Compares bundles by their validation predictions: `python -m ml.report FOLDER --base NAME`.

Each folder in FOLDER that contains manifest.json and validation.npz becomes a row. With --table,
the rows come from a file of kept runs instead: `docs/runs.jsonl --table recipe`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.errors import run_command
from ml.evaluation.speed import SPEED
from ml.training.report import describe_rows, describe_speed, read_rows, read_table


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of bundles as Markdown, followed by how each was made."""
    options = parse_arguments(arguments)
    place, table = options.folder, options.table
    rows = read_table(place, table) if table else read_rows(place)
    if options.speed:
        print("\n".join(describe_speed(rows, options.speed)))
    else:
        print("\n".join(describe_rows(rows, options.base)))
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.report",
        description="Print a Markdown table of the bundles in a folder: balanced accuracy and "
        "melanoma recall with 95 % intervals over lesions, and the difference from one of them, "
        "paired by lesion.",
    )
    parser.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="a folder of bundles; with --table, a file of kept runs",
    )
    parser.add_argument(
        "--table", metavar="NAME", help="use the runs of this table in a file of kept runs"
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--base", metavar="NAME", help="the row to compare the others with")
    what.add_argument(
        "--speed",
        type=Path,
        metavar="JSON",
        help=f"show size and time instead, with the times from {SPEED}, written by ml.speed",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
