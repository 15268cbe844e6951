"""Uploaded pictures: read by the one reader, refused in the words of the person who sends them."""

import io

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image

from ml.errors import PhotographError
from ml.reader.foreign import is_archive as is_archive
from ml.reader.read import is_picture as is_picture
from ml.reader.read import read_picture as read_pixels

# Names of kinds as well as of endings: not every browser knows the kind of a HEIC file.
ACCEPT = "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif"
# The same sentences as in ml/reader/refusals.py, where nothing is translated.
SENTENCES = {
    "not_an_image": _(
        "This file cannot be read as a picture. Send a JPEG, PNG, WebP or HEIC file."
    ),
    "damaged": _("The file is damaged or cut off. Send the picture again."),
    "animated": _("This is an animated picture. Send a still one."),
    "polyglot": _("The file contains more than a picture, so it was rejected."),
    "too_many_pixels": _("The picture has more than %(number)d million pixels."),
    "too_long": _("The picture is too long: no side may have more than %(number)d pixels."),
    "too_small": _("The picture is too small: each side needs at least %(number)d pixels."),
}


def read_picture(
    data: bytes, *, at_least: int | None = None, keeps_transparency: bool = False
) -> Image.Image:
    """Check an upload and read it; a ValidationError says what is wrong with it."""
    if len(data) > settings.PHOTOGRAPH_MAX_BYTES:
        raise too_large()
    try:
        return read_pixels(
            data,
            min_side=settings.PHOTOGRAPH_MIN_SIDE,
            at_least=at_least,
            keeps_transparency=keeps_transparency,
        )
    except PhotographError as error:
        raise ValidationError(
            SENTENCES[error.code], code=error.code, params={"number": error.number}
        ) from error


def too_large() -> ValidationError:
    """Say that a file is larger than any upload may be."""
    return ValidationError(
        _("The file is larger than %(megabytes)d MB."),
        params={"megabytes": settings.PHOTOGRAPH_MAX_BYTES // 1024**2},
        code="too_large",
    )


def as_jpeg(image: Image.Image, *, quality: int) -> bytes:
    """Write a picture as a JPEG without metadata."""
    # Without chroma subsampling: colour at the edge of a lesion is what is looked at.
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()
