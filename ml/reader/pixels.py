"""From what a decoder gives to plain pixels: eight bits, sRGB, on white, upright."""

from __future__ import annotations

from PIL import Image

from ml.reader.colours import Convert
from ml.reader.container import Decoded

# In strips: a second layer of a large picture would take as much memory as the picture.
STRIP = 256  # rows; a multiple of every shrink
_HIGH_BYTE = [round(value / 257) for value in range(65_536)]
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def flatten(
    decoded: Decoded, *, shrink: int, convert: Convert | None, keeps_transparency: bool
) -> Image.Image:
    """Return RGB pixels on white, or RGBA where transparency is kept, shrunk by a whole number."""
    whole = decoded.whole
    is_plain = whole is not None and whole.mode == "RGB" and "transparency" not in whole.info
    if whole is not None and is_plain and shrink == 1 and not keeps_transparency:
        plain = convert(whole) if convert else whole
        plain.info = {}
        return plain
    size = (-(-decoded.width // shrink), -(-decoded.height // shrink))
    canvas = Image.new("RGBA" if keeps_transparency else "RGB", size)
    for top in range(0, decoded.height, STRIP):
        strip = decoded.strip(top, min(top + STRIP, decoded.height))
        colours, clear = _separate(strip, convert)
        if clear is not None:
            if keeps_transparency:
                colours.putalpha(clear)
            else:
                white = Image.new("RGB", colours.size, "white")
                white.paste(colours, mask=clear)
                colours = white
        canvas.paste(colours.reduce(shrink) if shrink > 1 else colours, (0, top // shrink))
    return canvas


def turn(picture: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture upright."""
    method = _TURNS.get(orientation)
    return picture if method is None else picture.transpose(method)


def _separate(
    strip: Image.Image, convert: Convert | None
) -> tuple[Image.Image, Image.Image | None]:
    """Return the colours of a strip in sRGB, and what is clear in it, if anything is."""
    if strip.mode.startswith("I"):
        strip = _to_eight_bits(strip)
    if strip.mode in {"RGBa", "La"}:
        strip = strip.convert("RGBA")
    clear = None
    if "A" in strip.getbands() or "transparency" in strip.info:
        strip = strip.convert("RGBA")
        clear = strip.getchannel("A")
    plain = strip.convert("RGB")
    plain.info = {}
    return (convert(plain) if convert else plain), clear


def _to_eight_bits(strip: Image.Image) -> Image.Image:
    """Scale grey of sixteen bits; Pillow's own conversion makes white of all but the darkest."""
    wide = strip.convert("I")
    grey = wide.point(_HIGH_BYTE, "L")
    colour = strip.info.get("transparency")
    if isinstance(colour, int):
        clear = [255] * 65_536
        clear[colour & 0xFFFF] = 0
        grey.putalpha(wide.point(clear, "L"))
    return grey
