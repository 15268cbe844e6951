"""Measures a bundle on labelled photographs: `python -m ml.evaluate --images DIR`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.errors import MlError, run_command
from ml.evaluation.arguments import add_arguments
from ml.evaluation.evaluate import describe, evaluate, gather_answers
from ml.evaluation.labelled import EvaluationPlan, labels_of, make_folder
from ml.evaluation.page import write_report, write_values
from ml.evaluation.plots import Answers
from ml.training.runs import read_histories


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate a bundle, write the metrics or the report and print a summary."""
    options = parse_arguments(arguments)
    if options.json and not options.json.absolute().parent.is_dir():
        raise MlError(f"{options.json}: the folder to write to does not exist.")
    if options.report:
        make_folder(options.report)
    histories = read_histories(options.runs)
    plan = EvaluationPlan(
        images=tuple(options.images),
        labels=options.labels,
        bundle=options.bundle,
        squeezed_from=options.squeezed_from,
        engine=options.engine,
        threads=options.threads,
        views=options.views,
    )
    photographs, probabilities, manifest = gather_answers(plan)
    evaluation = evaluate(
        manifest, photographs, probabilities, is_own_validation=not options.labels
    )
    if options.json:
        write_values(options.json, evaluation)
    if options.report:
        labels = labels_of(photographs)
        answers = Answers(labels, probabilities, evaluation, histories, manifest.classes)
        write_report(options.report, answers, manifest)
    print(describe(evaluation))
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.evaluate",
        description="Measure a bundle on photographs whose diagnosis is known. "
        "The exit code is 0, or 2 if a file or a row cannot be used.",
    )
    add_arguments(parser)
    parser.add_argument("--json", type=Path, metavar="OUT", help="file to write the metrics to")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="folder for metrics.json, the plots and report.html; created if missing",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="run folders of ml.train whose training curves the report should show",
    )
    options = parser.parse_args(arguments)
    if not (options.json or options.report):
        parser.error("give --json, --report or both")
    return options


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
