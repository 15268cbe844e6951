"""The one fact of EXIF that decides about pixels; the rest is never read, let alone written."""

from __future__ import annotations

import struct

ORIENTATION = 0x0112
UPRIGHT = 1
# The kinds of whole numbers that a camera may write: how they are read, and their bytes.
_NUMBERS = {1: "B", 3: "H", 4: "I"}
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}


def read_orientation(exif: bytes) -> int:
    """Return how a picture has to be turned, 1 to 8; 1 where EXIF is broken or says nothing."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = _ORDERS.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return UPRIGHT
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    if start + 2 > len(tiff):
        return UPRIGHT
    (entries,) = struct.unpack_from(f"{order}H", tiff, start)
    for place in range(start + 2, min(start + 2 + 12 * entries, len(tiff) - 11), 12):
        tag, kind, count = struct.unpack_from(f"{order}HHI", tiff, place)
        if tag == ORIENTATION and kind in _NUMBERS and count == 1:
            (value,) = struct.unpack_from(order + _NUMBERS[kind], tiff, place + 8)
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
