"""Uploaded photographs at full size: checked, turned upright, and reduced to pixels."""

import io
import warnings
import zipfile

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
WEBP_MAX_PIXELS = 16_000_000
PROGRESSIVE_MAX_PIXELS = 24_000_000
STRIP = 256  # rows
# What a browser or viewer might run if it took the file for something else.
FOREIGN_MARKS = (
    b"<script",
    b"<html",
    b"<!doctype",
    b"<svg",
    b"<?php",
    b"<?xml-stylesheet",
    b"%pdf-",
)


def read_picture(data: bytes) -> Image.Image:
    """Check an upload and read it; raise a ValidationError that says what is wrong with it."""
    if len(data) > settings.PHOTOGRAPH_MAX_BYTES:
        raise too_large()
    image = _decode(data)
    _refuse_polyglot(data)
    return image


def too_large() -> ValidationError:
    """Say that a file is larger than any upload may be."""
    return ValidationError(
        _("The file is larger than %(megabytes)d MB."),
        params={"megabytes": settings.PHOTOGRAPH_MAX_BYTES // 1024**2},
        code="too_large",
    )


def _decode(data: bytes) -> Image.Image:
    """Read an upload as an upright RGB picture without any metadata."""
    try:
        with warnings.catch_warnings():
            # The size is checked below, with a clear message, before any pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(settings.PHOTOGRAPH_MAX_PIXELS) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ValidationError(
            _("This file cannot be read as a photograph. Use JPEG, PNG or WebP."),
            code="not_an_image",
        ) from error
    limit = max_pixels(picture)
    if picture.width * picture.height > limit:
        raise _too_many_pixels(limit)
    if min(picture.size) < settings.PHOTOGRAPH_MIN_SIDE:
        raise ValidationError(
            _("The photograph is too small: each side needs at least %(side)d pixels."),
            params={"side": settings.PHOTOGRAPH_MIN_SIDE},
            code="too_small",
        )
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
        raise ValidationError(_("This is an animated picture. Send a still one."), code="animated")
    try:
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        return _onto_white(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationError(
            _("The file is damaged or cut off. Send the photograph again."), code="damaged"
        ) from error


def max_pixels(picture: Image.Image) -> int:
    """Return the pixel limit, lower for formats whose decoder needs several times the memory."""
    if picture.format == "WEBP":
        return min(WEBP_MAX_PIXELS, settings.PHOTOGRAPH_MAX_PIXELS)
    if "progressive" in picture.info:
        return min(PROGRESSIVE_MAX_PIXELS, settings.PHOTOGRAPH_MAX_PIXELS)
    return settings.PHOTOGRAPH_MAX_PIXELS


def _onto_white(picture: Image.Image) -> Image.Image:
    """Return an RGB picture: transparency becomes white, and only the pixels remain."""
    if picture.mode in {"I", "I;16", "F"}:
        raise ValueError("more than eight bits a channel")
    if "A" in picture.getbands() or "transparency" in picture.info:
        canvas = Image.new("RGB", picture.size, "white")
        # In strips: a second copy of forty megapixels would double the memory used.
        for top in range(0, picture.height, STRIP):
            box = (0, top, picture.width, min(top + STRIP, picture.height))
            strip = picture.crop(box).convert("RGBA")
            canvas.paste(strip, box, mask=strip.getchannel("A"))
        return canvas
    plain = picture if picture.mode == "RGB" else picture.convert("RGB")
    plain.info = {}
    return plain


def _refuse_polyglot(data: bytes) -> None:
    """Refuse a picture that is also a page, a script, a document or an archive."""
    lowered = data.lower()
    if any(mark in lowered for mark in FOREIGN_MARKS) or zipfile.is_zipfile(io.BytesIO(data)):
        raise ValidationError(
            _("The file contains more than a photograph, so it was rejected."), code="polyglot"
        )


def _too_many_pixels(limit: int) -> ValidationError:
    return ValidationError(
        _("The photograph has more than %(megapixels)d million pixels."),
        params={"megapixels": limit // 10**6},
        code="too_many_pixels",
    )


def as_jpeg(image: Image.Image, *, quality: int) -> bytes:
    """Write a picture as a JPEG without metadata."""
    # No chroma subsampling: doctors look at the colours along the edge of a lesion.
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()
