"""Random changes of a training photograph that leave its diagnosis as it is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ml.preprocessing import Pixels


@dataclass(frozen=True)
class Augmentation:
    """Holds how far each change may go, from -value to value, hue mostly near 0.

    Angles are in degrees, `hue` in turns of the colour circle, `shift` in parts of the side,
    `aspect` and `scale` in parts of the size, the `..._chance` values are probabilities.
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
    sharpness_chance: float = 0.3
    cutout: float = 0.35
    cutout_chance: float = 0.4


NO_AUGMENTATION = Augmentation(
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


def augment(frame: Pixels, size: int, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    """Cut a randomly placed, turned and coloured `size` x `size` square out of a frame."""
    pixels = _warp(frame, size, rng, settings)
    if rng.random() < settings.colour_chance:
        pixels = _recolour(pixels, rng, settings)
    if rng.random() < settings.sharpness_chance:
        pixels = _change_sharpness(pixels, rng)
    if rng.random() < settings.cutout_chance:
        pixels = _cut_out(pixels, rng, settings)
    return pixels


def _warp(frame: Pixels, size: int, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    angle = np.deg2rad(rng.uniform(-settings.rotation, settings.rotation))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slant = np.eye(2)
    if rng.random() < settings.shear_chance:
        slant[0, 1] = np.tan(np.deg2rad(rng.uniform(-settings.shear, settings.shear)))
    scale = 1 + rng.uniform(-settings.scale, settings.scale)
    stretch = np.sqrt(1 + rng.uniform(-settings.aspect, settings.aspect))
    flips = rng.choice((-1.0, 1.0), size=2) if settings.flip else np.ones(2)
    # The stretch acts on the frame's own axes, as a squeezed photograph's does.
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


def _change_sharpness(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    soft = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.2))
    amount = rng.uniform(-1.0, 1.5)
    return np.asarray(cv2.addWeighted(pixels, 1 + amount, soft, -amount, 0), dtype=np.uint8)


def _cut_out(pixels: Pixels, rng: np.random.Generator, settings: Augmentation) -> Pixels:
    height, width = pixels.shape[:2]
    side = max(1, round(rng.uniform(0.1, settings.cutout) * height))
    row, column = rng.integers(height), rng.integers(width)
    cut = pixels.copy()
    top, left = max(0, row - side // 2), max(0, column - side // 2)
    cut[top : row + side // 2 + 1, left : column + side // 2 + 1] = 128
    return cut
