"""Check and encode uploaded photographs with Pillow only, to keep web processes small."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from clinic.core.files.pictures import as_jpeg, read_picture

JPEG_QUALITY = 95
THUMBNAIL_SIDE = 320  # pixels
MAP_SIDE = 480  # pixels


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
    """Check an upload, turn it upright and re-encode it; raise ValidationError if it is unfit."""
    image = read_picture(data)
    jpeg = as_jpeg(image, quality=JPEG_QUALITY)
    return PreparedPhotograph(
        jpeg=jpeg,
        thumbnail=as_jpeg(_small(image), quality=85),
        sha256=hashlib.sha256(jpeg).hexdigest(),
        upload_sha256=hashlib.sha256(data).hexdigest(),
        width=image.width,
        height=image.height,
    )


def _small(image: Image.Image) -> Image.Image:
    scale = min(1.0, THUMBNAIL_SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def draw_class_map(
    grid: Sequence[Sequence[float]],
    *,
    crop: tuple[float, float, float, float],
    width: int,
    height: int,
) -> bytes:
    """Draw a class map as a PNG in the photograph's proportions, transparent where it is low."""
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
    # From transparent through blue to cyan, colours that skin never has: stronger is lighter.
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
