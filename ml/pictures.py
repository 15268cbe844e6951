"""Draws what training does to a photograph: `python -m ml.pictures PHOTO --out FILE`.

One row a change, each alone, drawn several times; the last row is the median filter.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ml.arguments import parse_proportion
from ml.bundle.preprocessing import Pixels, Recipe, prepare_photograph
from ml.errors import MlError, run_command
from ml.training.augmentation import NONE, PRESETS, STRONG, Augmentation, augment

COLUMNS = 6
DPI = 100
# Which settings make up a change; what is not named stays as NONE has it.
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the photograph that the command line names."""
    options = parse_arguments(arguments)
    try:
        data = options.photograph.read_bytes()
        figure = draw_changes(data, Recipe(squeezed_from=options.squeezed_from))
        figure.savefig(options.out, dpi=DPI)
    except OSError as error:
        raise MlError(f"{error.filename}: {error.strerror}") from error
    print(options.out)
    return 0


def draw_changes(data: bytes, recipe: Recipe) -> Figure:
    """Draw each change of the strong preset alone, all together, and the median filter.

    Takes the bytes of a photograph. Raises PhotographError.
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
    """Give one change at the strong preset's strength; where it has a chance it always happens."""
    values: dict[str, Any] = {
        one.name: 1.0 if "chance" in one.name else getattr(STRONG, one.name)
        for one in fields(STRONG)
        if one.name in settings
    }
    return replace(NONE, **values)


def _draw_row(frame: Pixels, size: int, settings: Augmentation) -> list[Pixels]:
    return [augment(frame, size, np.random.default_rng(seed), settings) for seed in range(COLUMNS)]


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.pictures",
        description="Draw each change that training makes to a photograph, and the median filter.",
    )
    parser.add_argument("photograph", type=Path, metavar="PHOTO")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".webp, .png or .jpg"
    )
    parser.add_argument(
        "--squeezed-from",
        type=parse_proportion,
        metavar="W:H",
        help="a square photograph was squeezed from this proportion, such as 4:3",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_command(lambda: main(sys.argv[1:]))
