"""Times bundles against each other: `python -m ml.speed BUNDLE [BUNDLE...] --json OUT`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.arguments import parse_count
from ml.bundle.engines import ENGINES, create_engine
from ml.bundle.manifest import read_manifest, verify_bundle
from ml.errors import DataError, run_command

SPEED = "speed.json"
ROUNDS = 30
WARM_UP = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Time every bundle as the command line says and write the medians by name."""
    options = parse_arguments(arguments)
    medians = time_bundles(options)
    options.json.write_text(json.dumps(medians, indent=2) + "\n", encoding="utf-8")
    for name, milliseconds in medians.items():
        print(f"{name}: {milliseconds} ms, {1000 / milliseconds:.0f} photographs a second")
    return 0


def time_bundles(options: argparse.Namespace) -> dict[str, float]:
    """Give each bundle's median time for one photograph in one view, in milliseconds.

    Bundles take turns, so that what else the machine does falls on all of them alike. The name is
    that of the folder, or of the run's where the folder is called bundle.
    """
    runs = {}
    for bundle in options.bundles:
        manifest = read_manifest(bundle)
        verify_bundle(bundle, manifest)
        engine = create_engine(options.engine, bundle, manifest, options.threads)
        images = np.zeros((options.batch, 3, manifest.size, manifest.size), dtype=np.float32)
        name = bundle.parent.name if bundle.name == "bundle" else bundle.name
        runs[name] = (engine, images)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in tqdm(range(WARM_UP + options.rounds), desc="timing", unit="round"):
        for name, (engine, images) in runs.items():
            started = time.perf_counter()
            engine.run(images)
            if number >= WARM_UP:
                times[name].append(1000 * (time.perf_counter() - started) / options.batch)
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def read_speed(file: Path) -> Mapping[str, float]:
    """Read the medians that this command wrote. Raises DataError."""
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): float(value) for name, value in raw.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise DataError(file, "there are no readable times.") from error


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.speed",
        description="Time photographs through each bundle's networks, the bundles taking turns.",
    )
    parser.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE")
    parser.add_argument("--json", type=Path, required=True, metavar="OUT")
    parser.add_argument(
        "--engine", choices=ENGINES, default="onnx", help="auto takes CUDA where there is some"
    )
    parser.add_argument(
        "--batch", type=parse_count, default=1, help="photographs that go through together"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all)")
    parser.add_argument("--rounds", type=parse_count, default=ROUNDS, help="batches each")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
