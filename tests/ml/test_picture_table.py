"""Each row of the table in docs/pictures.md is what happens."""

import io
import re
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from ml.errors import PhotographError
from ml.reader.read import read_picture
from tests import exifs, photographs
from tests.heics import heic, tiled
from tests.photographs import encoded
from tests.profiles import in_srgb, profile

ROW = re.compile(r"\| (?P<file>[^|]+) \| (?P<what>[^|]+) \|")
TABLE = Path(__file__).parents[2] / "docs" / "pictures.md"
SKIN = (200, 120, 90)
PAGE = b"<html><body>a page</body></html>"


def rows():
    text = TABLE.read_text().partition("## What becomes of a file")[2].partition("\n## ")[0]
    found = [(row["file"], row["what"]) for row in ROW.finditer(text)]
    return dict(found[2:]) if found[1][0].startswith("---") else dict(found[1:])


def skin(mode="RGB", size=(120, 80)):
    image = Image.new("RGB", size, SKIN)
    image.paste((20, 20, 20), (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def busy():
    return Image.effect_noise((320, 240), 60).convert("RGB")


def several(kind):
    out = io.BytesIO()
    skin().save(out, kind, save_all=True, append_images=[Image.new("RGB", (64, 64))])
    return out.getvalue()


def moving(kind):
    frames = [photographs.draw(seed) for seed in range(3)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def with_bits(bits):
    data = encoded(skin(), "JPEG")
    place = data.index(b"\xff\xc0") + 4
    return data[:place] + bytes([bits]) + data[place + 1 :]


def moving_heic():
    return heic(skin()).replace(b"ftypheic", b"ftyphevc", 1)


def of(data, **options):
    return lambda: read_picture(data(), **options)


def size_of(data, **options):
    return lambda: read_picture(data(), **options).size


def flat(mode, size, kind="PNG"):
    return lambda: encoded(Image.new(mode, size), kind)


def tiles(columns, rows, size):
    return lambda: tiled(Image.new("RGB", (512, 512), SKIN), columns, rows, size)


def jpeg(**options):
    return encoded(skin(), "JPEG", quality=95, **options)


def in_p3():
    return encoded(Image.new("RGB", (80, 80), SKIN), "PNG", icc_profile=profile("Display P3"))


def numbered_p3():
    data = encoded(Image.new("RGB", (80, 80), SKIN), "PNG")
    place = data.index(b"IDAT") - 4
    chunk = b"cICP" + bytes([12, 13, 0, 1])
    chunk = struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:place] + chunk + data[place:]


def of_four_inks(**options):
    return encoded(skin("CMYK"), "JPEG", **options)


def clear():
    return encoded(Image.new("RGBA", (80, 80), (0, 0, 0, 0)), "PNG")


def in_pixels():
    data = encoded(busy(), "JPEG")
    place = data.index(b"\xff\xda") + 9000
    return data[:place] + PAGE + data[place + len(PAGE) :]


TAKEN = {
    "JPEG, baseline or progressive": [jpeg, lambda: jpeg(progressive=True)],
    "JPEG of one grey or of four inks": [lambda: encoded(skin("L"), "JPEG"), of_four_inks],
    "several pictures in one JPEG (MPO), as phones write it": [lambda: several("MPO")],
    "PNG of any mode": [
        lambda mode=mode: encoded(skin(mode), "PNG")
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA")
    ],
    "PNG or HEIC of ten to sixteen bits": [
        lambda: encoded(Image.new("I;16", (120, 80)), "PNG"),
        lambda: heic(Image.new("I;16", (120, 80))),
    ],
    "WebP, with or without loss": [
        lambda lossless=lossless: encoded(skin(), "WEBP", lossless=lossless)
        for lossless in (True, False)
    ],
    "HEIC or HEIF": [
        lambda: heic(skin()),
        lambda: heic(skin()).replace(b"ftypheic", b"ftypmif1", 1),
    ],
    "several pictures in one HEIC": [lambda: several("HEIF")],
    "EXIF that is broken": [lambda: jpeg(exif=b"Exif\0\0MM\0*" + b"\xff" * 40)],
    "a JPEG whose end mark is missing": [lambda: jpeg()[:-2], lambda: jpeg(progressive=True)[:-2]],
    "a film, a preview or a second picture behind a JPEG": [
        lambda: jpeg() + struct.pack(">I4s", 4000, b"ftyp") + bytes(range(256)) * 15,
        lambda: jpeg() + encoded(busy(), "JPEG"),
    ],
}
REFUSED = {
    "a page, a script, a PDF or an archive in its texts or behind its end": [
        lambda: jpeg(comment=PAGE),
        lambda: jpeg() + PAGE,
        lambda: jpeg() + b"%PDF-1.7 and more",
        photographs.polyglot_archive,
    ],
    "a JPEG that lacks pixels": [lambda: encoded(busy(), "JPEG")[:9000] + b"\xff\xd9"],
    "a PNG, WebP or HEIC that is cut off": [
        lambda: encoded(busy(), "PNG")[:9000],
        lambda: encoded(busy(), "WEBP")[:9000],
        lambda: heic(busy())[:9000],
    ],
    "a PNG, WebP or HEIC that moves": [lambda: moving("PNG"), lambda: moving("WEBP"), moving_heic],
    "a PNG of more than 64 million pixels": [flat("1", (8100, 8000))],
    "a WebP of more than 16 million pixels": [flat("RGB", (4100, 4000), "WEBP")],
    "a HEIC of more than 53 million pixels": [tiles(16, 13, (8192, 6656))],
    "a JPEG of more than 200 million pixels": [flat("L", (15000, 14000), "JPEG")],
    "a side of more than 16384 pixels": [flat("1", (100_000, 64)), flat("1", (64, 16_385))],
    "a side of less than 64 pixels, on the site": [flat("L", (63, 200))],
    "JPEG of twelve bits, or without loss": [
        lambda: with_bits(12),
        lambda: jpeg().replace(b"\xff\xc0", b"\xff\xc3", 1),
    ],
    "GIF, TIFF, BMP, AVIF, JPEG 2000, SVG and all else": [
        *(
            lambda kind=kind: encoded(skin(), kind)
            for kind in ("GIF", "TIFF", "BMP", "AVIF", "JPEG2000")
        ),
        photographs.svg,
        lambda: b"",
    ],
}
# How it is converted: what is looked at, and what is seen.
CONVERTED = {
    "an orientation in EXIF": (size_of(lambda: jpeg(exif=exifs.turned(6))), (80, 120)),
    "an orientation in the container of a HEIC": (
        size_of(lambda: heic(skin(), exif=exifs.turned(6))),
        (80, 120),
    ),
    "a colour profile (Display P3, Adobe RGB, grey and others)": (
        lambda: read_picture(in_p3()).getpixel((9, 9)),
        in_srgb(SKIN, "Display P3"),
    ),
    "colours named by numbers (gAMA, cHRM and cICP of a PNG, nclx of a HEIC)": (
        lambda: read_picture(numbered_p3()).getpixel((9, 9)),
        in_srgb(SKIN, "Display P3"),
    ),
    "a colour profile that is broken, or not of the picture’s kind": (
        lambda: read_picture(jpeg(icc_profile=b"\0" * 500)).tobytes(),
        read_picture(jpeg()).tobytes(),
    ),
    "four inks with a profile": (
        lambda: read_picture(of_four_inks(icc_profile=profile("sRGB"))).tobytes(),
        read_picture(of_four_inks()).tobytes(),
    ),
    "transparency of any kind": (
        lambda: [
            read_picture(clear(), keeps_transparency=keeps).getpixel((9, 9))
            for keeps in (False, True)
        ],
        [(255, 255, 255), (0, 0, 0, 0)],
    ),
    "a JPEG of 48 million pixels": (size_of(flat("L", (8064, 6048), "JPEG")), (4032, 3024)),
    "a JPEG of 200 million pixels": (size_of(flat("L", (16320, 12240), "JPEG")), (4080, 3060)),
    "a PNG of 50 million pixels": (size_of(flat("L", (8192, 6144))), (4096, 3072)),
    "a HEIC of 48 million pixels": (size_of(tiles(16, 12, (8064, 6048))), (4032, 3024)),
    "bytes that look like a page in compressed pixels": (size_of(in_pixels), (320, 240)),
}


def test_the_table_has_a_row_for_each_case_and_no_other():
    assert set(rows()) == {*TAKEN, *REFUSED, *CONVERTED}


@pytest.mark.parametrize("file", TAKEN)
def test_what_the_table_calls_taken_is_taken_as_it_is(file):
    assert "taken" in rows()[file]
    for make in TAKEN[file]:
        picture = read_picture(make())
        assert (picture.mode, picture.size) == ("RGB", (120, 80))


@pytest.mark.parametrize("file", CONVERTED)
def test_what_the_table_calls_converted_is_converted(file):
    look, wanted = CONVERTED[file]
    seen = look()
    if isinstance(wanted, tuple) and len(wanted) == 3:
        assert all(abs(one - two) <= 2 for one, two in zip(seen, wanted, strict=True))
    else:
        assert seen == wanted


@pytest.mark.parametrize("file", REFUSED)
def test_what_the_table_refuses_is_refused_with_its_sentence(file):
    for make in REFUSED[file]:
        with pytest.raises(PhotographError) as refused:
            read_picture(make(), min_side=64)
        assert str(refused.value) == rows()[file]
