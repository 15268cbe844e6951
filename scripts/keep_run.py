"""Keep a finished run as a row of a table: one line in docs/runs.jsonl, its answers next to it.

scripts/keep_run.py TABLE NAME BUNDLE: BUNDLE is the folder of a bundle with its validation.npz;
the run.json of a single run is looked for there and in the parent folder. A row with the same table
and name is replaced. `python -m ml.report docs/runs.jsonl --table TABLE` prints the table.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ml.bundle.manifest import read_manifest
from ml.errors import run_command
from ml.evaluation.evidence import load_answers
from ml.training.kept import KeptRun, keep_run
from ml.training.runs import RECORD, read_record

KEPT = Path(__file__).resolve().parents[1] / "docs" / "runs.jsonl"


def main(arguments: list[str] | None = None) -> int:
    """Keep the run that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table")
    parser.add_argument("name")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--runs", type=Path, default=KEPT, metavar="FILE")
    options = parser.parse_args(arguments)
    bundle = options.bundle.resolve()
    record = next(
        (read_record(one) for one in (bundle, bundle.parent) if (one / RECORD).exists()), None
    )
    run = KeptRun(options.table, options.name, read_manifest(bundle), record, load_answers(bundle))
    keep_run(options.runs, run)
    return 0


if __name__ == "__main__":
    run_command(main)
