"""Colours: a picture with a profile of its own looks as it did where it was taken."""

import io
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ml.reader.read import read_picture
from tests.heics import heic
from tests.photographs import encoded
from tests.profiles import (
    D65,
    PRIMARIES,
    from_linear,
    grey_profile,
    in_srgb,
    profile,
    upside_down,
)

SKIN = [(200, 120, 90), (96, 60, 44), (222, 184, 160), (150, 60, 70), (128, 128, 128)]
KINDS = {
    "JPEG": lambda image, **options: encoded(image, "JPEG", quality=100, **options),
    "PNG": lambda image, **options: encoded(image, "PNG", **options),
    "WebP": lambda image, **options: encoded(image, "WEBP", lossless=True, **options),
    "HEIC": lambda image, **options: heic(image, quality=100, **options),
}
BROKEN = {
    "nothing": b"",
    "a few bytes": b"\0" * 20,
    "noise": random.Random(1).randbytes(3000),
    "half of one": profile("Display P3")[:3000],
    "tables at another place": profile("Display P3")[:128] + b"\xff" * 3000,
    "of four inks": profile("Display P3").replace(b"RGB XYZ ", b"CMYKXYZ "),
    "black for white": upside_down(),
}


def read(data):
    return read_picture(data).getpixel((40, 30))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["Display P3", "Adobe RGB", "Rec. 2020"])
def test_colours_of_a_profile_are_converted_to_srgb(kind, name):
    for colour in SKIN:
        image = Image.new("RGB", (80, 60), colour)
        plain = read(KINDS[kind](image))
        converted = read(KINDS[kind](image, icc_profile=profile(name)))
        assert np.abs(np.subtract(converted, in_srgb(plain, name))).max() <= 2, colour


def test_a_picture_that_says_srgb_keeps_every_pixel():
    image = Image.effect_noise((80, 60), 90).convert("RGB")
    data = encoded(image, "PNG", icc_profile=profile("sRGB"))
    assert read_picture(data).tobytes() == image.tobytes()


def with_chunks(image, **chunks):
    """Return a PNG with these chunks in front of its pixels."""
    data = encoded(image, "PNG")
    place = data.index(b"IDAT") - 4
    for kind, body in chunks.items():
        tag = kind.encode() + body
        chunk = struct.pack(">I", len(body)) + tag + struct.pack(">I", zlib.crc32(tag))
        data, place = data[:place] + chunk + data[place:], place + len(chunk)
    return data


def points_of(name):
    points = [D65, *PRIMARIES[name]]
    return struct.pack(">8I", *(round(100_000 * value) for point in points for value in point))


GAMMA_22 = struct.pack(">I", round(100_000 * 256 / 563))
NUMBERED = {
    "Adobe RGB": {"gAMA": GAMMA_22, "cHRM": points_of("Adobe RGB")},
    "Display P3": {"cICP": bytes([12, 13, 0, 1])},
    "Rec. 2020": {"cICP": bytes([9, 13, 0, 1]), "sRGB": b"\0"},
    "sRGB": {"gAMA": struct.pack(">I", 45_455)},
}


@pytest.mark.parametrize("name", NUMBERED)
def test_colours_that_a_png_names_by_numbers_are_converted_too(name):
    for colour in SKIN:
        image = Image.new("RGB", (80, 60), colour)
        pixel = read(with_chunks(image, **NUMBERED[name]))
        assert np.abs(np.subtract(pixel, in_srgb(colour, name))).max() <= 2, colour


@pytest.mark.parametrize("name", ["Display P3", "Rec. 2020"])
def test_colours_that_a_heic_names_by_numbers_are_converted_too(name):
    image = Image.new("RGB", (80, 60), SKIN[0])
    numbers = {"color_primaries": {"Display P3": 12, "Rec. 2020": 9}[name]}
    numbers |= {"transfer_characteristics": 13, "matrix_coefficients": 6, "full_range_flag": 1}
    pixel = read(heic(image, quality=100, **numbers))
    assert np.abs(np.subtract(pixel, in_srgb(SKIN[0], name))).max() <= 3


@pytest.mark.parametrize("mode", ["L", "I;16", "RGB", "P"])
def test_the_gamma_of_a_png_is_taken_off(mode):
    grey = {"I;16": 100 * 257, "RGB": (100, 100, 100)}.get(mode, 100)
    image = Image.new("L" if mode == "P" else mode, (80, 60), grey)
    image = image.convert("RGB").quantize(4) if mode == "P" else image
    wanted = round(255 * float(from_linear((100 / 255) ** 1.0)))
    pixel = read(with_chunks(image, gAMA=struct.pack(">I", 100_000)))
    assert max(abs(value - wanted) for value in pixel) <= 1


@pytest.mark.parametrize(
    "chunks",
    [
        {"sRGB": b"\0", "gAMA": struct.pack(">I", 100_000)},
        {"gAMA": bytes(4)},
        {"gAMA": b"\xff" * 4},
        {"gAMA": b"\0"},
        {"gAMA": GAMMA_22, "cHRM": bytes(32)},
        {"gAMA": GAMMA_22, "cHRM": b"\xff" * 32},
        {"cHRM": points_of("Adobe RGB")},
        {"cICP": bytes([9, 16, 0, 1])},
        {"cICP": bytes([0, 0, 0, 0])},
        {"cICP": b"\x0c"},
    ],
    ids=str,
)
def test_numbers_that_say_srgb_or_make_no_sense_change_nothing(chunks):
    image = Image.new("RGB", (80, 60), SKIN[0])
    assert read(with_chunks(image, **chunks)) == SKIN[0]


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_of_a_profile_is_converted_too(mode):
    grey = {"L": 100, "LA": (100, 255), "I;16": 100 * 257}[mode]
    image = Image.new(mode, (80, 60), grey)
    wanted = round(255 * float(from_linear((100 / 255) ** 1.0)))
    pixel = read(encoded(image, "PNG", icc_profile=grey_profile(1.0)))
    assert max(abs(value - wanted) for value in pixel) <= 1


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_palettes_and_transparent_pictures_are_converted_too(mode):
    image = Image.new("RGB", (80, 60), SKIN[0]).quantize(4) if mode == "P" else None
    image = image or Image.new("RGBA", (80, 60), (*SKIN[0], 255))
    pixel = read(encoded(image, "PNG", icc_profile=profile("Adobe RGB")))
    assert np.abs(np.subtract(pixel, in_srgb(SKIN[0], "Adobe RGB"))).max() <= 2


def test_what_is_clear_is_the_white_of_the_screen_whatever_the_profile_says():
    image = Image.new("RGBA", (80, 60), (10, 200, 30, 0))
    assert read(encoded(image, "PNG", icc_profile=profile("Display P3"))) == (255, 255, 255)


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_a_broken_profile_is_as_good_as_none(kind, name):
    image = Image.new("RGB", (80, 60), SKIN[0])
    options = {"icc_profile": BROKEN[name]} if BROKEN[name] else {}
    assert read(KINDS[kind](image, **options)) == read(KINDS[kind](image))


def test_a_profile_that_is_not_unpacked_whole_is_none():
    data = encoded(Image.new("RGB", (80, 60), SKIN[0]), "PNG", icc_profile=profile("Display P3"))
    place = data.index(b"iCCP") + 4 + len("ICC Profile") + 2
    assert read(data[:place] + b"\xff" + data[place + 1 :]) == SKIN[0]


def test_four_inks_are_converted_as_before_with_or_without_a_profile():
    image = Image.new("CMYK", (80, 60), (10, 120, 140, 20))
    plain = read(encoded(image, "JPEG", quality=95))
    assert read(encoded(image, "JPEG", quality=95, icc_profile=profile("Adobe RGB"))) == plain
    opened = Image.open(io.BytesIO(encoded(image, "JPEG", quality=95)))
    assert opened.convert("RGB").getpixel((40, 30)) == plain
