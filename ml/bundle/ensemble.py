"""The interface that the site uses: a photograph's bytes in, the ensemble's prediction out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.bundle.engines import Engine, Floats, create_engine
from ml.bundle.manifest import VIEWS, Manifest, read_manifest, verify_bundle
from ml.bundle.preprocessing import Crop, Pixels, Prepared, Recipe, normalise, prepare_photograph
from ml.bundle.temperature import calibrate

ClassMap = tuple[tuple[float, ...], ...]

# Photographs per forward pass; a larger batch takes more memory and is no faster.
BATCH = 8

# How each view is made from an upright image: whether to mirror it, then how many quarter turns.
_TURNS: Mapping[str, tuple[bool, int]] = {
    "upright": (False, 0),
    "mirrored": (True, 0),
    "flipped": (True, 2),
    "turned": (False, 2),
    "quarter": (False, 1),
    "quarter_mirrored": (True, 1),
    "three_quarters": (False, 3),
    "three_quarters_mirrored": (True, 3),
}
_IMAGE_AXES = (2, 3)


@dataclass(frozen=True)
class EnsemblePrediction:
    """The ensemble's prediction for one photograph.

    `probabilities` sum to 1 and are calibrated with the manifest's temperature; `malignant` is
    their sum over the malignant classes. From `malignant_threshold` upwards, malignant disease
    cannot be ruled out; if no probability reaches `uncertain_below`, no class should be named. Both
    are None if the bundle was not validated. `class_maps` holds one h x w map per class, in 0..1,
    over the region `crop` (left, top, right, bottom as fractions of the upright frame). Negative
    evidence is set to 0 and each map is divided by its own maximum, so values are comparable
    within a class but not between classes. `milliseconds` runs from the bytes to the prediction.
    """

    label: str
    probabilities: Mapping[str, float]
    malignant: float
    malignant_threshold: float | None
    uncertain_below: float | None
    class_maps: Mapping[str, ClassMap]
    crop: Crop
    model_version: str
    milliseconds: float


class Ensemble:
    """Classifies photographs with the networks of one verified bundle."""

    def __init__(
        self,
        manifest: Manifest,
        engine: Engine,
        *,
        squeezed_from: float | None = None,
        views: int | None = None,
    ) -> None:
        self.manifest = manifest
        self.classes = manifest.classes
        self.views = manifest.views if views is None else VIEWS[:views]
        self.version = manifest.version
        self.engine = engine
        self._recipe = Recipe(
            size=manifest.size,
            median_kernel=manifest.median_kernel,
            mean=manifest.mean,
            std=manifest.std,
            squeezed_from=squeezed_from,
        )

    def predict(self, data: bytes) -> EnsemblePrediction:
        """Classify one photograph. Raises PhotographError."""
        return self.predict_batch([data])[0]

    def predict_batch(self, photographs: Sequence[bytes]) -> list[EnsemblePrediction]:
        """Classify photographs in the given order; the time is split evenly within each batch.

        Raises PhotographError if one of them cannot be read.
        """
        answers: list[EnsemblePrediction] = []
        for start in range(0, len(photographs), BATCH):
            answers += self._predict_together(photographs[start : start + BATCH])
        return answers

    def _predict_together(self, photographs: Sequence[bytes]) -> list[EnsemblePrediction]:
        started = time.perf_counter()
        prepared = [prepare_photograph(data, self._recipe) for data in photographs]
        probabilities, class_maps = self._run_views([one.pixels for one in prepared])
        milliseconds = (time.perf_counter() - started) * 1000 / len(photographs)
        return [
            self._answer(one, probabilities[index], class_maps[index], milliseconds)
            for index, one in enumerate(prepared)
        ]

    def _run_views(self, pixels: Sequence[Pixels]) -> tuple[npt.NDArray[np.float64], Floats]:
        """Average probabilities, n x c, and class maps, n x c x h x w, over the views."""
        images = normalise(pixels, self._recipe)
        stacked = np.concatenate([turn_images(images, view) for view in self.views])
        output = self.engine.run(np.ascontiguousarray(stacked))
        shape = (len(self.views), len(pixels))
        probabilities = output.probabilities.reshape(*shape, -1).astype(np.float64).mean(axis=0)
        maps = output.class_maps.reshape(*shape, *output.class_maps.shape[1:])
        turned_back = [turn_back(one, view) for one, view in zip(maps, self.views, strict=True)]
        return (
            calibrate(probabilities, self.manifest.temperature),
            np.mean(turned_back, axis=0, dtype=np.float32),
        )

    def _answer(
        self,
        prepared: Prepared,
        probabilities: npt.NDArray[np.float64],
        class_maps: Floats,
        milliseconds: float,
    ) -> EnsemblePrediction:
        names = self.classes.names
        by_class = {name: float(value) for name, value in zip(names, probabilities, strict=True)}
        return EnsemblePrediction(
            label=names[int(probabilities.argmax())],
            probabilities=by_class,
            malignant=sum(by_class[name] for name in self.classes.malignant),
            malignant_threshold=self.manifest.malignant_threshold,
            uncertain_below=self.manifest.uncertain_below,
            class_maps={
                name: scale_class_map(one) for name, one in zip(names, class_maps, strict=True)
            },
            crop=prepared.crop,
            model_version=self.version,
            milliseconds=round(milliseconds, 1),
        )


def load_ensemble(
    bundle: Path,
    *,
    engine: str = "auto",
    threads: int | None = None,
    squeezed_from: float | None = None,
    views: int | None = None,
) -> Ensemble:
    """Verify and load a bundle; `threads` limits the CPU threads per prediction.

    `views` is the number of views of each photograph to average: 1, 2, 4 or 8. None means the
    manifest's number, with which its temperature and thresholds were fitted. `squeezed_from` is
    only for evaluation on squeezed collections. Raises BundleError.
    """
    manifest = read_manifest(bundle)
    verify_bundle(bundle, manifest)
    loaded = create_engine(engine, bundle, manifest, threads)
    return Ensemble(manifest, loaded, squeezed_from=squeezed_from, views=views)


def turn_images(images: Floats, view: str) -> Floats:
    """Turn upright, square images, n x c x h x w, into one of VIEWS."""
    is_mirrored, quarters = _TURNS[view]
    mirrored = np.flip(images, _IMAGE_AXES[1]) if is_mirrored else images
    return np.rot90(mirrored, quarters, _IMAGE_AXES)


def turn_back(maps: Floats, view: str) -> Floats:
    """Undo turn_images."""
    is_mirrored, quarters = _TURNS[view]
    upright = np.rot90(maps, -quarters, _IMAGE_AXES)
    return np.flip(upright, _IMAGE_AXES[1]) if is_mirrored else upright


def scale_class_map(class_map: Floats) -> ClassMap:
    """Set negative evidence to 0, divide by the maximum and round to three decimals."""
    positive = np.maximum(class_map, 0.0)
    highest = float(positive.max())
    scaled = positive / highest if highest > 0 else positive
    return tuple(tuple(round(float(value), 3) for value in row) for row in scaled)
