"""The manifest of a bundle: its networks, the input they expect and how good they are.

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
from ml.whole_files import write_whole

MANIFEST = "manifest.json"
DEFAULT_BUNDLE = Path(__file__).parents[1] / "weights"

# The flips and turns of a photograph whose predictions are averaged. Only the first 1, 2, 4 or 8
# form a symmetric set.
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
    """One network of the ensemble and its weights."""

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
    """The ONNX file that joins all members; the weights stay in the members' files."""

    file: str
    sha256: str


@dataclass(frozen=True)
class DataSummary:
    """What the members were trained and validated on.

    `training` and `validation` are numbers of photographs; their hashes cover names, labels and
    bytes. `squeezed_from` is the original width divided by height of photographs that were squeezed
    into squares, or None. `judging` is the number of photographs that were held out from all
    training and fitting; parts.npz lists them. It is 0 for older bundles: their members were
    trained on photographs that newer runs hold out.
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
    """How long and on what hardware all members were trained, and when the last one finished.

    `trained_on` is a day in UTC, or None for older runs, which did not record it.
    """

    seconds: float
    hardware: str
    description: str
    trained_on: date | None = None


@dataclass(frozen=True)
class Manifest:
    """The description of a bundle.

    `labels` are its classes in the order of every array; the malignant share is the sum over
    `malignant`. A manifest without `malignant` is older and means HAM10000's malignant classes.
    `size` is the side of the networks' input in pixels, `mean` and `std` normalise values in 0..1,
    and `views` are the views to average. `temperature` divides the logarithms of the averaged
    probabilities. `operating_points` maps names (sensitivity_90, sensitivity_95) to thresholds on
    the malignant share; `warn_at` names the one at which the site warns. Without validation
    photographs there are none, and `uncertainty` is None. `metrics` come from the validation
    split, which is made by lesion; they are None if that is empty.
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
        """Return the classes that the bundle distinguishes."""
        return Classes(self.labels, self.malignant)

    @property
    def malignant_threshold(self) -> float | None:
        """Return the malignant share from which malignant disease cannot be ruled out."""
        point = self.operating_points.get(self.warn_at)
        return point.threshold if point else None

    @property
    def uncertain_below(self) -> float | None:
        """Return the calibrated probability that a class must reach to be named."""
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
        raise BundleError(
            path, f"a value of the manifest is missing or wrong ({error})."
        ) from error
    if manifest.metrics and manifest.metrics.labels != manifest.labels:
        raise BundleError(
            path, "the metrics must list the same classes in the same order as the manifest."
        )
    if not manifest.members:
        raise BundleError(path, "the bundle has no members.")
    if unknown := [view for view in manifest.views if view not in VIEWS]:
        raise BundleError(path, f"there is no view {unknown[0]!r}.")
    if not manifest.views or manifest.temperature <= 0 or manifest.size <= 0:
        raise BundleError(path, "views must be given; temperature and size must be positive.")
    return manifest


def write_manifest(bundle: Path, manifest: Manifest) -> None:
    """Write manifest.json into a bundle folder."""
    text = json.dumps(manifest_to_json(manifest), indent=2, ensure_ascii=False)
    write_whole(bundle / MANIFEST, text + "\n")


def verify_bundle(bundle: Path, manifest: Manifest) -> None:
    """Check every file against its hash. Raises BundleError for the first that differs."""
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
            raise BundleError(path, "the file's SHA-256 does not match the manifest.")


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def manifest_to_json(manifest: Manifest) -> dict[str, object]:
    """Convert a manifest to JSON types."""
    values = asdict(manifest)
    day = manifest.training.trained_on
    values["training"]["trained_on"] = day.isoformat() if day else None
    return values


def manifest_from_json(raw: Mapping[str, Any]) -> Manifest:
    """Read the output of manifest_to_json, including that of older versions.

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
