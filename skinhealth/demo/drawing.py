"""Draw dermatoscopic photographs: skin, a spot, hairs, and the round light of the lens."""

import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Field = NDArray[np.floating[Any]]  # one value per pixel, or one colour
Picture = NDArray[np.floating[Any]]  # height, width, RGB in 0 to 1

# Fitzpatrick's scale, I to VI.
SKIN_COLOURS = [
    (240, 205, 190),
    (232, 190, 170),
    (218, 170, 142),
    (190, 140, 108),
    (148, 100, 74),
    (104, 70, 54),
]


@dataclass(frozen=True)
class Look:
    """How lesions of one class look: colours from edge to centre, and their shape."""

    colours: tuple[tuple[int, int, int], ...]
    radius: float = 0.27  # of the shorter side
    raggedness: float = 0.06  # how far the edge deviates from the ellipse
    rim: float = 0.05  # how softly the colour fades
    mottling: float = 0.5  # how much the colours mix
    network: float = 0.0  # strength of the pigment network
    dots: int = 0
    vessels: int = 0
    scale: float = 0.0  # white flakes
    scar: bool = False  # a pale centre
    lagoons: int = 0  # round pools of blood


LOOKS = {
    "nv": Look(((150, 104, 76), (118, 76, 52), (92, 58, 42)), network=0.35, mottling=0.3),
    "mel": Look(
        ((140, 92, 70), (84, 52, 44), (42, 32, 38), (92, 92, 112)),
        radius=0.33,
        raggedness=0.2,
        rim=0.025,
        mottling=1.0,
        network=0.3,
        dots=26,
    ),
    "bcc": Look(
        ((214, 150, 140), (224, 168, 160), (150, 116, 128)),
        rim=0.09,
        mottling=0.6,
        vessels=9,
        dots=7,
    ),
    "akiec": Look(
        ((206, 128, 112), (196, 112, 100), (214, 160, 138)),
        raggedness=0.12,
        rim=0.12,
        mottling=0.8,
        scale=0.5,
    ),
    "bkl": Look(
        ((168, 124, 84), (138, 98, 66), (112, 80, 58)),
        raggedness=0.1,
        rim=0.02,
        mottling=0.6,
        dots=34,
        scale=0.12,
    ),
    "df": Look(((190, 136, 112), (170, 116, 94)), radius=0.22, rim=0.12, network=0.3, scar=True),
    "vasc": Look(((196, 84, 84), (160, 44, 56)), radius=0.22, rim=0.04, mottling=0.4, lagoons=22),
}


def draw_lesion(
    label: str,
    *,
    seed: int,
    phototype: int = 2,
    size: tuple[int, int] = (800, 600),
    again: int = 0,
    growth: float = 1.0,
) -> bytes:
    """Draw one photograph of a lesion of a class as a JPEG; the same seed gives the same bytes.

    `again` counts earlier photographs: skin and lesion stay, hairs and light differ. `growth` is
    how many times wider the lesion is than in the first one.
    """
    look = LOOKS[label]
    look = replace(look, radius=look.radius * growth)
    rng = np.random.default_rng(seed)
    width, height = size
    skin = _colour(SKIN_COLOURS[phototype - 1])
    picture = _skin(rng, skin, width, height)
    inside, depth = _spot(rng, look, width, height)
    # The colours above are those on skin of phototype II.
    darker = (skin / _colour(SKIN_COLOURS[1])) ** 0.6
    picture = _mix(picture, _pigment(rng, look, depth) * darker, inside[..., None])
    picture = _details(rng, look, picture, inside)
    if again:
        rng = np.random.default_rng((seed, again))
    picture = _hairs(rng, picture)
    picture = _lens(rng, picture)
    return _jpeg(picture)


def _noise(rng: np.random.Generator, width: int, height: int, cells: int) -> Field:
    """Return a smooth random landscape, -1 to 1, with the given number of hills across."""
    rows = max(2, round(cells * height / width))
    coarse = Image.fromarray(rng.uniform(-1, 1, (rows, cells)).astype(np.float32))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)


def _mix(under: Picture, over: Picture, share: Field) -> Picture:
    mixed: Picture = under * (1 - share) + over * share
    return mixed


def _colour(rgb: tuple[int, int, int]) -> Field:
    return np.asarray(rgb, dtype=np.float32) / 255


def _skin(rng: np.random.Generator, colour: Field, width: int, height: int) -> Picture:
    tone = 0.035 * _noise(rng, width, height, 4) + 0.02 * _noise(rng, width, height, 24)
    furrows = 0.02 * np.abs(_noise(rng, width, height, 70))
    redness = 0.02 * _noise(rng, width, height, 9)
    picture: Picture = colour * (1 + tone - furrows)[..., None]
    picture += redness[..., None] * np.array([1.0, -0.3, -0.3])
    return picture


def _spot(rng: np.random.Generator, look: Look, width: int, height: int) -> tuple[Field, Field]:
    """Return where the lesion is (0 to 1) and how deep inside it each pixel is (0 at the edge)."""
    y, x = np.mgrid[0:height, 0:width]
    side = min(width, height)
    dx = (x - width * rng.uniform(0.44, 0.56)) / side
    dy = (y - height * rng.uniform(0.44, 0.56)) / side
    turn = rng.uniform(0, np.pi)
    along = dx * np.cos(turn) + dy * np.sin(turn)
    across = (dy * np.cos(turn) - dx * np.sin(turn)) * rng.uniform(1.05, 1.35)
    angle = np.arctan2(across, along)
    rim = np.full_like(angle, look.radius * rng.uniform(0.85, 1.15))
    for waves in range(2, 9):
        rim *= 1 + look.raggedness / waves**0.6 * rng.uniform(-1, 1) * np.cos(
            waves * angle + rng.uniform(0, 2 * np.pi)
        )
    rim *= 1 + 0.5 * look.raggedness * _noise(rng, width, height, 14)
    inward = rim - np.hypot(along, across)
    inside = 1 / (1 + np.exp(-np.clip(inward / look.rim * 4, -40, 40)))
    return inside, np.clip(inward / rim, 0, 1)


def _pigment(rng: np.random.Generator, look: Look, depth: Field) -> Picture:
    height, width = depth.shape
    colours = np.stack([_colour(colour) for colour in look.colours])
    patches = _noise(rng, width, height, 7) + 0.5 * _noise(rng, width, height, 16)
    place = np.clip(depth + look.mottling * 0.45 * patches, 0, 1) * (len(colours) - 1)
    low = np.clip(np.floor(place).astype(int), 0, len(colours) - 2)
    picture = _mix(colours[low], colours[low + 1], (place - low)[..., None])
    if look.network:
        y, x = np.mgrid[0:height, 0:width]
        bend = 14 * _noise(rng, width, height, 12) + 5 * _noise(rng, width, height, 40)
        pitch = width / 60
        lines = np.cos((x + bend) / pitch * np.pi) * np.cos((y - bend) / pitch * np.pi)
        picture *= (1 - look.network * (1 - np.abs(lines)) * (1 - 0.6 * depth))[..., None]
    grain = 0.05 * _noise(rng, width, height, 90)
    return picture * (1 + grain)[..., None]


def _details(rng: np.random.Generator, look: Look, picture: Picture, inside: Field) -> Picture:
    """Draw what a dermatologist looks for: globules, vessels, flakes, a scar, pools of blood."""
    height, width = inside.shape
    if look.scar:
        pale = np.clip(inside * 2 - 1, 0, 1) ** 6 * np.clip(
            0.7 + 0.4 * _noise(rng, width, height, 8), 0, 1
        )
        picture = _mix(picture, _colour((219, 219, 219)), 0.75 * pale[..., None])
    if look.scale:
        flakes = np.clip(_noise(rng, width, height, 40) * 2 - 0.7, 0, 1) * inside
        picture = _mix(picture, _colour((237, 237, 237)), look.scale * flakes[..., None])
    side = min(width, height)
    picture = _stamp(rng, picture, inside, look.dots, side // 90, (52, 36, 36), 0.8)
    picture = _stamp(rng, picture, inside, look.lagoons, side // 22, (120, 18, 38), 0.75)
    vessels = _curves(rng, inside, look.vessels, length=side * 0.25, width=3, wander=0.5)
    return _mix(picture, _colour((186, 60, 66)), (0.6 * vessels * inside)[..., None])


def _stamp(
    rng: np.random.Generator,
    picture: Picture,
    inside: Field,
    count: int,
    radius: int,
    colour: tuple[int, int, int],
    strength: float,
) -> Picture:
    """Return round marks of about one size, only inside the lesion."""
    if not count:
        return picture
    height, width = inside.shape
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    rows, columns = np.nonzero(inside > 0.6)
    for spot in rng.integers(0, len(rows), count):
        x, y, r = columns[spot], rows[spot], radius * rng.uniform(0.6, 1.4)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
    share = _blurred(mask, radius / 4) * inside * strength
    return _mix(picture, _colour(colour), share[..., None])


def _hairs(rng: np.random.Generator, picture: Picture) -> Picture:
    dark = _colour((46, 34, 30)) * np.float32(rng.uniform(0.6, 1.3))
    count = int(rng.integers(0, 8))
    side = picture.shape[1]
    hairs = _curves(rng, picture[..., 0], count, length=side * 0.7, width=2, wander=0.16)
    return _mix(picture, dark, (0.85 * hairs)[..., None])


def _curves(
    rng: np.random.Generator, like: Field, count: int, *, length: float, width: int, wander: float
) -> Field:
    """Return thin bent lines anywhere in the picture."""
    mask = Image.new("L", like.shape[::-1])
    pen = ImageDraw.Draw(mask)
    for _line in range(count):
        x, y = rng.uniform(0, mask.width), rng.uniform(0, mask.height)
        heading, bend = rng.uniform(0, 2 * np.pi), rng.uniform(-wander, wander)
        points = [(x, y)]
        for _step in range(12):
            heading += bend
            x, y = x + length / 12 * np.cos(heading), y + length / 12 * np.sin(heading)
            points.append((x, y))
        pen.line(points, fill=255, width=width)
    return _blurred(mask, 0.8)


def _blurred(mask: Image.Image, radius: float) -> Field:
    return np.asarray(mask.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32) / 255


def _lens(rng: np.random.Generator, picture: Picture) -> Picture:
    """Draw the falling-off light and the dark corners of the dermatoscope's ring."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    out = np.hypot(x - width / 2, y - height / 2) / width
    ring = 1 / (1 + np.exp((out - rng.uniform(0.54, 0.62)) / 0.006))
    light = (1.03 - 0.25 * out) * (0.08 + 0.92 * ring)
    lit: Picture = picture * light[..., None]
    return lit + rng.normal(0, 0.008, picture.shape)


def _jpeg(picture: Picture) -> bytes:
    pixels = (np.clip(picture, 0, 1) * 255).astype(np.uint8)
    smooth = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(0.7))
    buffer = io.BytesIO()
    smooth.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
