"""Colour profiles for tests, and the arithmetic of colour that they stand for."""

import struct

import numpy as np

D65 = (0.3127, 0.3290)
D50 = np.array([0.9642, 1.0, 0.8249])
PRIMARIES = {
    "sRGB": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "Display P3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "Adobe RGB": ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)),
    "Rec. 2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
}
GAMMAS = {"Adobe RGB": 563 / 256}  # the others have the curve of sRGB
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def to_linear(values, name):
    """Convert numbers of 0 to 1 to light."""
    values = np.asarray(values, dtype=float)
    if name in GAMMAS:
        return values ** GAMMAS[name]
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def from_linear(light):
    """Convert light to numbers of sRGB."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def to_xyz(name):
    """Return the matrix from linear RGB to XYZ of these primaries."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in PRIMARIES[name]]).T
    white = np.array([D65[0] / D65[1], 1, (1 - D65[0] - D65[1]) / D65[1]])
    return columns * np.linalg.solve(columns, white)


def in_srgb(pixel, name):
    """Convert a pixel of this profile to sRGB, 0 to 255."""
    light = to_xyz(name) @ to_linear(np.array(pixel) / 255, name)
    values = 255 * from_linear(np.linalg.solve(to_xyz("sRGB"), light))
    return tuple(round(value) for value in values.tolist())


def profile(name, curve=None):
    """Build an ICC profile with these primaries and their curve, or another curve."""
    white = to_xyz(name).sum(axis=1)
    scale = np.diag((BRADFORD @ D50) / (BRADFORD @ white))
    adapted = np.linalg.solve(BRADFORD, scale @ BRADFORD) @ to_xyz(name)
    tags = {b"wtpt": _xyz(D50)}
    for colour, column in zip(b"rgb", adapted.T, strict=True):
        tags[bytes([colour]) + b"XYZ"] = _xyz(column)
        tags[bytes([colour]) + b"TRC"] = curve or _curve(name)
    return _pack(b"RGB ", tags)


def upside_down():
    """Build an ICC profile that is well formed and turns white into black."""
    return profile("sRGB", struct.pack(">4s4xIHH", b"curv", 2, 65535, 0))


def grey_profile(gamma):
    """Build an ICC profile for grey with this gamma."""
    curve = struct.pack(">4s4xIH", b"curv", 1, round(256 * gamma))
    return _pack(b"GRAY", {b"wtpt": _xyz(D50), b"kTRC": curve})


def _curve(name):
    if name in GAMMAS:
        return struct.pack(">4s4xIH", b"curv", 1, round(256 * GAMMAS[name]))
    steps = np.rint(65535 * to_linear(np.linspace(0, 1, 1024), name)).astype(int)
    return struct.pack(">4s4xI1024H", b"curv", 1024, *steps)


def _xyz(values):
    return struct.pack(">4s4x3i", b"XYZ ", *(round(value * 65536) for value in values))


def _pack(space, tags):
    text = b"desc" + struct.pack(">4xI", 5) + b"test\0" + bytes(4 + 4 + 2 + 1 + 67)
    tags = {b"desc": text, b"cprt": b"text" + bytes(4) + b"none\0", **tags}
    table, body = struct.pack(">I", len(tags)), b""
    first = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += struct.pack(">4sII", name, first + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    head = struct.pack(
        ">I4xI4s4s4s12s4s28xI12s44x", 128 + len(table) + len(body), 0x02400000, b"mntr", space,
        b"XYZ ", struct.pack(">6H", 2026, 1, 1, 0, 0, 0), b"acsp", 0, _xyz(D50)[8:],
    )  # fmt: skip
    return head + bytes(128 - len(head)) + table + body
