"""EXIF as cameras write it, and as broken programs do."""

import random
import struct

ORIENTATION = 0x0112
SHORT, LONG, RATIONAL, SIGNED_RATIONAL = 3, 4, 5, 10


def exif(entries, order=">"):
    """Write EXIF with these entries: tag, kind, count, and four bytes of value or offset."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    body = b"".join(
        struct.pack(f"{order}HHI", tag, kind, count) + value for tag, kind, count, value in entries
    )
    head = mark + struct.pack(f"{order}I", 8) + struct.pack(f"{order}H", len(entries))
    return b"Exif\0\0" + head + body + bytes(4)


def turned(orientation, *more, order=">"):
    """Write EXIF that says how a picture is turned, with other entries around it."""
    value = struct.pack(f"{order}HH", orientation, 0)
    return exif([*more, (ORIENTATION, SHORT, 1, value)], order)


def with_resolution(orientation, numerator, denominator):
    """Write a turn next to a resolution whose fraction follows the entries."""
    place = 8 + 2 + 2 * 12 + 4
    resolution = (0x011A, RATIONAL, 1, struct.pack(">I", place))
    kind = SIGNED_RATIONAL if numerator < 0 else RATIONAL
    resolution = (0x011A, kind, 1, struct.pack(">I", place))
    code = ">ii" if numerator < 0 else ">II"
    return turned(orientation, resolution) + struct.pack(code, numerator, denominator)


def nonsense(draw: random.Random):
    """Write EXIF with kinds, counts and places that no camera writes."""
    order = draw.choice("<>")
    entries = [
        (
            draw.choice(
                [ORIENTATION, 0x0100, 0x010F, 0x011A, 0x0128, 0x02BC, 0x8769, 0x8825, 0xA005]
            ),
            draw.choice([0, *range(1, 14), 129, 0xFFFF]),
            draw.choice([0, 1, 2, 3, 255, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]),
            draw.choice([bytes(4), b"\xff" * 4, struct.pack(f"{order}I", 8), draw.randbytes(4)]),
        )
        for _entry in range(draw.randrange(1, 12))
    ]
    data = bytearray(exif(entries, order) + draw.randbytes(draw.randrange(64)))
    if draw.random() < 0.3:
        del data[draw.randrange(6, len(data)) :]
    return bytes(data)
