"""What goes wrong with dermatoscopic photographs, at three strengths each.

The choice follows Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common
Corruptions and Perturbations", 2019, reduced to what a dermatoscope, its camera and a clinic's
network do to a photograph.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from ml.bundle.preprocessing import MAX_PIXELS, Pixels, decode_photograph

Change = Callable[[Pixels, float, np.random.Generator], Pixels]

# Cameras brighten dark tones by about this power; stops of light count before it.
GAMMA = 2.2


@dataclass(frozen=True)
class Corruption:
    """One way to spoil a photograph, with its strengths from mild to strong.

    `change` takes RGB pixels, h x w x 3 in 0..255, and keeps their shape; None leaves the pixels to
    the JPEG encoder.
    """

    name: str
    title: str
    unit: str
    strengths: tuple[float, float, float]
    change: Change | None


def corrupt_photograph(
    data: bytes, corruption: Corruption, strength: float, rng: np.random.Generator
) -> bytes:
    """Decode a photograph, spoil its pixels and encode them as PNG, or as JPEG where that spoils.

    Raises PhotographError.
    """
    pixels = decode_photograph(data, at_least=MAX_PIXELS)
    if corruption.change is None:
        return _encode(pixels, "JPEG", quality=round(strength))
    return _encode(corruption.change(pixels, strength, rng), "PNG", compress_level=1)


def blur(pixels: Pixels, strength: float, _rng: np.random.Generator) -> Pixels:
    """Blur with a Gaussian, its deviation in percent of the shorter side (0.5, 1, 2)."""
    sigma = strength / 100 * min(pixels.shape[:2])
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), dtype=np.uint8)


def add_noise(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Add Gaussian noise to every pixel and channel, its deviation in steps of 255 (8, 16, 32)."""
    return _round(pixels + rng.standard_normal(pixels.shape) * strength)


def change_exposure(pixels: Pixels, strength: float, _rng: np.random.Generator) -> Pixels:
    """Change the exposure, in stops (darker -1, -2, -3; brighter 0.5, 1, 1.5).

    What becomes brighter than white is cut off.
    """
    return _round(pixels * 2.0 ** (strength / GAMMA))


def lower_resolution(pixels: Pixels, strength: float, _rng: np.random.Generator) -> Pixels:
    """Keep so many pixels of the shorter side and enlarge them again (96, 48, 24).

    A photograph that has no more stays as it is.
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
