"""Files that are more than a picture are refused, and honest photographs never for their pixels."""

import io
import random
import struct
import zipfile
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ml.errors import PhotographError
from ml.reader.foreign import is_archive
from ml.reader.read import read_picture
from tests import exifs
from tests.heics import heic
from tests.photographs import encoded

PAGE = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
MARKS = {
    "svg": PAGE,
    "svg in capitals": PAGE.upper(),
    "html": b"<html><body>a page</body></html>",
    "a doctype": b"<!DOCTYPE html><p>a page",
    "a script": b"<script>alert(1)</script>",
    "php": b"<?php system($_GET[0]); ?>",
    "a style of xml": b"<?xml-stylesheet href='x'?>",
    "a pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
}


def image(size=(80, 60)):
    return Image.effect_noise(size, 60).convert("RGB")


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("payload.js", "alert(1)")
    return out.getvalue()


def with_text(text):
    info = PngInfo()
    info.add_text("Comment", text.decode("latin-1"))
    return info


def chunk(kind, body):
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def in_png_data(text):
    """Make a PNG whose pixels, stored uncompressed, contain a text."""
    row = b"\0" + text.ljust(240, b" ")
    head = struct.pack(">IIBBBBB", 80, 64, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(row * 64, 0))
        + chunk(b"IEND", b"")
    )


def in_jpeg_scan(text):
    """Make a JPEG whose compressed pixels contain a text."""
    data = encoded(image((640, 480)), "JPEG", quality=95)
    place = data.index(b"\xff\xda") + 20_000
    while data[place - 1] == 0xFF:  # with the text it would be another segment
        place += 1
    return data[:place] + text + data[place + len(text) :]


def code_of(data):
    try:
        read_picture(data)
    except PhotographError as refused:
        return refused.code
    return "taken"


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIC"])
def test_what_follows_the_end_of_a_picture_is_looked_at(kind, mark):
    data = heic(image()) if kind == "HEIC" else encoded(image(), kind)
    assert code_of(data + MARKS[mark]) == "polyglot"
    assert code_of(data + b"\0" * 9000 + MARKS[mark] + b"\0" * 9000) == "polyglot"


@pytest.mark.parametrize("mark", MARKS)
def test_what_a_picture_says_is_looked_at(mark):
    text = MARKS[mark]
    assert code_of(encoded(image(), "JPEG", comment=text)) == "polyglot"
    assert code_of(encoded(image(), "PNG", pnginfo=with_text(text))) == "polyglot"
    assert code_of(encoded(image(), "WEBP", xmp=text)) == "polyglot"
    place = struct.pack(">I", 26)
    exif = exifs.exif([(0x010E, 2, len(text), place)]) + text
    assert code_of(encoded(image(), "JPEG", exif=exif)) == "polyglot"
    free = struct.pack(">I4s", 8 + len(text), b"free") + text
    assert code_of(heic(image()) + free) == "polyglot"


@pytest.mark.parametrize("mark", MARKS)
def test_compressed_pixels_are_never_searched(mark):
    text = MARKS[mark].replace(b"\xff", b"")
    assert code_of(in_jpeg_scan(text)) == "taken"
    assert code_of(in_png_data(text)) == "taken"


@pytest.mark.parametrize("mark", [b"<svg", b"<SVG", b"%PDF-", b"<html", b"PK\5\6", b"<?php"])
def test_a_few_bytes_that_come_up_by_chance_refuse_nobody(mark):
    preview = in_jpeg_scan(mark * 3)
    assert code_of(preview) == "taken"
    whole = encoded(image(), "JPEG")
    film = struct.pack(">I4s", 9000, b"mdat") + random.Random(1).randbytes(4000) + mark
    assert code_of(whole + film + random.Random(2).randbytes(5000)) == "taken"


def test_a_second_picture_behind_the_first_is_no_text():
    out = io.BytesIO()
    image().save(out, "MPO", save_all=True, append_images=[image()])
    assert code_of(out.getvalue()) == "taken"
    assert code_of(encoded(image(), "JPEG") + in_jpeg_scan(PAGE)) == "taken"
    hidden = encoded(image(), "JPEG", comment=PAGE)
    assert code_of(encoded(image(), "JPEG") + hidden) == "polyglot"


def test_a_preview_in_exif_is_no_text():
    preview = in_jpeg_scan(PAGE)
    exif = exifs.turned(1) + preview[:60_000]
    assert preview.endswith(b"\xff\xd9")
    small = encoded(image((160, 120)), "JPEG", quality=95)
    place = len(small) - 400
    exif = exifs.turned(1) + small[:place] + PAGE + small[place:]
    assert code_of(encoded(image(), "JPEG", exif=exif)) == "taken"


def test_an_archive_is_known_by_its_list_of_files():
    for kind in ("JPEG", "PNG", "WEBP"):
        assert code_of(encoded(image(), kind) + archive()) == "polyglot"
    assert is_archive(b"anything" + archive())
    assert is_archive(b"anything" + archive() + b"a comment" * 100)
    assert not is_archive(b"PK\5\6" + bytes(18))
    assert not is_archive(random.Random(3).randbytes(5000) + b"PK\5\6" + b"\1" * 40)


def test_many_beginnings_of_pictures_behind_one_take_no_time():
    assert code_of(encoded(image(), "JPEG") + b"\xff\xd8\xff" * 100_000) == "taken"
    assert code_of(encoded(image(), "JPEG") + b"\xff\xd8\xff\xd9" * 100_000 + PAGE) == "polyglot"
