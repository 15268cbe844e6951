"""Measures a bundle on corrupted photographs: `python -m ml.robustness --images DIR`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.arguments import parse_count
from ml.errors import run_command
from ml.evaluation.arguments import add_arguments
from ml.evaluation.labelled import EvaluationPlan, make_folder
from ml.evaluation.robustness import describe, measure_robustness, write_robustness


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure a bundle, write robustness.json and robustness.png and print a table."""
    options = parse_arguments(arguments)
    make_folder(options.out)
    plan = EvaluationPlan(
        images=tuple(options.images),
        labels=options.labels,
        bundle=options.bundle,
        squeezed_from=options.squeezed_from,
        engine=options.engine,
        threads=options.threads,
        views=options.views,
    )
    result = measure_robustness(plan, limit=options.limit, seed=options.seed)
    write_robustness(options.out, result)
    print(describe(result))
    return 0


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.robustness",
        description="Measure a bundle on photographs that were corrupted in six ways at three "
        "strengths. The exit code is 0, or 2 if a file or a row cannot be used.",
    )
    add_arguments(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for robustness.json and robustness.png; created if missing",
    )
    parser.add_argument(
        "--limit",
        type=parse_count,
        metavar="N",
        help="use at most N photographs of each class (default: all)",
    )
    parser.add_argument(
        "--seed", type=int, default=2018, help="seed of the noise and the sample (default: 2018)"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
