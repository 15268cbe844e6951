"""Classifies photographs: `python -m ml.predict PHOTO...` prints one JSON object per line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.bundle.engines import ENGINES
from ml.bundle.ensemble import Ensemble, load_ensemble
from ml.bundle.manifest import DEFAULT_BUNDLE
from ml.errors import PhotographError, run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Classify every photograph; return 1 if one of them could not be classified."""
    options = parse_arguments(arguments)
    ensemble = load_ensemble(options.bundle, engine=options.engine, threads=options.threads)
    failed = False
    for path in options.photographs:
        line = answer(ensemble, path)
        failed = failed or "error" in line
        print(json.dumps(line), flush=True)
    return 1 if failed else 0


def answer(ensemble: Ensemble, path: Path) -> dict[str, Any]:
    """Return the object to print for one photograph: its prediction, or an error."""
    try:
        prediction = ensemble.predict(path.read_bytes())
    except OSError as error:
        return {"file": str(path), "error": f"The file cannot be read: {error.strerror}."}
    except PhotographError as error:
        return {"file": str(path), "error": str(error)}
    return {
        "file": str(path),
        "label": prediction.label,
        "probabilities": {
            name: round(value, 6) for name, value in prediction.probabilities.items()
        },
        "malignant": round(prediction.malignant, 6),
        "model_version": prediction.model_version,
        "milliseconds": prediction.milliseconds,
    }


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.predict",
        description="Classify photographs and print one JSON object per line, with file, label, "
        "probabilities, malignant, model_version and milliseconds, or with file and error.",
        epilog="The exit code is 0 if every photograph was classified, 1 if at least one was not "
        "(the others still are), 2 for wrong arguments or weights that cannot be loaded.",
    )
    parser.add_argument("photographs", type=Path, nargs="+", metavar="PHOTO")
    parser.add_argument(
        "--bundle", type=Path, default=DEFAULT_BUNDLE, metavar="DIR", help="default: ml/weights"
    )
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="default: auto")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
