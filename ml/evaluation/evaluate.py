"""Measures a bundle on labelled photographs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ml.bundle.manifest import Manifest, read_manifest
from ml.bundle.temperature import calibrate
from ml.errors import MlError
from ml.evaluation.calibration import describe_uncertainty, measure_operating_points
from ml.evaluation.evidence import load_answers
from ml.evaluation.labelled import (
    EvaluationPlan,
    LabelledPhotograph,
    answer_labelled,
    labels_of,
    lesions_of,
    list_kept,
    load_chosen,
    read_labels,
)
from ml.evaluation.metrics import measure
from ml.evaluation.results import Evaluation, MeasuredPoint


def gather_answers(
    plan: EvaluationPlan,
) -> tuple[list[LabelledPhotograph], npt.NDArray[np.float64], Manifest]:
    """Classify the labelled photographs, or load the predictions kept from the validation.

    Returns the photographs, their calibrated probabilities, n x c, and the bundle's manifest.
    Raises MlError.
    """
    if plan.labels is None:
        manifest = read_manifest(plan.bundle)
        kept = load_answers(plan.bundle)
        return list_kept(kept), calibrate(kept.probabilities, manifest.temperature), manifest
    if not plan.images:
        raise MlError("--labels needs --images, the folders that contain the photographs.")
    ensemble = load_chosen(plan)
    photographs = read_labels(plan.labels, plan.images, ensemble.classes)
    probabilities = answer_labelled(ensemble, photographs, plan.labels)
    return photographs, probabilities, ensemble.manifest


def evaluate(
    manifest: Manifest,
    photographs: Sequence[LabelledPhotograph],
    probabilities: npt.NDArray[np.float64],
    *,
    is_own_validation: bool = False,
) -> Evaluation:
    """Measure n x c calibrated probabilities with the manifest's thresholds and bound.

    On the photographs that the thresholds were fitted on, the result would be too good, so for
    those the values of the manifest are used.
    """
    labels, lesions = labels_of(photographs), lesions_of(photographs)
    bound = manifest.uncertain_below
    if is_own_validation:
        points = {
            name: MeasuredPoint(**vars(point)) for name, point in manifest.operating_points.items()
        }
    else:
        points = measure_operating_points(
            labels, probabilities, manifest.operating_points, lesions, manifest.classes
        )
    return Evaluation(
        bundle=manifest.version,
        metrics=measure(labels, probabilities, lesions, manifest.classes),
        lesions=len(set(lesions)) if lesions else None,
        operating_points=points,
        uncertainty=None if bound is None else describe_uncertainty(labels, probabilities, bound),
        is_own_validation=is_own_validation,
    )


def describe(evaluation: Evaluation) -> str:
    """Return the main metrics in a few lines."""
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
        lines.append(f"left out of the means because no photograph shows them: {names}")
    return "\n".join(lines)
