"""Portraits and logos: an upload becomes one small picture and nothing else is kept."""

from collections.abc import Callable
from io import BytesIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from clinic.core.files.pictures import FORMATS, max_pixels

MAX_BYTES = 5 * 1024 * 1024
PORTRAIT_SIDE = 256  # pixels
PORTRAIT_QUALITY = 88
LOGO_BOX = (480, 160)  # pixels: three times the size on the top bar and the letterhead


def read_portrait(upload: "UploadedFile[bytes]") -> bytes:
    """Turn an upload into an upright, square JPEG without metadata."""
    return _read(upload, _as_portrait)


def read_logo(upload: "UploadedFile[bytes]") -> bytes:
    """Turn an upload into a small PNG in its own proportions, without metadata."""
    return _read(upload, _as_logo)


def _read(upload: "UploadedFile[bytes]", convert: Callable[[Image.Image], bytes]) -> bytes:
    if upload.size is None or upload.size > MAX_BYTES:
        raise ValidationError(_("The picture is larger than 5 MB. Choose a smaller one."))
    try:
        with Image.open(upload, formats=FORMATS) as image:
            _check_sides(image)
            return convert(image)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(settings.PHOTOGRAPH_MAX_PIXELS) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ValidationError(
            _("This file cannot be read as a picture. Choose a JPEG, PNG or WebP file.")
        ) from error


def _check_sides(image: Image.Image) -> None:
    limit = max_pixels(image)
    if image.width * image.height > limit:
        raise _too_many_pixels(limit)
    if min(image.size) < settings.PHOTOGRAPH_MIN_SIDE:
        raise ValidationError(
            _("The picture is too small: each side needs at least %(side)d pixels."),
            params={"side": settings.PHOTOGRAPH_MIN_SIDE},
        )


def _too_many_pixels(limit: int) -> ValidationError:
    return ValidationError(
        _("The picture has more than %(megapixels)d million pixels. Choose a smaller one."),
        params={"megapixels": limit // 1_000_000},
    )


def _upright(image: Image.Image) -> Image.Image:
    ImageOps.exif_transpose(image, in_place=True)
    return image if image.mode == "RGBA" else image.convert("RGBA")


def _as_portrait(image: Image.Image) -> bytes:
    # A large JPEG is decoded at a fraction of its size.
    image.draft("RGB", (2 * PORTRAIT_SIDE, 2 * PORTRAIT_SIDE))
    upright = _upright(image)
    square = ImageOps.fit(upright, (PORTRAIT_SIDE, PORTRAIT_SIDE), Image.Resampling.LANCZOS)
    # JPEG has no transparency, and black behind a cut-out face looks broken.
    portrait = Image.new("RGB", square.size, "white")
    portrait.paste(square, mask=square.getchannel("A"))
    out = BytesIO()
    portrait.save(out, "JPEG", quality=PORTRAIT_QUALITY, optimize=True)
    return out.getvalue()


def _as_logo(image: Image.Image) -> bytes:
    upright = _upright(image)
    upright.thumbnail(LOGO_BOX, Image.Resampling.LANCZOS)
    # Only pixels go into the new picture; texts, profiles and comments stay behind.
    logo = Image.new("RGBA", upright.size)
    logo.paste(upright)
    out = BytesIO()
    logo.save(out, "PNG", optimize=True)
    return out.getvalue()
