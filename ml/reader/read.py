"""Reads a picture of any kind that is taken, under one bound of memory."""

from __future__ import annotations

from PIL import Image

from ml.errors import PhotographError
from ml.reader import jpeg, png
from ml.reader.colours import to_srgb
from ml.reader.container import Container
from ml.reader.foreign import is_polyglot
from ml.reader.heif import is_heif, read_heif
from ml.reader.jpeg import read_jpeg
from ml.reader.pixels import flatten, turn
from ml.reader.png import read_png
from ml.reader.refusals import refusal
from ml.reader.webp import is_webp, read_webp

# What is kept: a larger photograph is read at a half or a quarter of its sides.
KEPT_PIXELS = 40_000_000
# Bytes that reading may take: four a pixel, and as many for the copy that is turned upright.
MEMORY = 8 * KEPT_PIXELS
MOST_PIXELS = 200_000_000  # the largest sensor of a phone
LONGEST_SIDE = 16_384  # pixels; no format that is written here holds much more


def is_picture(data: bytes) -> bool:
    """Say whether a file begins as one of the kinds that are taken."""
    return data.startswith((jpeg.MAGIC, png.MAGIC)) or is_webp(data) or is_heif(data)


def read_picture(
    data: bytes,
    *,
    min_side: int = 1,
    at_least: int | None = None,
    keeps_transparency: bool = False,
) -> Image.Image:
    """Read an upright sRGB picture on white, or with its transparency, and nothing but pixels.

    `at_least` lets a JPEG be decoded at a half, quarter or eighth of its size, as long as its
    shorter side keeps so many pixels. Raises PhotographError, and never anything else.
    """
    try:
        container = _read_container(data)
        shrink = _check(container, data, min_side=min_side, at_least=at_least)
        decoded = container.decode(shrink)
        # The conversion of four inks is the decoder's own, with or without a profile.
        has_ink = decoded.whole is not None and decoded.whole.mode == "CMYK"
        convert = None if has_ink else to_srgb(container.profile, is_grey=container.is_grey)
        plain = flatten(
            decoded,
            shrink=shrink // decoded.shrunk,
            convert=convert,
            keeps_transparency=keeps_transparency,
        )
        orientation = container.orientation
        # A turned copy is made only once the decoder's own pixels are gone.
        del container, decoded
        return turn(plain, orientation)
    except PhotographError:
        raise
    # Decoders raise many kinds on damaged files, and none of them is the site's fault.
    except Exception as error:
        raise refusal("damaged") from error


def _read_container(data: bytes) -> Container:
    if data.startswith(jpeg.MAGIC):
        return read_jpeg(data)
    if data.startswith(png.MAGIC):
        return read_png(data)
    if is_webp(data):
        return read_webp(data)
    if is_heif(data):
        return read_heif(data)
    raise refusal("not_an_image")


def _check(container: Container, data: bytes, *, min_side: int, at_least: int | None) -> int:
    """Refuse what is not to be decoded; return by how much the picture is shrunk."""
    if not container.pixels:
        raise refusal("damaged")
    shrink = _shrink(container)
    if max(container.width, container.height) > LONGEST_SIDE:
        raise refusal("too_long", LONGEST_SIDE)
    if min(container.width, container.height) < min_side:
        raise refusal("too_small", min_side)
    if container.is_animated:
        raise refusal("animated")
    if is_polyglot(container, data):
        raise refusal("polyglot")
    if at_least is not None and isinstance(container, jpeg.JpegContainer):
        return max(shrink, _shrink_to(container, at_least))
    return shrink


def _shrink(container: Container) -> int:
    """Return the part of its size at which a picture keeps to the memory, the largest one."""
    for shrink in container.shrinks:
        if container.pixels <= MOST_PIXELS and _fits(container, shrink):
            return shrink
    smallest = container.shrinks[-1]
    most = container.pixels * MEMORY / _need(container, smallest)
    raise refusal("too_many_pixels", int(min(MOST_PIXELS, most) // 1_000_000))


def _fits(container: Container, shrink: int) -> bool:
    return container.pixels / shrink**2 <= KEPT_PIXELS and _need(container, shrink) <= MEMORY


def _need(container: Container, shrink: int) -> float:
    return max(container.memory(shrink), 8 * container.pixels / shrink**2)


def _shrink_to(container: Container, at_least: int) -> int:
    scale = at_least / min(container.width, container.height)
    if scale >= 1:
        return 1
    sides = (container.width, container.height)
    allowed = min(side // max(1, round(side * scale)) for side in sides)
    return next(shrink for shrink in (8, 4, 2, 1) if allowed >= shrink)
