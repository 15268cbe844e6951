"""Photographs as they come in and as they are kept. Pillow alone: the web process stays small."""

import hashlib
import io
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
JPEG_QUALITY = 95
THUMBNAIL_SIDE = 320  # pixels
MAP_SIDE = 480  # pixels
# What a browser or a viewer might run if it took the file for something else.
FOREIGN_MARKS = (
    b"<script",
    b"<html",
    b"<!doctype",
    b"<svg",
    b"<?php",
    b"<?xml-stylesheet",
    b"%pdf-",
)


@dataclass(frozen=True)
class PreparedPhotograph:
    """A photograph that passed every check, ready to be stored."""

    jpeg: bytes
    thumbnail: bytes
    sha256: str
    upload_sha256: str
    width: int
    height: int


def prepare_photograph(data: bytes) -> PreparedPhotograph:
    """Checks, uprights and re-encodes an upload; a ValidationError says what is wrong with it."""
    if len(data) > settings.PHOTOGRAPH_MAX_BYTES:
        raise ValidationError(
            _("The file is larger than %(megabytes)d MB."),
            params={"megabytes": settings.PHOTOGRAPH_MAX_BYTES // 1024**2},
            code="too_large",
        )
    image = _decode(data)
    _refuse_polyglot(data)
    jpeg = _encode(image, quality=JPEG_QUALITY)
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return PreparedPhotograph(
        jpeg=jpeg,
        thumbnail=_encode(small, quality=85),
        sha256=hashlib.sha256(jpeg).hexdigest(),
        upload_sha256=hashlib.sha256(data).hexdigest(),
        width=image.width,
        height=image.height,
    )


def _decode(data: bytes) -> Image.Image:
    """Reads an upload as an upright RGB picture without any metadata."""
    try:
        with warnings.catch_warnings():
            # The size is checked below, with a sentence, before a pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ValidationError(
            _("This is not a photograph that can be read here. Use JPEG, PNG or WebP."),
            code="not_an_image",
        ) from error
    if picture.width * picture.height > settings.PHOTOGRAPH_MAX_PIXELS:
        raise _too_many_pixels()
    if min(picture.size) < settings.PHOTOGRAPH_MIN_SIDE:
        raise ValidationError(
            _("The photograph is too small: each side needs at least %(side)d pixels."),
            params={"side": settings.PHOTOGRAPH_MIN_SIDE},
            code="too_small",
        )
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
        raise ValidationError(_("This is a moving picture. Send a still one."), code="animated")
    try:
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        return _onto_white(upright)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationError(
            _("The file is damaged or cut off. Send the photograph again."), code="damaged"
        ) from error


def _onto_white(picture: Image.Image) -> Image.Image:
    """A fresh RGB picture: transparency becomes white, and nothing but pixels comes along."""
    if picture.mode in {"I", "I;16", "F"}:
        raise ValueError("more than eight bits a channel")
    if "A" in picture.getbands() or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        canvas = Image.new("RGB", layered.size, "white")
        canvas.paste(layered, mask=layered.getchannel("A"))
        return canvas
    canvas = Image.new("RGB", picture.size)
    canvas.paste(picture.convert("RGB"))
    return canvas


def _refuse_polyglot(data: bytes) -> None:
    """Refuses a picture that is a page, a script, a document or an archive as well."""
    lowered = data.lower()
    if any(mark in lowered for mark in FOREIGN_MARKS) or zipfile.is_zipfile(io.BytesIO(data)):
        raise ValidationError(
            _("The file holds more than a photograph, so it is refused."), code="polyglot"
        )


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("The photograph has more than %(megapixels)d million pixels."),
        params={"megapixels": settings.PHOTOGRAPH_MAX_PIXELS // 10**6},
        code="too_many_pixels",
    )


def _encode(image: Image.Image, *, quality: int) -> bytes:
    # Without chroma subsampling: colour at the edge of a lesion is what is looked at.
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def draw_class_map(
    grid: Sequence[Sequence[float]],
    *,
    crop: tuple[float, float, float, float],
    width: int,
    height: int,
) -> bytes:
    """Draws a class map as a PNG in the photograph's proportions, clear where it is low."""
    scale = min(1.0, MAP_SIDE / max(width, height))
    frame = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top, right, bottom = (
        round(part * side) for part, side in zip(crop, (*frame, *frame), strict=True)
    )
    cells = Image.new("L", (len(grid[0]), len(grid)))
    cells.putdata([round(255 * min(1.0, max(0.0, value))) for row in grid for value in row])
    strength = Image.new("L", frame)
    strength.paste(
        cells.resize((max(1, right - left), max(1, bottom - top)), Image.Resampling.BICUBIC),
        (left, top),
    )
    # From clear over blue to cyan, which skin never is: the stronger, the lighter and more opaque.
    colour = Image.merge(
        "RGBA",
        (
            strength.point(lambda value: value // 4),
            strength.point(lambda value: 60 + value * 2 // 3),
            strength.point(lambda value: 200 + value // 5),
            strength.point(lambda value: min(235, max(0, (value - 40) * 5 // 4))),
        ),
    )
    out = io.BytesIO()
    colour.save(out, "PNG")
    return out.getvalue()
