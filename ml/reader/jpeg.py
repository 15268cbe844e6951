"""JPEG: its segments, and its pixels at a half, quarter or eighth where it is large.

Phones write several pictures into one file (MPO); the first is the photograph.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
from dataclasses import dataclass

from PIL import Image, JpegImagePlugin

from ml.reader.container import Container, Decoded, whole_picture
from ml.reader.exif import read_orientation
from ml.reader.refusals import refusal

MAGIC = b"\xff\xd8\xff"
START = b"\xff\xd8"
END = b"\xff\xd9"
# Inside a scan FF 00 is a byte of the picture, and FF D0 to D7 count restarts.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_ALONE = {0x01, 0xD8}
_EOI, _SOS, _APP0, _EXIF, _ICC, _ADOBE = 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # what libjpeg decodes
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}
_PROGRESSIVE = {0xC2, 0xCA}
_TABLES = {0xC4, 0xCC, 0xDB, 0xDD}
_ICC_NAME = b"ICC_PROFILE\0"
_BLOCK_BYTES = 128  # 64 coefficients of 16 bits
MOST_SCANS = 100  # honest files have about ten; each one makes the decoder go over all blocks
MOST_MARKERS = 5_000  # of 64 kB each they are more than any upload
# Where data are missing libjpeg draws the grey in the middle.
_MISSING = {127, 128}
# Bits that decode to something, whatever they are taken for.
_FILLER = bytes(range(1, 129))


@dataclass(frozen=True)
class Segments:
    """One JPEG, cut into what it says: markers with their bodies, texts, and where it ends."""

    kept: tuple[tuple[int, bytes], ...]
    said: tuple[bytes, ...]
    scans: tuple[bytes, ...]
    first_scan: int
    end: int
    is_ended: bool


def walk(data: bytes, start: int = 0) -> Segments:
    """Go from marker to marker; a file that is cut off ends there. Raises PhotographError."""
    kept: list[tuple[int, bytes]] = []
    said: list[bytes] = []
    scans: list[bytes] = []
    first_scan, place = -1, start + 2
    for _number in range(MOST_MARKERS):
        found = _MARKER.search(data, place)
        if not found:
            break
        marker, after = found[1][0], found.end()
        if first_scan < 0 and found.start() > place:
            said.append(data[place : found.start()])
        if marker == _EOI:
            return Segments(tuple(kept), tuple(said), tuple(scans), first_scan, after, True)
        if marker in _ALONE:
            place = after
            continue
        length = int.from_bytes(data[after : after + 2], "big")
        if length < 2 or after + length > len(data):
            break
        body, place = data[after + 2 : after + length], after + length
        if marker == _SOS:
            first_scan = found.start() if first_scan < 0 else first_scan
            scans.append(body)
        elif marker in _TABLES | _FRAMES | _OTHER_FRAMES:
            kept.append((marker, body))
        else:
            kept.append((marker, body))
            said.append(body)
    else:
        raise refusal("damaged")
    return Segments(tuple(kept), tuple(said), tuple(scans), first_scan, len(data), False)


@dataclass(frozen=True)
class JpegContainer(Container):
    """A JPEG; `coefficients` are the bytes of blocks that its decoder keeps until the last scan."""

    coefficients: int = 0
    is_ended: bool = True

    @property
    def shrinks(self) -> tuple[int, ...]:
        return (1, 2, 4, 8)

    def memory(self, shrink: int) -> float:
        return self.coefficients + 4 * self.pixels / shrink**2

    def decode(self, shrink: int) -> Decoded:
        image = self._decode(self.picture, shrink)
        # Data that are missing leave the last pixel grey, or else all of them less sharp.
        last = image.getpixel((image.width - 1, image.height - 1))
        is_grey = _MISSING.issuperset(last if isinstance(last, tuple) else (last,))
        if is_grey or self.coefficients or not self.is_ended:
            del image
            self._refuse_missing_data(shrink)
            image = self._decode(self.picture, shrink)
        return whole_picture(image, shrunk=shrink)

    def _refuse_missing_data(self, shrink: int) -> None:
        """Refuse half a picture, which libjpeg fills up without a word.

        Where nothing is missing, what stands between the data and the end changes no pixel.
        """
        body = self.picture.removesuffix(END)
        if _digest(self._decode(body + END, shrink)) != _digest(
            self._decode(body + _FILLER + END, shrink)
        ):
            raise refusal("damaged")

    def _decode(self, data: bytes, shrink: int) -> Image.Image:
        image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
        if image.size != (self.width, self.height):
            raise refusal("damaged")
        if shrink > 1:
            image.draft(None, (max(1, self.width // shrink), max(1, self.height // shrink)))
        image.load()
        return image


def read_jpeg(data: bytes) -> JpegContainer:
    """Read what a JPEG says. Raises PhotographError."""
    segments = walk(data)
    frames = [(marker, body) for marker, body in segments.kept if marker in _FRAMES]
    if any(marker in _OTHER_FRAMES for marker, _body in segments.kept):
        raise refusal("not_an_image")
    if len(frames) != 1 or segments.first_scan < 0 or len(segments.scans) > MOST_SCANS:
        raise refusal("damaged")
    marker, frame = frames[0]
    if len(frame) < 6:
        raise refusal("damaged")
    bits, height, width, count = struct.unpack_from(">BHHB", frame)
    parts = [(frame[at + 1] >> 4, frame[at + 1] & 15) for at in range(6, len(frame) - 2, 3)]
    if bits != 8 or count not in {1, 3, 4}:
        raise refusal("not_an_image")
    if len(parts) != count or not all(all(part) for part in parts):
        raise refusal("damaged")
    if marker in _PROGRESSIVE and not _is_refined(segments.scans, frame[6::3]):
        raise refusal("damaged")
    needs_all = marker in _PROGRESSIVE or len(segments.scans) > 1
    return JpegContainer(
        width=width,
        height=height,
        picture=_without_texts(data, segments),
        said=segments.said,
        end=segments.end,
        orientation=read_orientation(_find(segments, _EXIF, b"Exif\0\0")),
        profile=_join_profile(segments),
        is_grey=count == 1,
        coefficients=_coefficients(width, height, parts) if needs_all else 0,
        is_ended=segments.is_ended,
    )


def _find(segments: Segments, marker: int, name: bytes) -> bytes:
    bodies = (body for kind, body in segments.kept if kind == marker and body.startswith(name))
    return next(bodies, b"")


def _join_profile(segments: Segments) -> bytes:
    """Put a profile together from its numbered parts; one that lacks a part is none."""
    parts = {
        body[12]: body
        for marker, body in segments.kept
        if marker == _ICC and body.startswith(_ICC_NAME) and len(body) > 14
    }
    if not parts or set(parts) != set(range(1, next(iter(parts.values()))[13] + 1)):
        return b""
    return b"".join(body[14:] for _number, body in sorted(parts.items()))


def _without_texts(data: bytes, segments: Segments) -> bytes:
    """Return the picture with its tables alone, and with its end where that is missing."""
    kept = [START]
    for marker, body in segments.kept:
        # These two say how the colours are stored.
        is_colour = (marker == _APP0 and body.startswith(b"JFIF\0") and len(body) >= 14) or (
            marker == _ADOBE and body.startswith(b"Adobe") and len(body) >= 12
        )
        if is_colour or marker in _TABLES | _FRAMES:
            kept.append(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body)
    scans = data[segments.first_scan : segments.end]
    if not segments.is_ended:
        scans = scans.rstrip(b"\xff") + END
    return b"".join([*kept, scans])


def _is_refined(scans: tuple[bytes, ...], names: bytes) -> bool:
    """Say whether progressive scans bring every coefficient of every component to its last bit."""
    done: dict[int, set[int]] = {name: set() for name in names}
    for scan in scans:
        if not scan or len(scan) < 4 + 2 * scan[0]:
            return False
        first, last, bits = scan[1 + 2 * scan[0] : 4 + 2 * scan[0]]
        if not bits & 15:
            for name in scan[1 : 1 + 2 * scan[0] : 2]:
                done.setdefault(name, set()).update(range(first, last + 1))
    return all(coefficients >= set(range(64)) for coefficients in done.values())


def _coefficients(width: int, height: int, parts: list[tuple[int, int]]) -> int:
    widest, highest = max(part[0] for part in parts), max(part[1] for part in parts)
    across, down = -(-width // (8 * widest)), -(-height // (8 * highest))
    return sum(across * part[0] * down * part[1] for part in parts) * _BLOCK_BYTES


def _digest(image: Image.Image) -> bytes:
    """Return a hash of all pixels, made of strips so that it needs no second picture."""
    whole = hashlib.sha256()
    for top in range(0, image.height, 256):
        box = (0, top, image.width, min(top + 256, image.height))
        whole.update(image.crop(box).tobytes())
    return whole.digest()
