"""Measures a bundle on labelled photographs: `python -m ml.evaluate --images DIR --labels CSV`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ml.answers import answer_photographs
from ml.arguments import parse_proportion
from ml.data import find_image, index_images, read_rows
from ml.engines import ENGINES
from ml.ensemble import Ensemble, load_ensemble
from ml.errors import DataError, MlError, run_command
from ml.labels import LABELS
from ml.manifest import DEFAULT_BUNDLE
from ml.metrics import measure
from ml.results import Metrics


@dataclass(frozen=True)
class LabelledPhotograph:
    """Is one row of the labels: its line, the photograph's file, an index into LABELS."""

    row: int
    path: Path
    label: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate as the command line says, write the JSON file and print a summary."""
    options = parse_arguments(arguments)
    if not options.json.absolute().parent.is_dir():
        raise MlError(f"{options.json}: the folder to write to does not exist.")
    photographs = read_labels(options.labels, options.images)
    ensemble = load_ensemble(
        options.bundle,
        engine=options.engine,
        threads=options.threads,
        squeezed_from=options.squeezed_from,
    )
    metrics = evaluate(ensemble, photographs, options.labels)
    try:
        options.json.write_text(json.dumps(asdict(metrics), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise MlError(f"{options.json}: the file cannot be written ({error.strerror}).") from error
    print(describe(metrics))
    return 0


def read_labels(table: Path, folders: Sequence[Path]) -> list[LabelledPhotograph]:
    """Read image_id and dx and find the photographs below the folders. Raises DataError."""
    rows = read_rows(table, ("image_id", "dx"))
    index = index_images(folders)
    photographs: list[LabelledPhotograph] = []
    seen: dict[Path, int] = {}
    for number, row in rows:
        dx = row["dx"].lower()
        if dx not in LABELS:
            raise DataError(table, f"dx is {row['dx']!r}, not one of {', '.join(LABELS)}.", number)
        path = find_image(index, row["image_id"], table, number)
        if path in seen:
            raise DataError(
                table, f"image_id {row['image_id']} stands in row {seen[path]} already.", number
            )
        seen[path] = number
        photographs.append(LabelledPhotograph(number, path, LABELS.index(dx)))
    return photographs


def evaluate(ensemble: Ensemble, photographs: Sequence[LabelledPhotograph], table: Path) -> Metrics:
    """Answer every photograph and compare. Raises DataError naming the row that cannot be read."""
    try:
        probabilities = answer_photographs(
            ensemble, [photograph.path for photograph in photographs], title="evaluating"
        )
    except DataError as error:
        rows = [photograph.row for photograph in photographs if photograph.path == error.file]
        raise DataError(table, str(error), rows[0]) from error
    return measure(np.asarray([photograph.label for photograph in photographs]), probabilities)


def describe(metrics: Metrics) -> str:
    """Say the main values in a few lines."""
    auc = "unknown" if metrics.auc is None else f"{metrics.auc:.4f}"
    lines = [
        f"{metrics.n} photographs: balanced accuracy {metrics.balanced_accuracy:.4f}, "
        f"accuracy {metrics.accuracy:.4f}, macro F1 {metrics.macro_f1:.4f}, "
        f"AUC {auc}, calibration error {metrics.ece:.4f}"
    ]
    lines += [
        f"{name:6} precision {one.precision:.3f}  recall {one.recall:.3f}  F1 {one.f1:.3f}  "
        f"n {one.n}"
        for name, one in metrics.per_class.items()
        if one.n
    ]
    if metrics.classes_without_photographs:
        names = ", ".join(metrics.classes_without_photographs)
        lines.append(f"left out of the means, as no photograph has them: {names}")
    return "\n".join(lines)


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.evaluate",
        description="Measure a bundle on photographs whose diagnosis is known. "
        "Exit code 0, or 2 where a file or a row cannot be used.",
    )
    parser.add_argument(
        "--images",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="folders with the photographs, anywhere below (.jpg, .jpeg, .png, .webp)",
    )
    parser.add_argument(
        "--labels", type=Path, required=True, metavar="CSV", help="has columns image_id and dx"
    )
    parser.add_argument(
        "--json", type=Path, required=True, metavar="OUT", help="where the values are written"
    )
    parser.add_argument(
        "--bundle", type=Path, default=DEFAULT_BUNDLE, metavar="DIR", help="default: ml/weights"
    )
    parser.add_argument(
        "--squeezed-from",
        type=parse_proportion,
        metavar="W:H",
        help="square photographs were squeezed from this proportion, such as 4:3",
    )
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="default: auto")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
