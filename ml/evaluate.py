"""Measures a bundle on labelled photographs: `python -m ml.evaluate --images DIR`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.bundle.manifest import Manifest, read_manifest
from ml.bundle.results import Evaluation, MeasuredPoint
from ml.bundle.temperature import calibrate
from ml.errors import DataError, MlError, run_command
from ml.evaluation.calibration import describe_uncertainty, measure_operating_points
from ml.evaluation.evidence import load_answers
from ml.evaluation.labelled import (
    LabelledPhotograph,
    add_arguments,
    answer_labelled,
    labels_of,
    lesions_of,
    list_kept,
    load_chosen,
    make_folder,
    read_labels,
)
from ml.evaluation.metrics import measure
from ml.evaluation.page import write_report, write_values
from ml.evaluation.plots import Answers


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate as the command line says, write the values or the report and print a summary."""
    options = parse_arguments(arguments)
    if options.json and not options.json.absolute().parent.is_dir():
        raise MlError(f"{options.json}: the folder to write to does not exist.")
    if options.report:
        make_folder(options.report)
    histories = read_histories(options.runs)
    photographs, probabilities, manifest = gather_answers(options)
    evaluation = evaluate(
        manifest, photographs, probabilities, is_own_validation=not options.labels
    )
    if options.json:
        try:
            write_values(options.json, evaluation)
        except OSError as error:
            raise MlError(
                f"{options.json}: the file cannot be written ({error.strerror})."
            ) from error
    if options.report:
        answers = Answers(labels_of(photographs), probabilities, evaluation, histories)
        write_report(options.report, answers, manifest)
    print(describe(evaluation))
    return 0


def gather_answers(
    options: argparse.Namespace,
) -> tuple[list[LabelledPhotograph], npt.NDArray[np.float64], Manifest]:
    """Answer the labelled photographs, or take the answers that the bundle was validated by.

    Gives the photographs, their calibrated probabilities, n x 7, and the bundle's manifest. Raises
    DataError or BundleError.
    """
    if options.labels is None:
        manifest = read_manifest(options.bundle)
        kept = load_answers(options.bundle)
        return list_kept(kept), calibrate(kept.probabilities, manifest.temperature), manifest
    if not options.images:
        raise MlError("--labels needs --images, the folders with the photographs.")
    photographs = read_labels(options.labels, options.images)
    ensemble = load_chosen(options)
    probabilities = answer_labelled(ensemble, photographs, options.labels)
    return photographs, probabilities, ensemble.manifest


def evaluate(
    manifest: Manifest,
    photographs: Sequence[LabelledPhotograph],
    probabilities: npt.NDArray[np.float64],
    *,
    is_own_validation: bool = False,
) -> Evaluation:
    """Measure n x 7 calibrated probabilities with the manifest's thresholds and bound.

    On the photographs that the thresholds were fitted on they would look too good: there the
    manifest's own values are taken.
    """
    labels, lesions = labels_of(photographs), lesions_of(photographs)
    bound = manifest.uncertain_below
    if is_own_validation:
        points = {
            name: MeasuredPoint(**vars(point)) for name, point in manifest.operating_points.items()
        }
    else:
        points = measure_operating_points(labels, probabilities, manifest.operating_points, lesions)
    return Evaluation(
        bundle=manifest.version,
        metrics=measure(labels, probabilities, lesions),
        lesions=len(set(lesions)) if lesions else None,
        operating_points=points,
        uncertainty=None if bound is None else describe_uncertainty(labels, probabilities, bound),
        is_own_validation=is_own_validation,
    )


def read_histories(runs: Sequence[Path]) -> dict[str, list[dict[str, Any]]]:
    """Read the epochs of training runs by the names of their folders. Raises DataError."""
    if not runs:
        return {}
    from ml.training.runs import RECORD, read_record  # loads torch, which only the runs need

    histories: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        history = read_record(run).get("history")
        if not history:
            raise DataError(run / RECORD, "the run has no finished epoch.")
        name = run.resolve().name
        histories[f"{name} ({len(histories) + 1})" if name in histories else name] = history
    return histories


def describe(evaluation: Evaluation) -> str:
    """Say the main values in a few lines."""
    metrics = evaluation.metrics
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
    add_arguments(parser)
    parser.add_argument("--json", type=Path, metavar="OUT", help="where the values are written")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="folder for metrics.json, plots and report.html; made where it is missing",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="run folders of ml.train whose curves the report shows",
    )
    options = parser.parse_args(arguments)
    if not (options.json or options.report):
        parser.error("give --json, --report or both")
    return options


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
