"""Draws how training changes a photograph: `python -m ml.pictures PHOTO --out FILE`.

Each row shows several draws of one change alone; the last row shows the median filter.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.arguments import parse_proportion
from ml.bundle.preprocessing import Recipe
from ml.errors import MlError, run_command
from ml.training.pictures import DPI, draw_changes


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the changes of one photograph."""
    options = parse_arguments(arguments)
    try:
        data = options.photograph.read_bytes()
        figure = draw_changes(data, Recipe(squeezed_from=options.squeezed_from))
        figure.savefig(options.out, dpi=DPI)
    except OSError as error:
        raise MlError(f"{error.filename}: {error.strerror}") from error
    print(options.out)
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.pictures",
        description="Draw each change that training makes to a photograph, and the median filter.",
    )
    parser.add_argument("photograph", type=Path, metavar="PHOTO")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".webp, .png or .jpg"
    )
    parser.add_argument(
        "--squeezed-from",
        type=parse_proportion,
        metavar="W:H",
        help="original aspect ratio of a photograph that was squeezed into a square, such as 4:3",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
