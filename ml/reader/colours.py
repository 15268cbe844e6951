"""Colours as the screen shows them: a picture with a profile of its own is converted to sRGB."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable

from PIL import Image, ImageChops, ImageCms

Convert = Callable[[Image.Image], Image.Image]

_STEPS = range(0, 256, 17)
_SPACES = {False: "RGB", True: "GRAY"}
# A profile that turns white dark or black bright is broken, whatever its numbers say.
_DARKEST_WHITE, _BRIGHTEST_BLACK = 160, 96


def to_srgb(profile: bytes, *, is_grey: bool) -> Convert | None:
    """Return what converts strips of a picture with this profile to sRGB, changing them in place.

    None where there is nothing to convert: no profile, a broken one, or one that says sRGB. Grey
    strips come out as RGB.
    """
    transform = _transform(profile, is_grey=is_grey) if profile else None
    if transform is None:
        return None

    def convert(strip: Image.Image) -> Image.Image:
        if is_grey:
            grey = strip if strip.mode == "L" else strip.convert("L")
            return _apply(grey, transform)
        ImageCms.applyTransform(strip, transform, inPlace=True)
        return strip

    sample = _sample(is_grey=is_grey)
    plain = sample.convert("RGB")
    converted = convert(sample.copy())
    return convert if _is_sane(converted) and _differs(plain, converted) else None


def _transform(profile: bytes, *, is_grey: bool) -> ImageCms.ImageCmsTransform | None:
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if own.profile.xcolor_space.strip() != _SPACES[is_grey]:
            return None
        return ImageCms.buildTransform(
            own,
            ImageCms.createProfile("sRGB"),
            "L" if is_grey else "RGB",
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return None


def _apply(grey: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(grey, transform)
    assert converted is not None
    return converted


def _sample(*, is_grey: bool) -> Image.Image:
    """Return a picture of many colours, the greys from black to white in its first row."""
    if is_grey:
        sample = Image.new("L", (len(_STEPS), 1))
        sample.putdata(list(_STEPS))
        return sample
    sample = Image.new("RGB", (len(_STEPS), 1 + len(_STEPS) ** 2))
    greys = [(value, value, value) for value in _STEPS]
    sample.putdata(
        greys + [(red, green, blue) for red in _STEPS for green in _STEPS for blue in _STEPS]
    )
    return sample


def _is_sane(converted: Image.Image) -> bool:
    greys = converted.crop((0, 0, len(_STEPS), 1)).convert("L").tobytes()
    return (
        greys[0] <= _BRIGHTEST_BLACK
        and greys[-1] >= _DARKEST_WHITE
        and all(left <= right for left, right in itertools.pairwise(greys))
    )


def _differs(plain: Image.Image, converted: Image.Image) -> bool:
    return max(ImageChops.difference(plain, converted).tobytes()) > 1  # one step is rounding
