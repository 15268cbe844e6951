"""The one reader of pictures: what is the same whoever asks, the site, a command or training."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFile
from PIL.PngImagePlugin import PngInfo

from ml.bundle.preprocessing import decode_photograph
from ml.errors import PhotographError
from ml.reader.read import KEPT_PIXELS, LONGEST_SIDE, is_picture, read_picture
from tests import exifs, photographs
from tests.heics import heic
from tests.photographs import encoded

SKIN = (200, 120, 90)
KINDS = {
    "JPEG": lambda image, **options: encoded(image, "JPEG", quality=95, **options),
    "PNG": lambda image, **options: encoded(image, "PNG", **options),
    "WebP": lambda image, **options: encoded(image, "WEBP", lossless=True, **options),
    "HEIC": heic,
}


def two_colours(size=(80, 60)):
    """Draw skin with a dark left half."""
    image = Image.new("RGB", size, SKIN)
    image.paste((20, 20, 20), (0, 0, size[0] // 2, size[1]))
    return image


def code_of(data, **options):
    with pytest.raises(PhotographError) as refused:
        read_picture(data, **options)
    assert str(refused.value).endswith(".")
    return refused.value.code


def is_close(pixel, wanted, by=6):
    return all(abs(one - two) <= by for one, two in zip(pixel, wanted, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_same_plain_pixels(kind):
    picture = read_picture(KINDS[kind](two_colours()))
    assert (picture.mode, picture.size, picture.info) == ("RGB", (80, 60), {})
    assert is_close(picture.getpixel((10, 30)), (20, 20, 20))
    assert is_close(picture.getpixel((70, 30)), SKIN)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", "<>")
def test_every_kind_is_turned_upright(kind, order):
    picture = read_picture(KINDS[kind](two_colours(), exif=exifs.turned(6, order=order)))
    assert picture.size == (60, 80)
    assert is_close(picture.getpixel((30, 10)), (20, 20, 20))


@pytest.mark.parametrize(
    "exif",
    [
        exifs.with_resolution(6, -1, 0),
        exifs.with_resolution(6, 0, 0),
        exifs.with_resolution(6, 0xFFFFFFFF, 1),
        exifs.turned(6, (0x0128, 2, 0xFFFFFFFF, b"\xff" * 4)),
        exifs.turned(6, (0x8769, 4, 1, b"\xff" * 4), (0x8825, 13, 9, bytes(4))),
        exifs.turned(6)[:-4],
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_a_broken_entry_next_to_the_orientation_changes_nothing(kind, exif):
    assert read_picture(KINDS[kind](two_colours(), exif=exif)).size == (60, 80)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0MM\0*",
        b"Exif\0\0XX\0*" + bytes(40),
        b"Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(40),
        exifs.turned(6)[:24],
        exifs.turned(0),
        exifs.turned(9),
        exifs.turned(65535),
        exifs.exif([(exifs.ORIENTATION, 2, 1, b"6\0\0\0")]),
        exifs.exif([(exifs.ORIENTATION, exifs.SHORT, 0, b"\0\6\0\0")]),
        exifs.exif([(exifs.ORIENTATION, exifs.RATIONAL, 1, b"\xff" * 4)]),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_an_orientation_that_makes_no_sense_turns_nothing(kind, exif):
    options = {"exif": exif} if exif else {}
    assert read_picture(KINDS[kind](two_colours(), **options)).size == (80, 60)


def test_a_heic_is_turned_once_though_it_says_so_twice():
    image = encoded(two_colours(), "JPEG", exif=exifs.turned(6))
    assert read_picture(heic(Image.open(io.BytesIO(image)))).size == (60, 80)


def clear(mode, colour):
    return Image.new(mode, (80, 60), colour)


def clear_palette():
    image = Image.new("P", (80, 60), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    return encoded(image, "PNG", transparency=1)


CLEAR = {
    "RGBA in PNG": lambda: encoded(clear("RGBA", (0, 0, 0, 0)), "PNG"),
    "RGBA in WebP": lambda: encoded(clear("RGBA", (0, 0, 0, 0)), "WEBP"),
    "RGBA in HEIC": lambda: heic(clear("RGBA", (0, 0, 0, 0))),
    "LA": lambda: encoded(clear("LA", (0, 0)), "PNG"),
    "a clear colour": lambda: encoded(clear("RGB", (1, 2, 3)), "PNG", transparency=(1, 2, 3)),
    "a clear grey": lambda: encoded(clear("L", 7), "PNG", transparency=7),
    "a clear grey of four bits": lambda: encoded(clear("L", 0), "PNG", transparency=0, bits=4),
    "a clear black of one bit": lambda: encoded(clear("1", 0), "PNG", transparency=0),
    "a clear grey of sixteen bits": lambda: encoded(clear("I;16", 700), "PNG", transparency=700),
    "a clear entry of a palette": clear_palette,
}


@pytest.mark.parametrize("name", CLEAR)
def test_what_is_clear_is_white_on_the_site_and_for_the_networks(name):
    assert read_picture(CLEAR[name]()).getpixel((40, 30)) == (255, 255, 255)
    assert (decode_photograph(CLEAR[name](), at_least=16) == 255).all()


def test_a_picture_that_is_half_clear_shows_half_of_the_white():
    data = encoded(clear("RGBA", (0, 0, 0, 128)), "PNG")
    assert is_close(read_picture(data).getpixel((5, 5)), (127, 127, 127), by=1)
    assert read_picture(data, keeps_transparency=True).getpixel((5, 5)) == (0, 0, 0, 128)


def grey_of_sixteen_bits():
    image = Image.new("I;16", (256, 64))
    image.putdata([257 * column for _row in range(64) for column in range(256)])
    return image


@pytest.mark.parametrize("kind", ["PNG", "HEIC"])
def test_grey_of_sixteen_bits_keeps_its_greys(kind):
    pixels = decode_photograph(KINDS[kind](grey_of_sixteen_bits()), at_least=16).astype(int)
    assert np.abs(pixels[30, :, 0] - np.arange(256)).max() <= (0 if kind == "PNG" else 2)
    assert (pixels[..., 0] == pixels[..., 2]).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_mode_becomes_rgb(mode):
    data = encoded(two_colours().convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    picture = read_picture(data)
    assert picture.mode == "RGB"
    assert is_close(picture.getpixel((10, 30)), (20, 20, 20), by=25)


def without_its_end(data):
    return data[:-2]


def busy(size=(320, 240), **options):
    """Make a photograph in which no two parts are the same."""
    image = Image.effect_noise(size, 60).convert("RGB")
    return encoded(image, "JPEG", quality=85, **options)


JPEGS = {
    "baseline": busy,
    "progressive": lambda: busy(progressive=True),
    "grey": lambda: encoded(Image.effect_noise((320, 240), 60), "JPEG"),
    "with restarts": lambda: busy(restart_marker_blocks=5),
    "of four inks": lambda: encoded(Image.effect_noise((320, 240), 60).convert("CMYK"), "JPEG"),
}


@pytest.mark.parametrize("name", JPEGS)
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_without_its_last_bytes_is_taken_as_browsers_do(name, missing):
    data = JPEGS[name]()
    whole = read_picture(data)
    assert read_picture(data[:-missing]).tobytes() == whole.tobytes()


@pytest.mark.parametrize("name", JPEGS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.99])
def test_a_jpeg_that_lacks_pixels_is_never_half_a_photograph(name, share):
    data = JPEGS[name]()
    cut = data[: int(len(data) * share)]
    assert code_of(cut) == "damaged"
    if name != "with restarts":
        assert code_of(cut.rstrip(b"\xff") + b"\xff\xd9") == "damaged"


def test_a_photograph_that_ends_in_the_grey_of_missing_data_is_whole():
    data = encoded(Image.new("RGB", (320, 240), (128, 128, 128)), "JPEG")
    assert read_picture(data).getpixel((319, 239)) == (128, 128, 128)
    assert read_picture(data[:-2]).size == (320, 240)


@pytest.mark.parametrize("kind", ["PNG", "WebP", "HEIC"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_other_kinds_that_are_cut_off_are_refused(kind, share):
    data = KINDS[kind](Image.effect_noise((320, 240), 60).convert("RGB"))
    assert code_of(data[: int(len(data) * share)]) == "damaged"


def moving_png():
    frames = [photographs.draw(seed) for seed in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def test_what_moves_is_refused_and_several_pictures_in_one_file_are_the_first():
    assert code_of(photographs.moving()) == code_of(moving_png()) == "animated"
    out = io.BytesIO()
    two_colours().save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (30, 30))])
    assert read_picture(out.getvalue()).size == (80, 60)
    out = io.BytesIO()
    two_colours().save(out, "HEIF", save_all=True, append_images=[Image.new("RGB", (64, 64))])
    assert read_picture(out.getvalue()).size == (80, 60)


@pytest.mark.parametrize("size", [(100_000, 64), (64, 100_000), (LONGEST_SIDE + 1, 64)])
def test_a_picture_that_no_format_holds_is_refused_with_a_sentence(size):
    assert code_of(encoded(Image.new("1", size), "PNG")) == "too_long"


def test_a_side_may_be_asked_for():
    assert read_picture(photographs.png(size=(64, 63))).size == (64, 63)
    assert code_of(photographs.png(size=(64, 63)), min_side=64) == "too_small"


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "AVIF", "PDF", "JPEG2000"])
def test_other_formats_are_refused_with_the_names_of_those_that_are_taken(kind):
    data = encoded(two_colours(), kind)
    assert not is_picture(data)
    assert code_of(data) == "not_an_image"


def test_text_in_a_png_is_never_unpacked():
    out = io.BytesIO()
    text = PngInfo()
    text.add_text("Comment", "x" * 4_000_000, zip=True)
    two_colours().save(out, "PNG", pnginfo=text)
    assert read_picture(out.getvalue()).size == (80, 60)


def test_more_markers_scans_and_boxes_than_any_camera_writes_are_refused_at_once():
    data = busy()
    comments = b"\xff\xfe\x00\x02" * 100_000
    assert code_of(data[:2] + comments + data[2:]) == "damaged"
    scan = data.index(b"\xff\xda")
    assert code_of(data[:scan] + data[scan:-2] * 101 + data[-2:]) == "damaged"


def test_no_option_of_pillow_is_changed_for_everybody():
    read_picture(without_its_end(busy()))
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_a_jpeg_is_decoded_no_smaller_than_asked():
    data = busy((1600, 1200))
    assert read_picture(data, at_least=150).size == (200, 150)
    assert read_picture(data, at_least=151).size == (400, 300)
    assert read_picture(data, at_least=5000).size == (1600, 1200)
    assert KEPT_PIXELS > 1600 * 1200
