import numpy as np
import pytest

from ml.bundle.preprocessing import decode_photograph
from ml.errors import PhotographError
from ml.evaluation.corruptions import (
    CORRUPTIONS,
    change_exposure,
    corrupt_photograph,
    lower_resolution,
)
from tests.ml.conftest import draw_photograph, encode

BY_NAME = {corruption.name: corruption for corruption in CORRUPTIONS}


@pytest.fixture(scope="module")
def photograph():
    return encode(draw_photograph(160, 120, label=4), "png")


def pixels_of(data):
    return decode_photograph(data, at_least=10_000).astype(float)


def spoil(photograph, corruption, strength, seed=1):
    return corrupt_photograph(photograph, corruption, strength, np.random.default_rng(seed))


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_a_stronger_corruption_changes_more_and_keeps_the_shape(photograph, corruption):
    clean = pixels_of(photograph)
    differences = []
    for strength in corruption.strengths:
        spoilt = pixels_of(spoil(photograph, corruption, strength))
        assert spoilt.shape == clean.shape
        differences.append(abs(spoilt - clean).mean())
    assert 0.5 < differences[0] < differences[1] < differences[2]


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_the_same_seed_spoils_alike(photograph, corruption):
    strength = corruption.strengths[0]
    once = spoil(photograph, corruption, strength)
    assert spoil(photograph, corruption, strength) == once


def test_another_seed_is_other_noise(photograph):
    once = spoil(photograph, BY_NAME["noise"], 16, seed=1)
    assert spoil(photograph, BY_NAME["noise"], 16, seed=2) != once


def test_noise_has_the_deviation_that_it_says():
    grey = encode(draw_photograph(120, 120).point(lambda _: 128), "png")
    noisy = pixels_of(spoil(grey, BY_NAME["noise"], 16))
    assert noisy.std() == pytest.approx(16, rel=0.05)
    assert noisy.mean() == pytest.approx(128, abs=1)


def test_only_compression_leaves_a_jpeg(photograph):
    for name, corruption in BY_NAME.items():
        data = spoil(photograph, corruption, corruption.strengths[0])
        assert data.startswith(b"\xff\xd8" if name == "jpeg" else b"\x89PNG")


def test_a_stop_is_twice_the_light_before_the_gamma_of_the_camera():
    rng = np.random.default_rng(0)
    grey = np.full((1, 1, 3), 100, dtype=np.uint8)
    linear = (change_exposure(grey, 1, rng) / 255.0) ** 2.2
    assert linear == pytest.approx(2 * (grey / 255.0) ** 2.2, rel=0.02)
    assert change_exposure(np.full((1, 1, 3), 250, dtype=np.uint8), 1, rng).max() == 255


def test_blur_means_the_same_for_small_and_large_frames():
    spread = []
    for side in (100, 400):
        half = draw_photograph(side, side).point(lambda _: 0)
        half.paste((255, 255, 255), (side // 2, 0, side, side))
        row = pixels_of(spoil(encode(half, "png"), BY_NAME["blur"], 2))[side // 2, :, 0]
        spread.append(((row > 40) & (row < 215)).sum() / side)
    assert spread[0] == pytest.approx(spread[1], abs=0.02)


def test_a_photograph_that_has_no_more_pixels_stays_as_it_is():
    pixels = np.asarray(draw_photograph(64, 48))
    assert np.array_equal(lower_resolution(pixels, 96, np.random.default_rng(0)), pixels)


def test_bytes_that_are_no_photograph_are_refused():
    with pytest.raises(PhotographError):
        spoil(b"nothing", CORRUPTIONS[0], 1)
