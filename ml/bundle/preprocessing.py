"""Turns the bytes of a photograph into the pixels that the networks see.

Training, evaluation and inference all call `prepare_photograph`, so the same bytes give the same
pixels everywhere. The trained weights depend on the steps and their order: turn upright, convert to
sRGB on white, crop the centre square in true proportions, downscale, apply the median filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from ml.reader.read import read_picture

Pixels = npt.NDArray[np.uint8]
Tensor = npt.NDArray[np.float32]
Crop = tuple[float, float, float, float]

MEAN = (0.5, 0.5, 0.5)
STD = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class Recipe:
    """The settings of preprocessing: side in pixels, filter width, normalisation.

    `squeezed_from` is the original width divided by height of photographs that were squeezed into
    squares; None leaves all proportions as they are.
    """

    size: int = 224
    median_kernel: int = 3
    mean: tuple[float, ...] = field(default=MEAN)
    std: tuple[float, ...] = field(default=STD)
    squeezed_from: float | None = None


@dataclass(frozen=True)
class Prepared:
    """RGB pixels, h x w x 3 in 0..255, and the region of the upright frame that they show.

    `crop` is left, top, right, bottom as fractions of the upright frame.
    """

    pixels: Pixels
    crop: Crop


def prepare_photograph(data: bytes, recipe: Recipe, *, widest: float = 1.0) -> Prepared:
    """Return the `size` x `size` centre square of a photograph, downscaled and median-filtered.

    If `widest` is over 1, the longer side may be up to that multiple of the shorter one, so that
    augmentation can move the square. Raises PhotographError.
    """
    frame = decode_photograph(data, at_least=2 * recipe.size)
    height, width = frame.shape[:2]
    stretch = recipe.squeezed_from if recipe.squeezed_from and width == height else 1.0
    true_width = width * stretch
    short = min(true_width, height)
    # In pixels of the stored frame, a single resize both undoes the squeeze and downscales.
    crop_width = min(width, round(short * widest / stretch))
    crop_height = min(height, round(short * widest))
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    out_width = max(recipe.size, round(recipe.size * crop_width * stretch / short))
    out_height = max(recipe.size, round(recipe.size * crop_height / short))
    part = frame[top : top + crop_height, left : left + crop_width]
    shrinks = out_width <= crop_width and out_height <= crop_height
    pixels = cv2.resize(
        part,
        (out_width, out_height),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
    )
    if recipe.median_kernel > 1:
        pixels = cv2.medianBlur(pixels, recipe.median_kernel)
    crop = (
        left / width,
        top / height,
        (left + crop_width) / width,
        (top + crop_height) / height,
    )
    return Prepared(pixels=np.asarray(pixels, dtype=np.uint8), crop=crop)


def decode_photograph(data: bytes, *, at_least: int | None = None) -> Pixels:
    """Decode a photograph to upright RGB, h x w x 3, by the reader that the site uses too.

    A JPEG whose shorter side is several times `at_least` pixels is decoded at a half, a quarter or
    an eighth of its size, but never below `at_least`. Raises PhotographError.
    """
    return np.asarray(read_picture(data, at_least=at_least), dtype=np.uint8)


def normalise(pixels: Sequence[Pixels], recipe: Recipe) -> Tensor:
    """Stack images of the same size into one float tensor, n x 3 x h x w, about -1..1."""
    stacked = np.stack(pixels).astype(np.float32) / np.float32(255.0)
    mean = np.asarray(recipe.mean, dtype=np.float32)
    std = np.asarray(recipe.std, dtype=np.float32)
    return np.ascontiguousarray(((stacked - mean) / std).transpose(0, 3, 1, 2))
