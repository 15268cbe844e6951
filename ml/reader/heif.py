"""HEIC and HEIF: their boxes, and their pixels by pillow-heif.

The container says itself how a picture is turned, and the decoder turns it; EXIF only repeats it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from ml.reader.container import Container, Decoded
from ml.reader.primaries import numbered_profile
from ml.reader.refusals import refusal

_STILL = {b"heic", b"heix", b"heim", b"heis"}
_MOVING = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
_EITHER = {b"mif1"}
_OTHER = {b"avif", b"avis"}
_COMPRESSED = {b"mdat", b"mpvd"}  # pixels, and a film next to them
# pillow_heif copies texts and profiles for each picture in the file, and a file may name one for a
# thousand pictures: texts are taken off, and what profiles are in is short in honest files.
_TEXT_OF, _NOTHING = b"cdsc", b"skip"
MOST_META = 256 * 1024  # bytes
MOST_BOXES = 1_000
THREADS = 2


def is_heif(data: bytes) -> bool:
    """Say whether a file begins as a HEIC or HEIF does; an AVIF is neither."""
    brands = _brands(data)
    return bool(brands) and (
        brands[0] in _STILL | _MOVING or (brands[0] in _EITHER and not _OTHER & set(brands))
    )


@dataclass(frozen=True)
class HeifContainer(Container):
    """A HEIC; `primary` is its main picture, `decoding` the bytes that a pixel takes to decode."""

    primary: Any = field(default=None, repr=False)
    decoding: float = 5.0

    @property
    def shrinks(self) -> tuple[int, ...]:
        return (1, 2)

    def memory(self, shrink: int) -> float:
        # The decoder's planes stay beside the pixels while these are copied.
        return self.pixels * max(self.decoding, 5 + 4 / shrink**2)

    def decode(self, shrink: int) -> Decoded:
        rows = memoryview(self.primary.data)
        width, height = self.primary.size
        mode, stride = self.primary.mode, self.primary.stride
        name, _semicolon, bits = mode.partition(";")
        if (width, height) != (self.width, self.height):
            raise refusal("damaged")

        def strip(top: int, bottom: int) -> Image.Image:
            part = rows[top * stride : bottom * stride]
            if not bits:
                return Image.frombytes(mode, (width, bottom - top), part, "raw", mode, stride)
            # Grey of ten or twelve bits comes as sixteen; the high byte of each is the second.
            plain, high = name.replace("I", "L"), bytes(part[1::2])
            return Image.frombytes(plain, (width, bottom - top), high, "raw", plain, stride // 2)

        return Decoded(width, height, strip)


def read_heif(data: bytes) -> HeifContainer:
    """Read what a HEIC says. Raises PhotographError."""
    said: list[bytes] = []
    picture = bytearray(data)
    end = 0
    for kind, start, stop in _boxes(data, 0, len(data)):
        if kind not in _COMPRESSED:
            said.append(data[start:stop])
        if kind == b"meta":
            if stop - start > MOST_META:
                raise refusal("damaged")
            _take_texts_off(picture, start, stop)
        end = stop
    primary = _open(bytes(picture[:end]))
    width, height = primary.size
    return HeifContainer(
        width=width,
        height=height,
        picture=data,
        said=tuple(said),
        end=end,
        profile=_profile(primary),
        is_grey=_is_grey(primary),
        is_animated=_brands(data)[0] in _MOVING,
        primary=primary,
        decoding=_bytes_to_decode(primary),
    )


def _is_grey(primary: Any) -> bool:
    return bool(primary.mode.startswith(("L", "I")))


def _profile(primary: Any) -> bytes:
    """Return the profile, or what the numbers stand for where there are only numbers."""
    said = primary.info.get("nclx_profile") or {}
    return primary.info.get("icc_profile") or numbered_profile(
        said.get("color_primaries", 0),
        said.get("transfer_characteristics", 0),
        is_grey=_is_grey(primary),
    )


def _open(data: bytes) -> Any:
    """Return the main picture of a file, not yet decoded. Raises PhotographError."""
    # Where no HEIC ever comes, its library is never loaded.
    import pillow_heif

    pillow_heif.options.DECODE_THREADS = THREADS
    # Only the picture itself is looked at.
    pillow_heif.options.THUMBNAILS = pillow_heif.options.AUX_IMAGES = False
    pillow_heif.options.DEPTH_IMAGES = False
    try:
        file = pillow_heif.open_heif(data, convert_hdr_to_8bit=True, remove_stride=False)
        return file[file.primary_index]
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError, IndexError) as error:
        raise refusal("damaged") from error


def _bytes_to_decode(primary: Any) -> float:
    """Return how many bytes each pixel takes while libheif makes RGB of its planes, as measured."""
    is_subsampled = primary.info.get("chroma") in {420, None}  # None is grey
    if primary.info["bit_depth"] > 8:
        colours = 8.0 if is_subsampled else 15.5
    else:
        colours = 5.0 if is_subsampled else 9.5
    return colours + (4.0 if primary.has_alpha else 0.0)


def _take_texts_off(picture: bytearray, start: int, stop: int) -> None:
    """Cut the ties between a file's pictures and the texts that describe them."""
    for kind, first, last in _boxes(picture, start + 4, stop):
        if kind == b"iref":
            for name, place, _end in _boxes(picture, first + 4, last):
                if name == _TEXT_OF:
                    picture[place - 4 : place] = _NOTHING


def _brands(data: bytes) -> list[bytes]:
    """Return the brand of a file of boxes and those that it is compatible with."""
    if data[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(data[:4], "big"), len(data), 4096)
    return [data[8:12], *(data[place : place + 4] for place in range(16, end - 3, 4))]


def _boxes(data: bytes | bytearray, place: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Go from box to box of one level, as far as they make sense: name, start and end of each."""
    for _number in range(MOST_BOXES):
        length = int.from_bytes(data[place : place + 4], "big")
        kind = bytes(data[place + 4 : place + 8])
        head = 8
        if length == 1:
            length, head = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        elif length == 0 and len(kind) == 4:
            length = stop - place
        if length < head or place + length > stop or not kind.strip().isalnum():
            return
        yield kind, place + head, place + length
        place += length
