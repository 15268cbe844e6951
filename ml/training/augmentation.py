"""Random changes to a training photograph that do not affect its diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from ml.bundle.preprocessing import Pixels


@dataclass(frozen=True)
class Augmentation:
    """The range of each change, from -value to value; hue is mostly near 0.

    Angles are in degrees, `hue` is in turns of the colour circle, `shift` in fractions of the side,
    `aspect` and `scale` in fractions of the size; the `..._chance` values are probabilities. `gain`
    (per channel) and `gamma` are natural logarithms of a factor. `softest` is the largest deviation
    of a blur in pixels, `smallest` and `jpeg_quality` are the lowest values, and `vignette` is the
    largest fraction of the light that a corner loses.
    """

    rotation: float = 90.0
    shear: float = 20.0
    shear_chance: float = 0.3
    scale: float = 0.2
    aspect: float = 0.15
    shift: float = 0.1
    flip: bool = True
    hue: float = 0.1
    colour_chance: float = 0.8
    saturation: float = 0.25
    contrast: float = 0.2
    brightness: float = 0.15
    gain: float = 0.18
    gamma: float = 0.35
    light_chance: float = 0.0
    grey_chance: float = 0.0
    vignette: float = 0.6
    vignette_chance: float = 0.0
    softest: float = 1.2
    sharpness_chance: float = 0.3
    smallest: float = 0.35
    shrink_chance: float = 0.0
    jpeg_quality: int = 35
    jpeg_chance: float = 0.0
    cutout: float = 0.35
    cutout_chance: float = 0.4


STANDARD = Augmentation()
# Meant to cover the light, colours and sharpness of other cameras.
STRONG = replace(
    STANDARD,
    scale=0.25,
    hue=0.05,
    saturation=0.4,
    contrast=0.3,
    brightness=0.18,
    light_chance=0.7,
    grey_chance=0.08,
    vignette_chance=0.2,
    softest=1.8,
    sharpness_chance=0.35,
    shrink_chance=0.25,
    jpeg_chance=0.25,
)
NONE = Augmentation(
    rotation=0.0,
    shear_chance=0.0,
    scale=0.0,
    aspect=0.0,
    shift=0.0,
    flip=False,
    colour_chance=0.0,
    sharpness_chance=0.0,
    cutout_chance=0.0,
)
PRESETS: Mapping[str, Augmentation] = {"standard": STANDARD, "strong": STRONG, "none": NONE}


def augment(frame: Pixels, size: int, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    """Cut a randomly placed, turned and recoloured `size` x `size` square out of a frame."""
    pixels = _warp(frame, size, rng, settings)
    if _happens(settings.shrink_chance, rng):
        pixels = _lose_pixels(pixels, rng, settings)
    if _happens(settings.colour_chance, rng):
        pixels = _recolour(pixels, rng, settings)
    if _happens(settings.light_chance, rng):
        pixels = _relight(pixels, rng, settings)
    if _happens(settings.grey_chance, rng):
        pixels = _lose_colour(pixels, rng)
    if _happens(settings.vignette_chance, rng):
        pixels = _darken_corners(pixels, rng, settings)
    if _happens(settings.sharpness_chance, rng):
        pixels = _change_sharpness(pixels, rng, settings)
    if _happens(settings.jpeg_chance, rng):
        pixels = _compress(pixels, rng, settings)
    if _happens(settings.cutout_chance, rng):
        pixels = _cut_out(pixels, rng, settings)
    return pixels


def _happens(chance: float, rng: np.random.Generator) -> bool:
    # A change with probability 0 draws no number, so that older runs stay reproducible when a new
    # kind of change is added.
    return chance > 0 and rng.random() < chance


def _warp(frame: Pixels, size: int, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    angle = np.deg2rad(rng.uniform(-settings.rotation, settings.rotation))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slant = np.eye(2)
    if rng.random() < settings.shear_chance:
        slant[0, 1] = np.tan(np.deg2rad(rng.uniform(-settings.shear, settings.shear)))
    scale = 1 + rng.uniform(-settings.scale, settings.scale)
    stretch = np.sqrt(1 + rng.uniform(-settings.aspect, settings.aspect))
    flips = rng.choice((-1.0, 1.0), size=2) if settings.flip else np.ones(2)
    # The stretch acts along the frame's axes, as in a photograph that was squeezed.
    to_frame = np.diag([stretch, 1 / stretch]) @ np.diag(flips) @ turn @ slant / scale
    height, width = frame.shape[:2]
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    centre += rng.uniform(-settings.shift, settings.shift, size=2) * size
    offset = centre - to_frame @ np.full(2, (size - 1) / 2)
    matrix = np.hstack([to_frame, offset[:, None]])
    warped = cv2.warpAffine(
        frame,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(warped, dtype=np.uint8)


def _recolour(pixels: Pixels, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV_FULL)
    steps = np.arange(256, dtype=np.float32)
    hue = (steps + 256 * rng.triangular(-settings.hue, 0.0, settings.hue)) % 256
    saturation = steps * (1 + rng.uniform(-settings.saturation, settings.saturation))
    contrast = 1 + rng.uniform(-settings.contrast, settings.contrast)
    brightness = 255 * rng.uniform(-settings.brightness, settings.brightness)
    value = (steps - 128) * contrast + 128 + brightness
    table = np.stack([hue, saturation, value], axis=-1).clip(0, 255).astype(np.uint8)
    changed = cv2.LUT(hsv, table[None])
    return np.asarray(cv2.cvtColor(changed, cv2.COLOR_HSV2RGB_FULL), dtype=np.uint8)


def _relight(pixels: Pixels, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    """Scale each channel, as another lamp or white balance does (von Kries 1902)."""
    gains = np.exp(rng.uniform(-settings.gain, settings.gain, size=3))
    gains /= gains.mean()  # only the gamma changes the overall brightness
    gamma = np.exp(rng.uniform(-settings.gamma, settings.gamma))
    steps = np.linspace(0.0, 1.0, 256)[:, None]
    table = (255 * steps**gamma * gains).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(pixels, table[None]), dtype=np.uint8)


def _lose_colour(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    part = rng.uniform(0.5, 1.0)
    return np.asarray(cv2.addWeighted(grey, part, pixels, 1 - part, 0), dtype=np.uint8)


def _darken_corners(pixels: Pixels, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    begins = rng.uniform(0.4, 0.8)
    lost = rng.uniform(0.2, settings.vignette)
    away = np.clip((_distances(pixels.shape[0]) - begins) / (1 - begins), 0.0, 1.0)
    light = (256 * (1 - lost * away * away)).astype(np.uint16)
    return np.asarray(pixels * light[:, :, None] >> 8, dtype=np.uint8)


@lru_cache(maxsize=4)
def _distances(size: int) -> npt.NDArray[np.float32]:
    """Return the distance of each pixel of a square from its middle; a corner has 1."""
    places = np.linspace(-1.0, 1.0, size, dtype=np.float32)
    distances: npt.NDArray[np.float32] = np.hypot(places[:, None], places[None]) / np.sqrt(
        np.float32(2)
    )
    return distances


def _change_sharpness(pixels: Pixels, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    soft = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, settings.softest))
    amount = rng.uniform(-1.0, 1.5)
    return np.asarray(cv2.addWeighted(pixels, 1 + amount, soft, -amount, 0), dtype=np.uint8)


def _lose_pixels(pixels: Pixels, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    """Scale down and up again, to imitate a photograph with few pixels."""
    size = pixels.shape[0]
    kept = max(1, round(size * rng.uniform(settings.smallest, 0.9)))
    small = cv2.resize(pixels, (kept, kept), interpolation=cv2.INTER_AREA)
    return np.asarray(
        cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR), dtype=np.uint8
    )


def _compress(pixels: Pixels, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    # OpenCV takes the channels for BGR both here and when it decodes, so they end up in order.
    quality = int(rng.integers(settings.jpeg_quality, 91))
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def _cut_out(pixels: Pixels, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    height, width = pixels.shape[:2]
    side = max(1, round(rng.uniform(0.1, settings.cutout) * height))
    row, column = rng.integers(height), rng.integers(width)
    cut = pixels.copy()
    top, left = max(0, row - side // 2), max(0, column - side // 2)
    cut[top : row + side // 2 + 1, left : column + side // 2 + 1] = 128
    return cut
