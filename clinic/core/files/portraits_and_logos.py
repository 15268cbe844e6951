"""Portraits and logos: what a person uploads becomes one small picture and nothing else."""

from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from clinic.core.files.pictures import read_picture

MAX_BYTES = 5 * 1024 * 1024
PORTRAIT_SIDE = 256  # pixels
PORTRAIT_QUALITY = 88
LOGO_BOX = (480, 160)  # pixels: three times what the top bar and the letterhead show


def read_portrait(upload: "UploadedFile[bytes]") -> bytes:
    """Read an upload and give it back as an upright, square JPEG without metadata."""
    upright = read_picture(_read(upload), at_least=2 * PORTRAIT_SIDE)
    portrait = ImageOps.fit(upright, (PORTRAIT_SIDE, PORTRAIT_SIDE), Image.Resampling.LANCZOS)
    out = BytesIO()
    portrait.save(out, "JPEG", quality=PORTRAIT_QUALITY, optimize=True)
    return out.getvalue()


def read_logo(upload: "UploadedFile[bytes]") -> bytes:
    """Read an upload and give it back as a small PNG of its own proportions, without metadata."""
    logo = read_picture(_read(upload), at_least=2 * LOGO_BOX[0], keeps_transparency=True)
    logo.thumbnail(LOGO_BOX, Image.Resampling.LANCZOS)
    out = BytesIO()
    logo.save(out, "PNG", optimize=True)
    return out.getvalue()


def _read(upload: "UploadedFile[bytes]") -> bytes:
    if upload.size is None or upload.size > MAX_BYTES:
        raise ValidationError(_("The picture is larger than 5 MB. Choose a smaller one."))
    data: bytes = upload.read()
    return data
