"""Small pictures of every kind that is taken, and ways to break them."""

import struct
import zlib

from PIL import Image

from tests import exifs, photographs, profiles
from tests.heics import heic
from tests.photographs import encoded

SIZE = (96, 72)


def originals():
    """Return a small file of every kind and mode that is taken."""
    image = photographs.draw(size=SIZE)
    wide = Image.new("I;16", SIZE, 40_000)
    clear = image.convert("RGBA")
    clear.putalpha(Image.effect_noise(SIZE, 90))
    profile = profiles.profile("Adobe RGB")
    files = [
        photographs.with_gps_lying_on_its_side(),
        encoded(image, "JPEG", progressive=True, exif=exifs.with_resolution(6, -1, 0)),
        encoded(image, "JPEG", restart_marker_blocks=3, icc_profile=profile),
        encoded(image.convert("CMYK"), "JPEG"),
        encoded(image.convert("L"), "JPEG"),
        encoded(clear, "WEBP", exif=exifs.turned(3)),
        encoded(image, "WEBP", lossless=True, icc_profile=profile),
        heic(image),
        heic(clear),
        heic(wide),
        heic(image, exif=exifs.turned(6), icc_profile=profile),
    ]
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        files.append(encoded(image.convert(mode), "PNG", exif=exifs.turned(8)))
    files.append(encoded(image.convert("P"), "PNG", transparency=bytes(range(200))))
    files.append(encoded(wide, "PNG", transparency=40_000))
    files.append(encoded(image, "PNG", icc_profile=profile))
    return files


def with_exif(draw):
    """Return a sound picture with EXIF that no camera writes."""
    kind = draw.choice(["JPEG", "PNG", "WEBP"])
    image = Image.new("RGB", SIZE, (200, 120, 90))
    return encoded(image, kind, exif=exifs.nonsense(draw))


def mutated(draw, data):
    """Return the file with bytes changed, a piece doubled, dropped or moved, or its end cut off."""
    changed = bytearray(data)
    # Headers are short, and decide.
    near = draw.random() < 0.5
    for _number in range(draw.randint(1, 6)):
        place = draw.randrange(min(len(changed), 600) if near else len(changed))
        length = draw.randint(1, 64)
        kind = draw.randrange(7)
        if kind == 0:
            changed[place] ^= 1 << draw.randrange(8)
        elif kind == 1:
            changed[place : place + length] = draw.randbytes(len(changed[place : place + length]))
        elif kind == 2:
            changed[place:place] = changed[place : place + length]
        elif kind == 3 and len(changed) > 2 * length:
            del changed[place : place + length]
        elif kind == 4 and place > 16:
            del changed[place:]
        elif kind == 5:
            number = draw.choice([0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])
            changed[place : place + 4] = struct.pack(draw.choice("<>") + "I", number)
        elif kind == 6:
            changed += draw.choice([b"\0" * 40, data, b"<svg", draw.randbytes(length)])
    return _with_sums(bytes(changed)) if draw.random() < 0.5 else bytes(changed)


def _with_sums(data):
    """Give the chunks of a PNG the right checksums, so that its decoder accepts them."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    place, parts = 8, [data[:8]]
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        body = data[place + 4 : place + 8 + length]
        parts.append(data[place : place + 4] + body + struct.pack(">I", zlib.crc32(body)))
        place += 12 + length
    return b"".join(parts)
