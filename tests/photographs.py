"""Photographs for tests, drawn on the spot, including hostile files."""

import io
import random
import struct
import zipfile
import zlib

from PIL import Image, ImageDraw


def draw(seed: int = 0, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Draw a brown spot on skin; another seed gives another spot."""
    rng = random.Random(seed)
    image = Image.new("RGB", size, (222, 184, 160))
    pen = ImageDraw.Draw(image)
    x, y = size[0] // 2 + rng.randint(-20, 20), size[1] // 2 + rng.randint(-15, 15)
    radius = min(size) // 4 + rng.randint(0, 12)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(96, 60, 40 + seed % 50))
    return image


def jpeg(seed: int = 0, size: tuple[int, int] = (320, 240), **options: object) -> bytes:
    return encoded(draw(seed, size), "JPEG", quality=90, **options)


def png(seed: int = 0, size: tuple[int, int] = (320, 240)) -> bytes:
    return encoded(draw(seed, size), "PNG")


def webp(seed: int = 0, size: tuple[int, int] = (320, 240)) -> bytes:
    return encoded(draw(seed, size), "WEBP")


def with_gps_lying_on_its_side() -> bytes:
    """Return a photograph of 320 x 240 marked as turned by 90 degrees, with its GPS position."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn right by 90 degrees
    exif[0x010F] = "MAKER-OF-THE-CAMERA"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 24.0)
    return jpeg(exif=exif, comment=b"A NAME IN A COMMENT")


def truncated() -> bytes:
    data = jpeg()
    return data[: len(data) // 2]


def svg() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def html_named_jpg() -> bytes:
    return b"<!doctype html><script>alert(1)</script>"


def polyglot_page() -> bytes:
    """Return a JPEG that is also a web page."""
    return jpeg(comment=b"<html><script>alert(1)</script></html>")


def polyglot_archive() -> bytes:
    """Return a JPEG followed by an archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("payload.js", "alert(1)")
    return jpeg() + archive.getvalue()


def decompression_bomb() -> bytes:
    """Return a PNG of a few kilobytes that claims 20,000 x 20,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body))
            + kind
            + body
            + struct.pack(">I", zlib.crc32(kind + body) & 0xFFFFFFFF)
        )

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1_000_000, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def moving() -> bytes:
    frames = [draw(seed) for seed in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    return out.getvalue()


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture encoded as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
