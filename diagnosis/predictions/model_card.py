"""The installed model explained to doctors, from its manifest alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ml.bundle.manifest import Manifest, Member
from ml.bundle.results import ClassMetrics, Interval, Metrics, OperatingPoint, Uncertainty

MELANOMA = "mel"
# A class with fewer validation photographs is listed as a weak point.
FEW_PHOTOGRAPHS = 50
# Fewer of a class say nothing about what it is mistaken for.
ENOUGH_TO_COMPARE = 10
WORST_CONFUSIONS = 3
# The table marks a confusion from this fraction of the true class.
OFTEN_PERCENT = 10


@dataclass(frozen=True)
class Rate:
    """A value in per cent, with its 95 % interval if known."""

    percent: float
    low: float | None = None
    high: float | None = None

    @property
    def of_100(self) -> int:
        return round(self.percent)

    @property
    def missed_of_100(self) -> int:
        return 100 - self.of_100


@dataclass(frozen=True)
class MemberRow:
    """One network of the ensemble."""

    name: str
    network: str
    millions: float
    trained_size: int
    epochs: int
    duration: str


@dataclass(frozen=True)
class ClassRow:
    """How well one class is recognised; None where the validation set does not say."""

    label: str
    name: str
    n: int
    sensitivity: Rate | None
    answers: int
    precision: Rate | None
    f1: Rate | None
    auc: float | None

    @property
    def is_rare(self) -> bool:
        return self.n < FEW_PHOTOGRAPHS

    @property
    def is_spread_known(self) -> bool:
        """Return whether bootstrap draws differ: they cannot if all or none were found."""
        rate = self.sensitivity
        return rate is not None and rate.low is not None and rate.low != rate.high


@dataclass(frozen=True)
class Confusion:
    """How many photographs of one class were labelled as another."""

    true_name: str
    answer_name: str
    count: int
    n: int

    @property
    def percent(self) -> float:
        return 100 * self.count / self.n


@dataclass(frozen=True)
class Cell:
    """One number of the confusion matrix, and its share of the true class."""

    count: int
    percent: float | None
    is_right: bool

    @property
    def is_often_wrong(self) -> bool:
        return (
            not self.is_right and self.percent is not None and round(self.percent) >= OFTEN_PERCENT
        )


@dataclass(frozen=True)
class MatrixRow:
    """How the photographs of one class were labelled."""

    label: str
    name: str
    n: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class PointRow:
    """One threshold on the malignant share and what it does."""

    target_percent: float
    threshold_percent: float
    sensitivity: Rate
    specificity: Rate
    is_warned_at: bool


@dataclass(frozen=True)
class UncertainAnswers:
    """Accuracy on either side of the certainty bound; None where a side is empty."""

    bound_percent: float
    set_apart: Rate
    certain_right: Rate | None
    uncertain_right: Rate | None


@dataclass(frozen=True)
class Quality:
    """What was measured on the validation photographs."""

    n: int
    balanced_accuracy: Rate
    accuracy: Rate
    always_nevus: Rate
    always_nevus_balanced: Rate
    macro_f1: Rate
    calibration_error: float
    auc: float | None
    malignant_auc: float | None
    classes: tuple[ClassRow, ...]
    matrix: tuple[MatrixRow, ...]
    confusions: tuple[Confusion, ...]
    missed_melanomas: tuple[Confusion, ...]

    @property
    def melanoma(self) -> ClassRow | None:
        """Return the row of melanoma, or None if there was no melanoma to measure."""
        rows = [row for row in self.classes if row.label == MELANOMA and row.n]
        return rows[0] if rows else None

    @property
    def rare_classes(self) -> tuple[ClassRow, ...]:
        return tuple(row for row in self.classes if row.is_rare)


@dataclass(frozen=True)
class ModelCard:
    """What the model's page shows."""

    manifest: Manifest
    class_names: tuple[str, ...]
    members: tuple[MemberRow, ...]
    millions: float
    training_duration: str
    quality: Quality | None
    points: tuple[PointRow, ...]
    uncertain: UncertainAnswers | None


def describe_model(manifest: Manifest, names: Mapping[str, str]) -> ModelCard:
    """Describe a manifest for doctors; `names` maps each class to its name."""
    metrics = manifest.metrics
    return ModelCard(
        manifest=manifest,
        class_names=tuple(names[label] for label in manifest.labels),
        members=tuple(_member(member) for member in manifest.members),
        millions=sum(member.parameters for member in manifest.members) / 1e6,
        training_duration=duration_words(manifest.training.seconds),
        quality=_quality(metrics, names) if metrics else None,
        points=tuple(
            _point(point, is_warned_at=name == manifest.warn_at)
            for name, point in sorted(
                manifest.operating_points.items(), key=lambda item: item[1].target
            )
        ),
        uncertain=_uncertain(manifest.uncertainty) if manifest.uncertainty else None,
    )


def duration_words(seconds: float) -> str:
    """Format a duration in hours and minutes."""
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = []
    if hours:
        parts.append(ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours})
    if minutes:
        sentence = ngettext("%(count)d minute", "%(count)d minutes", minutes)
        parts.append(sentence % {"count": minutes})
    return " ".join(parts) or _("less than a minute")


def _member(member: Member) -> MemberRow:
    return MemberRow(
        name=member.name,
        network=member.network,
        millions=member.parameters / 1e6,
        trained_size=member.trained_size,
        epochs=member.epochs,
        duration=duration_words(member.seconds),
    )


def _quality(metrics: Metrics, names: Mapping[str, str]) -> Quality:
    confusions = _confusions(metrics, names)
    compared = [one for one in confusions if one.n >= ENOUGH_TO_COMPARE]
    melanoma = names[MELANOMA]
    missed = [one for one in confusions if one.true_name == melanoma]
    return Quality(
        n=metrics.n,
        balanced_accuracy=_rate(
            metrics.balanced_accuracy, metrics.intervals.get("balanced_accuracy")
        ),
        accuracy=_rate(metrics.accuracy, metrics.intervals.get("accuracy")),
        always_nevus=_rate(metrics.always_nevus_accuracy),
        always_nevus_balanced=_rate(_balanced_accuracy_of_always_nevus(metrics)),
        macro_f1=_rate(metrics.macro_f1, metrics.intervals.get("macro_f1")),
        calibration_error=100 * metrics.ece,
        auc=metrics.auc,
        malignant_auc=metrics.malignant_auc,
        classes=tuple(
            _class(metrics, place, label, names[label])
            for place, label in enumerate(metrics.labels)
        ),
        matrix=_matrix(metrics, names),
        confusions=tuple(sorted(compared, key=lambda one: -one.percent)[:WORST_CONFUSIONS]),
        missed_melanomas=tuple(sorted(missed, key=lambda one: -one.count)[:WORST_CONFUSIONS]),
    )


def _balanced_accuracy_of_always_nevus(metrics: Metrics) -> float:
    """Return 1/n: nevus has a recall of 1 and every other class of 0."""
    classes = len(metrics.labels) - len(metrics.classes_without_photographs)
    return float(metrics.always_nevus_accuracy > 0) / classes


def _class(metrics: Metrics, place: int, label: str, name: str) -> ClassRow:
    values: ClassMetrics = metrics.per_class[label]
    answers = sum(row[place] for row in metrics.confusion_matrix)
    return ClassRow(
        label=label,
        name=name,
        n=values.n,
        sensitivity=_rate(values.recall, values.recall_interval) if values.n else None,
        answers=answers,
        precision=_rate(values.precision) if answers else None,
        f1=_rate(values.f1) if values.n else None,
        auc=values.auc,
    )


def _matrix(metrics: Metrics, names: Mapping[str, str]) -> tuple[MatrixRow, ...]:
    return tuple(
        MatrixRow(
            label=label,
            name=names[label],
            n=sum(counts),
            cells=tuple(
                Cell(
                    count=count,
                    percent=100 * count / sum(counts) if sum(counts) else None,
                    is_right=answer == label,
                )
                for answer, count in zip(metrics.labels, counts, strict=True)
            ),
        )
        for label, counts in zip(metrics.labels, metrics.confusion_matrix, strict=True)
    )


def _confusions(metrics: Metrics, names: Mapping[str, str]) -> list[Confusion]:
    return [
        Confusion(names[label], names[answer], count, sum(counts))
        for label, counts in zip(metrics.labels, metrics.confusion_matrix, strict=True)
        for answer, count in zip(metrics.labels, counts, strict=True)
        if answer != label and count
    ]


def _point(point: OperatingPoint, *, is_warned_at: bool) -> PointRow:
    return PointRow(
        target_percent=100 * point.target,
        threshold_percent=100 * point.threshold,
        sensitivity=_rate(point.sensitivity, point.sensitivity_interval),
        specificity=_rate(point.specificity, point.specificity_interval),
        is_warned_at=is_warned_at,
    )


def _uncertain(uncertainty: Uncertainty) -> UncertainAnswers:
    return UncertainAnswers(
        bound_percent=100 * uncertainty.bound,
        set_apart=_rate(uncertainty.share),
        certain_right=_optional_rate(uncertainty.accuracy_of_certain),
        uncertain_right=_optional_rate(uncertainty.accuracy_of_uncertain),
    )


def _optional_rate(value: float | None) -> Rate | None:
    return None if value is None else _rate(value)


def _rate(value: float, interval: Interval | None = None) -> Rate:
    if interval is None:
        return Rate(100 * value)
    return Rate(100 * value, 100 * interval.low, 100 * interval.high)
