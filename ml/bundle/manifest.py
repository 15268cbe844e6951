"""The manifest of a bundle: which networks it holds, how to feed them, how good they are.

This module imports neither torch nor numpy, so that the site's pages can read a manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ml.bundle.labels import MALIGNANT, Classes
from ml.bundle.results import (
    Metrics,
    OperatingPoint,
    Uncertainty,
    metrics_from_json,
    operating_point_from_json,
)
from ml.errors import BundleError

MANIFEST = "manifest.json"
DEFAULT_BUNDLE = Path(__file__).parents[1] / "weights"

# The ways in which one photograph can be shown to the networks; their answers are averaged. The
# first 1, 2, 4 or 8 belong together.
VIEWS = (
    "upright",
    "mirrored",
    "flipped",
    "turned",
    "quarter",
    "quarter_mirrored",
    "three_quarters",
    "three_quarters_mirrored",
)
VIEW_COUNTS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Member:
    """Describes one network of the ensemble and its weights."""

    name: str
    network: str
    file: str
    sha256: str
    parameters: int
    trained_size: int
    epochs: int
    seconds: float
    seed: int


@dataclass(frozen=True)
class Graph:
    """Names the ONNX file that joins all members; the weights stay in the members' files."""

    file: str
    sha256: str


@dataclass(frozen=True)
class DataSummary:
    """What the members were trained and validated on.

    `training` and `validation` count photographs; their hashes go over names, labels and bytes.
    `squeezed_from` is the width over the height from which square photographs were squeezed,
    None where they were not. `judging` counts the photographs that no member was trained and
    nothing was fitted on, which parts.npz lists; 0 where there are none, as in older bundles,
    whose members saw what is left out to judge by now.
    """

    description: str
    training: int
    validation: int
    training_sha256: str
    validation_sha256: str
    split_seed: int
    validation_part: float
    squeezed_from: float | None
    judging: int = 0
    judging_sha256: str | None = None
    judging_seed: int | None = None
    judging_part: float = 0.0


@dataclass(frozen=True)
class TrainingSummary:
    """How long all members together were trained, on what, and when the last was finished.

    `trained_on` is a day in UTC; runs from before it was kept know none.
    """

    seconds: float
    hardware: str
    description: str
    trained_on: date | None = None


@dataclass(frozen=True)
class Manifest:
    """Describes a bundle.

    `labels` are its classes in the order of every array, `malignant` those that the malignant share
    sums; a manifest that does not name these is one of HAM10000's classes.
    `size` is the side of the networks' input in pixels, `mean` and `std` are its normalisation on a
    scale of 0..1, `views` the ways each photograph is shown. `temperature` divides the logarithms
    of the averaged probabilities. `operating_points` are thresholds on the malignant share by name
    (sensitivity_90, sensitivity_95), `warn_at` is the name of the one that the site warns at;
    without validation photographs there are none, and `uncertainty` is None.
    `metrics` are measured on the lesion-level validation split, None where that is empty.
    """

    version: str
    labels: tuple[str, ...]
    malignant: tuple[str, ...]
    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    median_kernel: int
    views: tuple[str, ...]
    temperature: float
    operating_points: Mapping[str, OperatingPoint]
    warn_at: str
    uncertainty: Uncertainty | None
    members: tuple[Member, ...]
    graph: Graph
    metrics: Metrics | None
    data: DataSummary
    training: TrainingSummary
    code_version: str
    licence: str

    @property
    def classes(self) -> Classes:
        """Return what the bundle tells apart."""
        return Classes(self.labels, self.malignant)

    @property
    def malignant_threshold(self) -> float | None:
        """Return the malignant share from which malignant disease cannot be ruled out."""
        point = self.operating_points.get(self.warn_at)
        return point.threshold if point else None

    @property
    def uncertain_below(self) -> float | None:
        """Return the highest calibrated probability under which no class is named."""
        return self.uncertainty.bound if self.uncertainty else None


def read_manifest(bundle: Path) -> Manifest:
    """Read and check the manifest of a bundle folder. Raises BundleError."""
    path = bundle / MANIFEST
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleError(path, "the bundle has no manifest.") from error
    except (OSError, ValueError) as error:
        raise BundleError(path, f"the manifest cannot be read ({error}).") from error
    try:
        manifest = manifest_from_json(raw)
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(path, f"the manifest lacks or misnames a value ({error}).") from error
    if manifest.metrics and manifest.metrics.labels != manifest.labels:
        raise BundleError(path, "the classes and those it was measured on must be in one order.")
    if not manifest.members:
        raise BundleError(path, "the bundle has no members.")
    if unknown := [view for view in manifest.views if view not in VIEWS]:
        raise BundleError(path, f"there is no view {unknown[0]!r}.")
    if not manifest.views or manifest.temperature <= 0 or manifest.size <= 0:
        raise BundleError(path, "views, temperature and size must be given and positive.")
    return manifest


def write_manifest(bundle: Path, manifest: Manifest) -> None:
    """Write manifest.json into a bundle folder."""
    text = json.dumps(manifest_to_json(manifest), indent=2, ensure_ascii=False)
    (bundle / MANIFEST).write_text(text + "\n", encoding="utf-8")


def verify_bundle(bundle: Path, manifest: Manifest) -> None:
    """Check every file against its hash. Raises BundleError naming the first that differs."""
    files = [(manifest.graph.file, manifest.graph.sha256)]
    files += [(member.file, member.sha256) for member in manifest.members]
    for name, expected in files:
        path = bundle / name
        if Path(name).name != name:
            raise BundleError(path, "a bundle's files must be next to its manifest.")
        try:
            found = hash_file(path)
        except FileNotFoundError as error:
            raise BundleError(path, "the file is missing.") from error
        except OSError as error:
            raise BundleError(path, f"the file cannot be read ({error.strerror}).") from error
        if found != expected:
            raise BundleError(path, "the file's sha256 is not the manifest's.")


def hash_file(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def manifest_to_json(manifest: Manifest) -> dict[str, object]:
    """Return the values as JSON types."""
    values = asdict(manifest)
    day = manifest.training.trained_on
    values["training"]["trained_on"] = day.isoformat() if day else None
    return values


def manifest_from_json(raw: Mapping[str, Any]) -> Manifest:
    """Read the output of manifest_to_json, or an older bundle's.

    Raises KeyError, TypeError or ValueError.
    """
    classes = _classes_from_json(raw)
    return Manifest(
        version=str(raw["version"]),
        labels=classes.names,
        malignant=classes.malignant,
        size=int(raw["size"]),
        mean=tuple(float(value) for value in raw["mean"]),
        std=tuple(float(value) for value in raw["std"]),
        median_kernel=int(raw["median_kernel"]),
        views=tuple(raw["views"]),
        temperature=float(raw["temperature"]),
        operating_points={
            str(name): operating_point_from_json(point)
            for name, point in raw["operating_points"].items()
        },
        warn_at=str(raw["warn_at"]),
        uncertainty=Uncertainty(**raw["uncertainty"]) if raw["uncertainty"] else None,
        members=tuple(Member(**member) for member in raw["members"]),
        graph=Graph(**raw["graph"]),
        metrics=metrics_from_json(raw["metrics"]) if raw["metrics"] else None,
        data=DataSummary(**raw["data"]),
        training=_training_from_json(raw["training"]),
        code_version=str(raw["code_version"]),
        licence=str(raw["licence"]),
    )


def _classes_from_json(raw: Mapping[str, Any]) -> Classes:
    names = tuple(str(name) for name in raw["labels"])
    usual = [name for name in MALIGNANT if name in names]
    return Classes(names, tuple(str(name) for name in raw.get("malignant", usual)))


def _training_from_json(raw: Mapping[str, Any]) -> TrainingSummary:
    day = raw.get("trained_on")
    return TrainingSummary(**{**raw, "trained_on": date.fromisoformat(day) if day else None})
