"""Draws an evaluation: confusion matrix, ROC, calibration, certainty, training, robustness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ml.bundle.labels import HAM10000, Classes
from ml.evaluation.curves import reliability, risk_coverage, roc_curve
from ml.evaluation.metrics import ECE_BINS, is_malignant, malignant_share
from ml.evaluation.results import EpochRecord, Evaluation

Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Small figures at a high resolution, so that their text stays readable on a phone.
DPI = 170
# Okabe and Ito's palette, which colour-blind people can distinguish too.
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0c000", "#d55e00", "#0072b2", "#cc79a7")
MAIN, SECOND, FAINT = "#0b5c5c", "#d55e00", "#8c867b"


@dataclass(frozen=True)
class Answers:
    """The data of the plots: n class indices, n x c probabilities and their evaluation.

    `histories` maps the names of training runs to their epochs.
    """

    labels: Labels
    probabilities: Floats
    evaluation: Evaluation
    histories: Mapping[str, Sequence[EpochRecord]]
    classes: Classes = HAM10000


@dataclass(frozen=True)
class Plot:
    """A PNG file, with a title and an explanation of how to read it."""

    file: str
    title: str
    reading: str


@dataclass(frozen=True)
class Curve:
    """A line over growing strength: k values with their intervals, NaN if unknown."""

    name: str
    values: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Panel:
    """One corruption: its k strengths as text, of which the first is "none", and its curves."""

    title: str
    strengths: tuple[str, ...]
    curves: tuple[Curve, ...]


def draw_plots(folder: Path, answers: Answers) -> list[Plot]:
    """Write into the folder every plot for which there is data."""
    drawn = []
    for plot, draw in PLOTS:
        figure = draw(answers)
        if figure is not None:
            figure.savefig(folder / plot.file, dpi=DPI)
            drawn.append(plot)
    return drawn


def draw_confusion_matrix(answers: Answers) -> Figure:
    """Draw counts and row percentages; rows are the true classes."""
    matrix = np.asarray(answers.evaluation.metrics.confusion_matrix)
    n = matrix.sum(axis=1, keepdims=True)
    parts = matrix / np.maximum(n, 1)
    figure, axes = _start(5.0, 4.6)
    axes.imshow(parts, cmap="Blues", vmin=0, vmax=1)
    names = answers.classes.names
    places = range(len(names))
    axes.set_xticks(places, names)
    axes.set_yticks(
        places, [f"{name}\nn {count}" for name, count in zip(names, n[:, 0], strict=True)]
    )
    axes.set(xlabel="prediction", ylabel="diagnosis")
    axes.grid(visible=False)
    for row, column in np.ndindex(matrix.shape):
        if matrix[row, column]:
            axes.text(
                column,
                row,
                f"{matrix[row, column]}\n{parts[row, column]:.0%}",
                ha="center",
                va="center",
                fontsize=9,
                color="white" if parts[row, column] > 0.5 else "black",
            )
    return figure


def draw_roc(answers: Answers) -> Figure | None:
    """Draw each class against the rest, and malignant against benign with the thresholds."""
    metrics = answers.evaluation.metrics
    figure, axes = _start(5.0, 4.9)
    for index, name in enumerate(answers.classes.names):
        curve = roc_curve(answers.labels == index, answers.probabilities[:, index])
        if curve is not None:
            axes.plot(
                curve.false_positive_rate,
                curve.true_positive_rate,
                color=COLOURS[index % len(COLOURS)],
                linewidth=1.2,
                label=f"{name} {metrics.per_class[name].auc:.3f}",
            )
    if not axes.lines:
        return None
    malignant = roc_curve(
        is_malignant(answers.labels, answers.classes),
        malignant_share(answers.probabilities, answers.classes),
    )
    if malignant is not None:
        axes.plot(
            malignant.false_positive_rate,
            malignant.true_positive_rate,
            color="black",
            linewidth=2.4,
            label=f"malignant {metrics.malignant_auc:.3f}",
        )
        _mark_operating_points(axes, answers.evaluation)
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1)
    axes.set(xlabel="false alarm rate (1 - specificity)", ylabel="sensitivity")
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.legend(loc="lower right", title="area under the curve", fontsize=9)
    return figure


def draw_reliability(answers: Answers) -> Figure:
    """Draw accuracy by confidence, and below it the number of photographs with that confidence."""
    bins = reliability(answers.labels, answers.probabilities)
    figure = Figure(figsize=(5.0, 5.2), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1)
    filled = bins.n > 0
    upper.plot(bins.confidence[filled], bins.accuracy[filled], color=MAIN, marker="o")
    upper.set(ylabel="accuracy", xlim=(0, 1), ylim=(-0.02, 1.02))
    upper.set_title(f"calibration error {answers.evaluation.metrics.ece:.3f}", fontsize=10)
    edges = np.arange(ECE_BINS) / ECE_BINS
    lower.bar(edges, bins.n, width=1 / ECE_BINS, align="edge", color=MAIN, edgecolor="white")
    lower.set(xlabel="confidence (highest probability)", ylabel="photographs")
    for axes in (upper, lower):
        _tidy(axes)
    return figure


def draw_risk_coverage(answers: Answers) -> Figure:
    """Draw the accuracy of the most certain photographs, and mark the bound of uncertainty."""
    curve = risk_coverage(answers.labels, answers.probabilities)
    figure, axes = _start(5.0, 3.7)
    axes.plot(curve.coverage, curve.accuracy, color=MAIN)
    uncertainty = answers.evaluation.uncertainty
    if uncertainty is not None:
        certain = 1 - uncertainty.share
        axes.axvline(
            certain,
            color=SECOND,
            linestyle="--",
            label=f"at least {uncertainty.bound:.0%} probable: {certain:.0%} of the photographs",
        )
        axes.legend(loc="lower left")
    axes.set(xlabel="most certain share of the photographs", ylabel="accuracy among them")
    lowest = float(curve.accuracy.min())
    axes.set(xlim=(0, 1.01), ylim=(max(0.0, np.floor(lowest * 10) / 10 - 0.1), 1.02))
    axes.xaxis.set_major_formatter("{x:.0%}")
    return figure


def draw_training(answers: Answers) -> Figure | None:
    """Draw the epochs of the runs, if there are any."""
    return draw_histories(answers.histories) if answers.histories else None


def draw_histories(histories: Mapping[str, Sequence[EpochRecord]]) -> Figure:
    """Draw the training loss and the validation accuracy of each run over its epochs."""
    figure = Figure(figsize=(5.0, 5.2), layout="constrained")
    upper, lower = figure.subplots(2, 1)
    for index, (name, history) in enumerate(histories.items()):
        colour = COLOURS[(-2 - index) % len(COLOURS)]
        losses = [(row.epoch, row.loss) for row in history]
        balanced = [(row.epoch, row.balanced_accuracy) for row in history]
        plain = [(row.epoch, row.accuracy) for row in history]
        upper.plot(*_column(losses), color=colour, marker=".", label=name)
        lower.plot(*_column(balanced), color=colour, marker=".")
        lower.plot(*_column(plain), color=colour, linestyle=":")
    upper.set(ylabel="training loss")
    upper.legend()
    lower.set(xlabel="epoch", ylabel="validation", ylim=(0, 1))
    lower.set_title("balanced accuracy, dotted: accuracy", fontsize=10)
    for axes in (upper, lower):
        axes.xaxis.get_major_locator().set_params(integer=True)
        _tidy(axes)
    return figure


def draw_robustness(panels: Sequence[Panel], sample: str) -> Figure:
    """Draw one small plot for each corruption; a dotted line extends the uncorrupted value.

    `sample`, printed below the plots, describes the photographs.
    """
    rows = -(-len(panels) // 2)
    figure = Figure(figsize=(6.4, 2.4 * rows), layout="constrained")
    grid = figure.subplots(rows, 2, sharey=True, squeeze=False)
    for axes, panel in zip(grid.flat, panels, strict=False):
        places = np.arange(len(panel.strengths))
        for curve, colour in zip(panel.curves, (MAIN, SECOND), strict=False):
            axes.axhline(curve.values[0], color=colour, linestyle=":", linewidth=1)
            axes.fill_between(places, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(places, curve.values, color=colour, marker="o", label=curve.name)
        axes.set_title(panel.title, fontsize=10)
        axes.set_xticks(places, panel.strengths)
        axes.set_ylim(0, 1.02)
        _tidy(axes)
    figure.supxlabel(sample, fontsize=9)
    figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def _mark_operating_points(axes: Axes, evaluation: Evaluation) -> None:
    for marker, point in zip("osD^", evaluation.operating_points.values(), strict=False):
        if point.sensitivity is not None and point.specificity is not None:
            axes.plot(
                1 - point.specificity,
                point.sensitivity,
                marker,
                color="black",
                markerfacecolor="white",
                markersize=9,
                markeredgewidth=2,
                label=f"malignant share ≥ {point.threshold:.2f}",
            )


def _column(rows: Iterable[tuple[int, float | None]]) -> tuple[list[int], list[float]]:
    known = [(epoch, value) for epoch, value in rows if value is not None]
    return [epoch for epoch, _ in known], [value for _, value in known]


def _start(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    _tidy(axes)
    return figure, axes


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e4e0d8", linewidth=0.7)
    axes.set_axisbelow(True)


PLOTS: tuple[tuple[Plot, Callable[[Answers], Figure | None]], ...] = (
    (
        Plot(
            "confusion_matrix.png",
            "Confusion matrix",
            "Each row is a diagnosis and shows how its photographs were classified; everything off "
            "the diagonal is wrong.",
        ),
        draw_confusion_matrix,
    ),
    (
        Plot(
            "roc.png",
            "ROC curves",
            "The closer a line comes to the upper left corner, the better that class is "
            "distinguished from the rest. The marks show the manifest’s thresholds on these "
            "photographs.",
        ),
        draw_roc,
    ),
    (
        Plot(
            "reliability.png",
            "Can the probability be trusted?",
            "On the dotted line, predictions are right as often as their probability says; below "
            "it, they are overconfident. Bins with few photographs say little.",
        ),
        draw_reliability,
    ),
    (
        Plot(
            "risk_coverage.png",
            "Accuracy of the most certain predictions",
            "Further to the left, more of the uncertain photographs are left to the doctor alone; "
            "the accuracy of the rest should rise.",
        ),
        draw_risk_coverage,
    ),
    (
        Plot(
            "training.png",
            "Training of the members",
            "The loss should fall and level off. If the validation accuracy falls while the loss "
            "is still falling, the network is overfitting.",
        ),
        draw_training,
    ),
)
