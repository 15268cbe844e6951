"""Writes an evaluation to a folder: metrics.json, plots and a self-contained page."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ml.bundle.labels import MALIGNANT, name_of
from ml.bundle.manifest import Manifest
from ml.bundle.results import Interval, Metrics
from ml.errors import MlError
from ml.evaluation.plots import Answers, Plot, draw_plots
from ml.evaluation.results import Evaluation, evaluation_to_json

PAGE = "report.html"
VALUES = "metrics.json"
TEMPLATE = "page.html"


@dataclass(frozen=True)
class MainValue:
    """One row of the page's first table, with the value of always predicting nv."""

    name: str
    meaning: str
    value: str
    interval: str
    always_nevus: str


def write_report(folder: Path, answers: Answers, manifest: Manifest) -> None:
    """Write metrics.json, the plots and report.html. Raises MlError."""
    evaluation = answers.evaluation
    try:
        write_values(folder / VALUES, evaluation)
        plots = draw_plots(folder, answers)
        page = render_report(evaluation, manifest, [(plot, folder / plot.file) for plot in plots])
        (folder / PAGE).write_text(page, encoding="utf-8")
    except OSError as error:
        raise MlError(f"{folder}: the report cannot be written ({error.strerror}).") from error


def write_values(path: Path, evaluation: Evaluation) -> None:
    """Write an evaluation as JSON. Raises MlError."""
    text = json.dumps(evaluation_to_json(evaluation), indent=2)
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise MlError(f"{path}: the file cannot be written ({error.strerror}).") from error


def render_report(
    evaluation: Evaluation, manifest: Manifest, plots: list[tuple[Plot, Path]]
) -> str:
    """Return the page as HTML with the plots embedded. Raises OSError."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, interval=interval, decimal=decimal)
    return environment.get_template(TEMPLATE).render(
        evaluation=evaluation,
        metrics=evaluation.metrics,
        manifest=manifest,
        names={name: name_of(name) for name in manifest.labels},
        malignant=_list(manifest.malignant),
        main_values=main_values(evaluation.metrics, manifest.malignant),
        plots=[(plot, _as_data(path)) for plot, path in plots],
    )


def main_values(metrics: Metrics, malignant: Sequence[str] = MALIGNANT) -> list[MainValue]:
    """Return the metrics that summarise an evaluation."""
    classes = len(metrics.labels) - len(metrics.classes_without_photographs)
    share = metrics.always_nevus_accuracy
    # If nv is always predicted, its recall is 1 and its precision is its share; all others are 0.
    nevus_recall, nevus_f1 = float(share > 0), 2 * share / (1 + share)
    intervals = {name: interval(one) for name, one in metrics.intervals.items()}
    return [
        MainValue(
            "Balanced accuracy",
            "mean of the recalls, with the same weight for every class",
            percent(metrics.balanced_accuracy),
            intervals["balanced_accuracy"],
            percent(nevus_recall / classes),
        ),
        MainValue(
            "Accuracy",
            "share of the photographs that are classified correctly",
            percent(metrics.accuracy),
            intervals["accuracy"],
            percent(share),
        ),
        MainValue(
            "Macro F1",
            "mean over the classes of F1, which combines precision and recall",
            percent(metrics.macro_f1),
            intervals["macro_f1"],
            percent(nevus_f1 / classes),
        ),
        MainValue(
            "Area under the curve",
            "mean over the classes, each against the rest",
            decimal(metrics.auc),
            "",
            "" if metrics.auc is None else "0.500",
        ),
        MainValue(
            "Area under the curve, malignant",
            f"{_list(malignant)} against the rest",
            decimal(metrics.malignant_auc),
            "",
            "" if metrics.malignant_auc is None else "0.500",
        ),
        MainValue(
            "Calibration error",
            "mean difference between probability and accuracy; 0 is best",
            decimal(metrics.ece),
            "",
            "",
        ),
    ]


def percent(value: float | None) -> str:
    """Format a fraction, 0..1, as a percentage with one decimal."""
    return "unknown" if value is None else f"{100 * value:.1f}\N{NO-BREAK SPACE}%"


def decimal(value: float | None) -> str:
    """Format a value with three decimals."""
    return "unknown" if value is None else f"{value:.3f}"


def interval(bounds: Interval | None) -> str:
    """Format an interval of fractions, 0..1, as percentages."""
    return "" if bounds is None else f"{100 * bounds.low:.1f} to {percent(bounds.high)}"


def _list(labels: Sequence[str]) -> str:
    """List the full names of classes, as in a sentence."""
    *others, last = [name_of(label).lower() for label in labels] or ["no class"]
    return f"{', '.join(others)} and {last}" if others else last


def _as_data(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
