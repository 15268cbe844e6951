"""Colours: a picture with a profile of its own looks as it did where it was taken."""

import io
import random

import numpy as np
import pytest
from PIL import Image

from ml.reader.read import read_picture
from tests.heics import heic
from tests.photographs import encoded
from tests.profiles import from_linear, grey_profile, in_srgb, profile, upside_down

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
