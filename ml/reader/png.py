"""PNG: its chunks, and its pixels."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import PngImagePlugin

from ml.reader.container import Container, Decoded, whole_picture
from ml.reader.exif import read_orientation
from ml.reader.primaries import SRGB, Primaries, make_profile, numbered_profile
from ml.reader.refusals import refusal

MAGIC = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 100_000  # an encoder that writes 256 bytes a chunk needs so many for 25 MB
_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_COMPRESSED = {b"iCCP", b"zTXt", b"fdAT"}
_GREY = {0, 4}
MOST_PROFILE = 4 * 1024**2  # bytes
_GAMMA_SCALE = 100_000
_GAMMA_OF_SRGB = range(45_000, 46_000)
_POINTS_OF_SRGB = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


@dataclass(frozen=True)
class PngContainer(Container):
    """A PNG; `transparency` is the colour that is clear, as Pillow wants it, if one is."""

    transparency: int | tuple[int, ...] | None = None

    @property
    def shrinks(self) -> tuple[int, ...]:
        return (1, 2)

    def memory(self, shrink: int) -> float:
        # Decoded whole, then a smaller or a white copy next to it.
        return 4 * self.pixels * (1 + 1 / shrink**2)

    def decode(self, shrink: int) -> Decoded:
        image = PngImagePlugin.PngImageFile(io.BytesIO(self.picture))
        if image.size != (self.width, self.height):
            raise refusal("damaged")
        if self.transparency is not None and image.mode != "P":
            image.info["transparency"] = self.transparency
        return whole_picture(image)


def read_png(data: bytes) -> PngContainer:
    """Read what a PNG says. Raises PhotographError."""
    kept: list[bytes] = [MAGIC]
    said: list[bytes] = []
    first: dict[bytes, bytes] = {}
    end = len(MAGIC)
    for kind, chunk, body in _chunks(data):
        first.setdefault(kind, body)
        if kind in _PIXELS:
            kept.append(chunk)
        elif kind not in _COMPRESSED:
            said.append(body)
        end += len(chunk)
    header = first.get(b"IHDR", b"")
    if len(header) != 13:
        raise refusal("damaged")
    width, height, bits, colours = struct.unpack_from(">IIBB", header)
    return PngContainer(
        width=width,
        height=height,
        picture=b"".join(kept),
        said=tuple(said),
        end=end,
        orientation=read_orientation(first.get(b"eXIf", b"")),
        profile=_profile(first, is_grey=colours in _GREY),
        is_grey=colours in _GREY,
        is_animated=int.from_bytes(first.get(b"acTL", b"")[:4], "big") > 1,
        transparency=_clear_colour(first.get(b"tRNS", b""), bits, colours),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Go from chunk to chunk up to the end of the picture: its name, all of it, its body."""
    place = len(MAGIC)
    for _number in range(MOST_CHUNKS):
        if place + 8 > len(data):
            return
        (length,) = struct.unpack_from(">I", data, place)
        kind = data[place + 4 : place + 8]
        yield kind, data[place : place + 12 + length], data[place + 8 : place + 8 + length]
        if kind == b"IEND":
            return
        place += 12 + length


def _profile(first: dict[bytes, bytes], *, is_grey: bool) -> bytes:
    """Return what colours the picture is in: the first of four chunks that says so, as specified.

    Where nobody says anything it is sRGB, as where a chunk says that.
    """
    numbers = first.get(b"cICP", b"")
    if len(numbers) == 4 and (made := numbered_profile(numbers[0], numbers[1], is_grey=is_grey)):
        return made
    if profile := _unpack_profile(first.get(b"iCCP", b"")):
        return profile
    if b"sRGB" in first:
        return b""
    return _measured_profile(first.get(b"gAMA", b""), first.get(b"cHRM", b""), is_grey=is_grey)


def _measured_profile(gamma: bytes, points: bytes, *, is_grey: bool) -> bytes:
    if len(gamma) != 4:
        return b""
    (value,) = struct.unpack(">I", gamma)
    is_srgb = len(points) != 32 or points == _POINTS_OF_SRGB
    # Whoever writes the gamma of sRGB beside its colours means its curve.
    exponent = None if is_srgb and value in _GAMMA_OF_SRGB else _GAMMA_SCALE / max(value, 1)
    if is_srgb:
        return make_profile(SRGB, exponent, is_grey=is_grey)
    at = [number / _GAMMA_SCALE for number in struct.unpack(">8I", points)]
    measured = Primaries(*zip(at[::2], at[1::2], strict=True))
    return make_profile(measured, exponent, is_grey=is_grey)


def _unpack_profile(body: bytes) -> bytes:
    _name, _zero, rest = body.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(rest[1:], MOST_PROFILE)
    except zlib.error:
        return b""


def _clear_colour(clear: bytes, bits: int, colours: int) -> int | tuple[int, ...] | None:
    """Return the clear colour in the scale that Pillow decodes to.

    Pillow spreads fewer than eight bits over 0 to 255 and cuts colours of sixteen to eight, but
    takes the clear colour as the file has it.
    """
    count = {0: 1, 2: 3}.get(colours)
    if count is None or len(clear) < 2 * count:
        return None
    values: list[int] = [value & (2**bits - 1) for value in struct.unpack_from(f">{count}H", clear)]
    if bits < 8:
        values = [value * 255 // (2**bits - 1) for value in values]
    if count == 1:
        return values[0]
    return tuple(value >> 8 if bits == 16 else value for value in values)
