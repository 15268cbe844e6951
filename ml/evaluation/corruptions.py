"""Common corruptions of dermatoscopic photographs, at three strengths each.

The selection follows Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common
Corruptions and Perturbations", 2019, limited to those that a dermatoscope, its camera or a
clinic's computer network can cause.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from ml.bundle.preprocessing import Pixels, decode_photograph

Change = Callable[[Pixels, float, np.random.Generator], Pixels]

# Pixel values are about light to the power of 1 / GAMMA; stops are applied to the light.
GAMMA = 2.2


@dataclass(frozen=True)
class Corruption:
    """One corruption, with its strengths from mild to strong.

    `change` takes RGB pixels, h x w x 3 in 0..255, and keeps their shape; None means that the
    JPEG encoder does the damage.
    """

    name: str
    title: str
    unit: str
    strengths: tuple[float, float, float]
    change: Change | None


def corrupt_photograph(
    data: bytes, corruption: Corruption, strength: float, rng: np.random.Generator
) -> bytes:
    """Decode a photograph, corrupt its pixels and encode them without loss.

    Only the JPEG corruption encodes with loss. Raises PhotographError.
    """
    pixels = decode_photograph(data)
    if corruption.change is None:
        return _encode(pixels, "JPEG", quality=round(strength))
    return _encode(corruption.change(pixels, strength, rng), "PNG", compress_level=1)


def blur(pixels: Pixels, strength: float, _rng: np.random.Generator) -> Pixels:
    """Blur with a Gaussian; the strength is its deviation in percent of the shorter side."""
    sigma = strength / 100 * min(pixels.shape[:2])
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), dtype=np.uint8)


def add_noise(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Add Gaussian noise to every pixel and channel; the strength is its deviation, 0..255."""
    return _round(pixels + rng.standard_normal(pixels.shape) * strength)


def change_exposure(pixels: Pixels, strength: float, _rng: np.random.Generator) -> Pixels:
    """Change the exposure by `strength` stops, below 0 for darker, and clip at white."""
    return _round(pixels * 2.0 ** (strength / GAMMA))


def lower_resolution(pixels: Pixels, strength: float, _rng: np.random.Generator) -> Pixels:
    """Shrink the shorter side to `strength` pixels and enlarge it again.

    A photograph that is no larger stays as it is.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, strength / min(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrunk = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(enlarged, dtype=np.uint8)


CORRUPTIONS: tuple[Corruption, ...] = (
    Corruption("blur", "out of focus", "% of the side", (0.5, 1.0, 2.0), blur),
    Corruption("noise", "noise", "of 255", (8.0, 16.0, 32.0), add_noise),
    Corruption("dark", "too dark", "stops", (-1.0, -2.0, -3.0), change_exposure),
    Corruption("bright", "too bright", "stops", (0.5, 1.0, 1.5), change_exposure),
    Corruption("jpeg", "JPEG compression", "quality", (40.0, 20.0, 8.0), None),
    Corruption("resolution", "few pixels", "pixels a side", (96.0, 48.0, 24.0), lower_resolution),
)


def _round(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Pixels:
    return np.asarray(np.rint(values).clip(0, 255), dtype=np.uint8)


def _encode(pixels: Pixels, form: str, **options: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, form, **options)
    return stream.getvalue()
