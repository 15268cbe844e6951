"""Joins training runs into a versioned bundle: `python -m ml.export --runs RUN... --out DIR`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.arguments import parse_count
from ml.bundle.engines import cuda_is_usable
from ml.bundle.manifest import VIEW_COUNTS, VIEWS
from ml.errors import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Export a bundle and print how good it is."""
    options = parse_arguments(arguments)
    from ml.training.bundles import BundleOptions, describe_bundle, export_bundle  # needs torch

    views = options.views or (len(VIEWS) if cuda_is_usable() else 1)
    bundle = BundleOptions(options.version, options.size, VIEWS[:views])
    print(describe_bundle(export_bundle(options.runs, options.data, options.out, bundle)))
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.export",
        description="Join training runs into one bundle and measure it on their validation split.",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        nargs="+",
        required=True,
        metavar="RUN",
        help="run folders of ml.train, trained on the same split",
    )
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="the folders given to --data of ml.train, in the same order",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle folder")
    parser.add_argument("--version", required=True, help="the bundle's version, such as 2026.1")
    parser.add_argument(
        "--size",
        type=parse_count,
        metavar="PIXELS",
        help="side of the networks' input (default: the size that the first run was trained at)",
    )
    parser.add_argument(
        "--views",
        type=int,
        choices=VIEW_COUNTS,
        help="number of flips and turns of each photograph to average; temperature and thresholds "
        "are fitted with them (default: 8 with CUDA, else 1)",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
