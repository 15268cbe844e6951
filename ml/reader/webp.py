"""WebP: its chunks, and its pixels."""

from __future__ import annotations

import io
import struct

from PIL import WebPImagePlugin

from ml.reader.container import Container, Decoded, whole_picture
from ml.reader.exif import read_orientation
from ml.reader.refusals import refusal

_PICTURE = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
MOST_CHUNKS = 10_000


def is_webp(data: bytes) -> bool:
    """Say whether a file begins as a WebP does."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


class WebpContainer(Container):
    """A WebP, whose decoder keeps several canvases of the whole."""

    @property
    def shrinks(self) -> tuple[int, ...]:
        return (1,)

    def memory(self, shrink: int) -> float:
        return 20 * self.pixels

    def decode(self, shrink: int) -> Decoded:
        image = WebPImagePlugin.WebPImageFile(io.BytesIO(self.picture))
        if image.size != (self.width, self.height):
            raise refusal("damaged")
        return whole_picture(image)


def read_webp(data: bytes) -> WebpContainer:
    """Read what a WebP says. Raises PhotographError."""
    end = min(8 + int.from_bytes(data[4:8], "little"), len(data))
    said: list[bytes] = []
    exif = profile = b""
    size = (0, 0)
    frames = 0
    place = 12
    for _number in range(MOST_CHUNKS):
        if place + 8 > end:
            break
        kind = data[place : place + 4]
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        body = data[place + 8 : min(place + 8 + length, end)]
        size = size if any(size) else _size(kind, body)
        if kind not in _PICTURE:
            said.append(body)
        if kind == b"EXIF":
            exif = exif or body
        elif kind == b"ICCP":
            profile = profile or body
        frames += kind == b"ANMF"
        place += 8 + length + length % 2
    if not all(size):
        raise refusal("damaged")
    return WebpContainer(
        width=size[0],
        height=size[1],
        picture=data[:end],
        said=tuple(said),
        end=end,
        orientation=read_orientation(exif),
        profile=profile,
        is_animated=frames > 1,
    )


def _size(kind: bytes, body: bytes) -> tuple[int, int]:
    """Return the size that the first chunk says, which is that of the whole canvas."""
    if kind == b"VP8X" and len(body) >= 10:
        return (
            1 + int.from_bytes(body[4:7], "little"),
            1 + int.from_bytes(body[7:10], "little"),
        )
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) >= 10:
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and body[:1] == b"\x2f" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return 0, 0
