"""Colours that a file names by numbers instead of a profile, written as a profile.

PNG does so in gAMA, cHRM and cICP, and HEIC in its nclx box.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Row = Sequence[float]
Matrix = Sequence[Row]

_D65 = (0.3127, 0.3290)
_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
# The curve of sRGB as ICC writes it: an exponent, and where and how it becomes a line.
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


@dataclass(frozen=True)
class Primaries:
    """Where white, red, green and blue are among all colours, as x and y."""

    white: Point
    red: Point
    green: Point
    blue: Point


SRGB = Primaries(_D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
# By their numbers in ITU-T H.273, which both PNG and HEIC use.
_PRIMARIES = {
    1: SRGB,
    9: Primaries(_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: Primaries(_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
# Exponents by the same standard; None is the curve of sRGB, which televisions are close to.
_CURVES = {1: None, 4: 2.2, 5: 2.8, 6: None, 8: 1.0, 13: None, 14: None, 15: None}


def numbered_profile(primaries: int, curve: int, *, is_grey: bool) -> bytes:
    """Return the profile of two numbers of H.273; nothing for those that no still picture has."""
    if primaries not in _PRIMARIES or curve not in _CURVES:
        return b""
    return make_profile(_PRIMARIES[primaries], _CURVES[curve], is_grey=is_grey)


def make_profile(primaries: Primaries, exponent: float | None, *, is_grey: bool) -> bytes:
    """Return an ICC profile of these colours; nothing where they make no sense."""
    if exponent is not None and not 0.2 <= exponent <= 5:
        return b""
    tags = {b"wtpt": _xyz(_D50)}
    if is_grey:
        return _pack(b"GRAY", tags | {b"kTRC": _curve(exponent)})
    try:
        columns = _adapted(primaries)
    except ZeroDivisionError:
        return b""
    if any(abs(value) > 4 for column in columns for value in column):
        return b""
    for name, column in zip((b"r", b"g", b"b"), columns, strict=True):
        tags |= {name + b"XYZ": _xyz(column), name + b"TRC": _curve(exponent)}
    return _pack(b"RGB ", tags)


def _adapted(primaries: Primaries) -> list[Row]:
    """Return red, green and blue in XYZ, as they look under the white of profiles."""
    colours = [_of_point(point) for point in (primaries.red, primaries.green, primaries.blue)]
    white = _of_point(primaries.white)
    shares = _times(_inverse(_transposed(colours)), white)
    have, want = _times(_BRADFORD, white), _times(_BRADFORD, _D50)
    gains = [wanted / had for wanted, had in zip(want, have, strict=True)]
    back = _inverse(_BRADFORD)
    adapted = []
    for colour, share in zip(colours, shares, strict=True):
        cones = _times(_BRADFORD, [share * value for value in colour])
        adapted.append(_times(back, [a * b for a, b in zip(cones, gains, strict=True)]))
    return adapted


def _of_point(point: Point) -> Row:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _transposed(matrix: Matrix) -> Matrix:
    return list(zip(*matrix, strict=True))


def _times(matrix: Matrix, vector: Row) -> Row:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    size = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return [[value / size for value in row] for row in rows]


def _curve(exponent: float | None) -> bytes:
    values = _SRGB_CURVE if exponent is None else (exponent,)
    return struct.pack(">4s4xHH", b"para", 3 if exponent is None else 0, 0) + _fixed(values)


def _xyz(values: Row) -> bytes:
    return struct.pack(">4s4x", b"XYZ ") + _fixed(values)


def _fixed(values: Row) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _pack(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    first = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += struct.pack(">4sII", name, first + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    head = struct.pack(
        ">I4xI4s4s4s12x4s28x", first + len(body), 0x04000000, b"mntr", space, b"XYZ ", b"acsp"
    )
    head += _fixed(_D50)
    return head.ljust(128, b"\0") + table + body
