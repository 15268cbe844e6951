"""The options that the evaluation commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from ml.arguments import parse_proportion
from ml.bundle.engines import ENGINES
from ml.bundle.manifest import DEFAULT_BUNDLE, VIEW_COUNTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the photographs and the bundle."""
    parser.add_argument(
        "--images",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="folders that contain the photographs at any depth (.jpg, .jpeg, .png, .webp)",
    )
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="CSV",
        help="table with the columns image_id and dx; with lesion_id, intervals draw whole lesions "
        "(default: the photographs that the bundle was validated on)",
    )
    parser.add_argument(
        "--bundle", type=Path, default=DEFAULT_BUNDLE, metavar="DIR", help="default: ml/weights"
    )
    parser.add_argument(
        "--squeezed-from",
        type=parse_proportion,
        metavar="W:H",
        help="original aspect ratio of photographs that were squeezed into squares, such as 4:3 "
        "(default: none, or the bundle's setting for its own validation photographs)",
    )
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="default: auto")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all)")
    parser.add_argument(
        "--views",
        type=int,
        choices=VIEW_COUNTS,
        help="number of flips and turns to average (default: the bundle's)",
    )
