"""Compares the speed of bundles."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ml.bundle.engines import create_engine
from ml.bundle.manifest import read_manifest, verify_bundle
from ml.errors import DataError

SPEED = "speed.json"
ROUNDS = 30
WARM_UP = 2


def time_bundles(
    bundles: Sequence[Path],
    *,
    engine: str = "onnx",
    batch: int = 1,
    rounds: int = ROUNDS,
    threads: int | None = None,
) -> dict[str, float]:
    """Return each bundle's median time for one view of one photograph, in milliseconds.

    The bundles take turns, so that other load on the machine affects all of them alike. A bundle is
    named after its folder, or after the folder above it if its own is called `bundle`.
    """
    runs = {}
    for bundle in bundles:
        manifest = read_manifest(bundle)
        verify_bundle(bundle, manifest)
        loaded = create_engine(engine, bundle, manifest, threads)
        images = np.zeros((batch, 3, manifest.size, manifest.size), dtype=np.float32)
        name = bundle.parent.name if bundle.name == "bundle" else bundle.name
        runs[name] = (loaded, images)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in tqdm(range(WARM_UP + rounds), desc="timing", unit="round"):
        for name, (loaded, images) in runs.items():
            started = time.perf_counter()
            loaded.run(images)
            if number >= WARM_UP:
                times[name].append(1000 * (time.perf_counter() - started) / batch)
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def read_speed(file: Path) -> Mapping[str, float]:
    """Read the medians that ml.speed wrote. Raises DataError."""
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): float(value) for name, value in raw.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise DataError(file, "the times are missing or cannot be read.") from error
