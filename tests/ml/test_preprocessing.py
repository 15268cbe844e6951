import numpy as np
import pytest
from PIL import Image

from ml.bundle.preprocessing import Recipe, decode_photograph, normalise, prepare_photograph
from ml.errors import PhotographError
from tests.ml.conftest import draw_photograph, encode

RECIPE = Recipe(size=32)


def test_the_same_bytes_give_the_same_tensor(jpeg):
    first = normalise([prepare_photograph(jpeg, RECIPE).pixels], RECIPE)
    second = normalise([prepare_photograph(jpeg, RECIPE).pixels], RECIPE)
    assert first.tobytes() == second.tobytes()
    assert first.shape == (1, 3, 32, 32)
    assert first.dtype == np.float32
    assert -1 <= first.min() < first.max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_upright_by_its_exif_orientation(orientation):
    upright = draw_photograph(80, 60)
    upright.paste((0, 0, 255), (10, 0, 40, 20))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = prepare_photograph(encode(stored, "png", exif=exif), RECIPE)
    plain = prepare_photograph(encode(upright, "png"), RECIPE)
    assert np.array_equal(turned.pixels, plain.pixels)
    assert turned.crop == plain.crop


@pytest.mark.parametrize(
    ("width", "height"),
    [(64, 64), (600, 450), (450, 600), (1000, 70), (70, 1000), (40, 31), (1, 1)],
)
def test_frames_of_any_proportion_give_their_centre_square(width, height):
    prepared = prepare_photograph(encode(draw_photograph(width, height)), RECIPE)
    left, top, right, bottom = prepared.crop
    assert prepared.pixels.shape == (32, 32, 3)
    # A frame decoded at reduced scale is rounded to whole pixels of that scale.
    side, tolerance = min(width, height), 1 + max(width, height) / 200
    assert (right - left) * width == pytest.approx(side, abs=tolerance)
    assert (bottom - top) * height == pytest.approx(side, abs=tolerance)
    assert (left + right) * width == pytest.approx(width, abs=tolerance)
    assert (top + bottom) * height == pytest.approx(height, abs=tolerance)


def test_a_squeezed_square_is_widened_before_the_centre_is_cut_out():
    frame = draw_photograph(400, 300, seed=3)
    squeezed = frame.resize((300, 300), Image.Resampling.LANCZOS)
    recipe = Recipe(size=32, squeezed_from=4 / 3)
    widened = prepare_photograph(encode(squeezed, "png"), recipe)
    true = prepare_photograph(encode(frame, "png"), recipe)
    assert np.abs(widened.pixels.astype(int) - true.pixels).mean() < 2
    assert widened.crop == pytest.approx((0.125, 0, 0.875, 1), abs=0.01)


def test_only_square_photographs_are_taken_as_squeezed(jpeg):
    squeezed = Recipe(size=32, squeezed_from=4 / 3)
    assert np.array_equal(
        prepare_photograph(jpeg, squeezed).pixels, prepare_photograph(jpeg, RECIPE).pixels
    )


def test_a_wide_frame_keeps_its_sides_for_augmentation():
    data = encode(draw_photograph(160, 120))
    wide = prepare_photograph(data, Recipe(size=60), widest=4 / 3)
    assert wide.pixels.shape == (60, 80, 3)
    assert wide.crop == (0, 0, 1, 1)


def test_a_large_jpeg_is_decoded_at_reduced_scale_with_the_same_content():
    image = draw_photograph(2000, 1500, seed=5)
    frame = decode_photograph(encode(image, quality=95), at_least=64)
    assert frame.shape == (188, 250, 3)
    reduced = prepare_photograph(encode(image, quality=95), RECIPE).pixels
    full = prepare_photograph(encode(image, "png"), RECIPE).pixels
    assert np.abs(reduced.astype(int) - full).mean() < 3


def test_the_median_filter_runs_after_the_downscale():
    image = Image.new("RGB", (32, 32), (200, 150, 150))
    image.putpixel((10, 10), (0, 0, 0))
    filtered = prepare_photograph(encode(image, "png"), RECIPE).pixels
    unfiltered = prepare_photograph(encode(image, "png"), Recipe(size=32, median_kernel=1)).pixels
    assert filtered.min() == 150
    assert unfiltered.min() == 0


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1"])
def test_every_colour_mode_becomes_rgb(mode):
    image = draw_photograph().convert(mode)
    data = encode(image, "jpg" if mode == "CMYK" else "png")
    assert prepare_photograph(data, RECIPE).pixels.shape == (32, 32, 3)


@pytest.mark.parametrize("extension", ["png", "webp"])
def test_png_and_webp_are_read(extension):
    assert prepare_photograph(encode(draw_photograph(), extension), RECIPE).pixels.mean() > 50


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        lambda data: data[: len(data) // 2],
        lambda data: data[:20],
    ],
)
def test_bytes_that_are_no_photograph_are_refused_in_words(jpeg, damage):
    with pytest.raises(PhotographError, match=r"cannot be read|damaged or cut off"):
        prepare_photograph(damage(jpeg), RECIPE)


def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    bomb = encode(Image.new("1", (9000, 9000)), "png")
    with pytest.raises(PhotographError, match="million pixels"):
        prepare_photograph(bomb, RECIPE)
    with pytest.raises(PhotographError, match="million pixels"):
        prepare_photograph(encode(Image.new("1", (20000, 20000)), "png"), RECIPE)
