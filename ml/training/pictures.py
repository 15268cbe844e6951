"""Draws how training changes a photograph.

Each row shows several draws of one change alone; the last row shows the median filter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ml.bundle.preprocessing import Pixels, Recipe, prepare_photograph
from ml.training.augmentation import NONE, PRESETS, STRONG, Augmentation, augment

COLUMNS = 6
DPI = 100
# The settings that belong to each change; all others keep their value in NONE.
CHANGES: Mapping[str, Sequence[str]] = {
    "turns and flips": ("rotation", "flip"),
    "shear": ("shear", "shear_chance"),
    "size, shape, place": ("scale", "aspect", "shift"),
    "colour and contrast": ("hue", "saturation", "contrast", "brightness", "colour_chance"),
    "light of a lamp, gamma": ("gain", "gamma", "light_chance"),
    "grey": ("grey_chance",),
    "dark corners": ("vignette", "vignette_chance"),
    "soft or sharp": ("softest", "sharpness_chance"),
    "few pixels": ("smallest", "shrink_chance"),
    "JPEG": ("jpeg_quality", "jpeg_chance"),
    "covered": ("cutout", "cutout_chance"),
}


def draw_changes(data: bytes, recipe: Recipe) -> Figure:
    """Draw each change of the strong preset, both presets and the median filter.

    `data` are the bytes of a photograph. Raises PhotographError.
    """
    frame = prepare_photograph(data, recipe, widest=4 / 3).pixels
    rows: dict[str, list[Pixels]] = {
        name: _draw_row(frame, recipe.size, only(settings)) for name, settings in CHANGES.items()
    }
    rows |= {name: _draw_row(frame, recipe.size, PRESETS[name]) for name in ("standard", "strong")}
    rows["median filter of 1, 3, 5"] = [
        prepare_photograph(data, replace(recipe, median_kernel=width)).pixels for width in (1, 3, 5)
    ]
    figure = Figure(figsize=(1.2 * COLUMNS + 1.4, 1.2 * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), COLUMNS, squeeze=False)
    for axes, (name, pictures) in zip(grid, rows.items(), strict=True):
        axes[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
        for column, one in enumerate(axes):
            one.set_xticks([])
            one.set_yticks([])
            one.spines[:].set_visible(False)
            if column < len(pictures):
                one.imshow(pictures[column])
    return figure


def only(settings: Sequence[str]) -> Augmentation:
    """Return one change at the strength of the strong preset, with every chance set to 1."""
    values: dict[str, Any] = {
        one.name: 1.0 if "chance" in one.name else getattr(STRONG, one.name)
        for one in fields(STRONG)
        if one.name in settings
    }
    return replace(NONE, **values)


def _draw_row(frame: Pixels, size: int, settings: Augmentation) -> list[Pixels]:
    return [augment(frame, size, np.random.default_rng(seed), settings) for seed in range(COLUMNS)]
