"""The options of the commands that measure a bundle."""

from __future__ import annotations

import argparse
from pathlib import Path

from ml.arguments import parse_proportion
from ml.bundle.engines import ENGINES
from ml.bundle.manifest import DEFAULT_BUNDLE, VIEW_COUNTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which photographs are measured and by which bundle."""
    parser.add_argument(
        "--images",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="folders with the photographs, anywhere below (.jpg, .jpeg, .png, .webp)",
    )
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="CSV",
        help="has columns image_id and dx; where it has lesion_id, intervals draw whole lesions "
        "(default: the photographs that the bundle was validated on)",
    )
    parser.add_argument(
        "--bundle", type=Path, default=DEFAULT_BUNDLE, metavar="DIR", help="default: ml/weights"
    )
    parser.add_argument(
        "--squeezed-from",
        type=parse_proportion,
        metavar="W:H",
        help="square photographs were squeezed from this proportion, such as 4:3 "
        "(default: none; with the bundle's own validation photographs, as there)",
    )
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="default: auto")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all)")
    parser.add_argument(
        "--views",
        type=int,
        choices=VIEW_COUNTS,
        help="how many flips and turns are averaged (default: the bundle's)",
    )
