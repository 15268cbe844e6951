import io

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from diagnosis.lesions.imaging import draw_class_map, prepare_photograph
from tests import photographs

ATTACKS = {
    "svg": (photographs.svg, "not_an_image"),
    "html named jpg": (photographs.html_named_jpg, "not_an_image"),
    "truncated": (photographs.truncated, "damaged"),
    "a page in a comment": (photographs.polyglot_page, "polyglot"),
    "an archive behind": (photographs.polyglot_archive, "polyglot"),
    "decompression bomb": (photographs.decompression_bomb, "too_many_pixels"),
    "empty": (lambda: b"", "not_an_image"),
    "noise": (lambda: bytes(range(256)) * 40, "not_an_image"),
    "too small": (lambda: photographs.jpeg(size=(63, 200)), "too_small"),
    "moving": (photographs.moving, "animated"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_no_safe_photograph_is_refused_with_a_sentence(name):
    make, code = ATTACKS[name]
    with pytest.raises(ValidationError) as refusal:
        prepare_photograph(make())
    assert refusal.value.code == code
    assert refusal.value.messages[0].endswith(".")


def test_a_file_over_15_megabytes_is_refused(settings):
    with pytest.raises(ValidationError) as refusal:
        prepare_photograph(photographs.jpeg() + b"\0" * settings.PHOTOGRAPH_MAX_BYTES)
    assert refusal.value.code == "too_large"


@pytest.mark.parametrize("make", [photographs.jpeg, photographs.png, photographs.webp])
def test_the_stored_photograph_keeps_its_resolution_and_its_look(make):
    prepared = prepare_photograph(make(size=(640, 480)))
    stored = Image.open(io.BytesIO(prepared.jpeg))
    assert (stored.format, stored.size) == ("JPEG", (640, 480))
    assert (prepared.width, prepared.height) == (640, 480)
    for place in [(320, 240), (5, 5)]:
        sent = photographs.draw(size=(640, 480)).getpixel(place)
        kept = stored.getpixel(place)
        assert max(abs(a - b) for a, b in zip(sent, kept, strict=True)) <= 6


def test_the_stored_files_are_upright_and_say_nothing_of_where_or_by_whom():
    prepared = prepare_photograph(photographs.with_gps_lying_on_its_side())
    for data in (prepared.jpeg, prepared.thumbnail):
        stored = Image.open(io.BytesIO(data))
        assert stored.height > stored.width
        assert len(stored.getexif()) == 0
        assert not {"exif", "xmp", "comment", "icc_profile", "photoshop"} & set(stored.info)
        for trace in (b"Exif", b"MAKER", b"NAME IN A COMMENT", b"GPS", b"http://ns.adobe.com"):
            assert trace not in data


def test_the_thumbnail_fits_its_frame():
    prepared = prepare_photograph(photographs.jpeg(size=(1200, 800)))
    assert Image.open(io.BytesIO(prepared.thumbnail)).size == (320, 213)


def test_transparency_becomes_white():
    clear = photographs.encoded(Image.new("RGBA", (80, 80), (0, 0, 0, 0)), "PNG")
    stored = Image.open(io.BytesIO(prepare_photograph(clear).jpeg))
    assert min(stored.getpixel((40, 40))) > 250


def test_a_class_map_covers_only_what_the_networks_saw():
    grid = [[0.0, 0.0], [0.0, 1.0]]
    png = draw_class_map(grid, crop=(0.25, 0.0, 0.75, 1.0), width=400, height=200)
    drawn = Image.open(io.BytesIO(png))
    assert drawn.size == (400, 200)
    opacity = drawn.getchannel("A")
    assert opacity.getpixel((20, 180)) == 0
    assert opacity.getpixel((380, 180)) == 0
    assert opacity.getpixel((290, 190)) > 150
    assert opacity.getpixel((110, 10)) == 0
