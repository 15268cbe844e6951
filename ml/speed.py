"""Compares the speed of bundles: `python -m ml.speed BUNDLE [BUNDLE...] --json OUT`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.arguments import parse_count
from ml.bundle.engines import ENGINES
from ml.errors import run_command
from ml.evaluation.speed import ROUNDS, time_bundles


def main(arguments: Sequence[str] | None = None) -> int:
    """Time every bundle and write the medians by name."""
    options = parse_arguments(arguments)
    medians = time_bundles(
        options.bundles,
        engine=options.engine,
        batch=options.batch,
        rounds=options.rounds,
        threads=options.threads,
    )
    options.json.write_text(json.dumps(medians, indent=2) + "\n", encoding="utf-8")
    for name, milliseconds in medians.items():
        print(f"{name}: {milliseconds} ms, {1000 / milliseconds:.0f} photographs a second")
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.speed",
        description="Time the networks of several bundles, which take turns.",
    )
    parser.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE")
    parser.add_argument("--json", type=Path, required=True, metavar="OUT")
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default="onnx",
        help="auto uses CUDA if available (default: onnx)",
    )
    parser.add_argument(
        "--batch", type=parse_count, default=1, help="photographs per batch (default: 1)"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all)")
    parser.add_argument(
        "--rounds",
        type=parse_count,
        default=ROUNDS,
        help=f"batches per bundle (default: {ROUNDS})",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
