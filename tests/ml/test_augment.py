from dataclasses import replace

import numpy as np
import pytest

from ml.bundle.preprocessing import Recipe, prepare_photograph
from ml.training.augmentation import NONE, PRESETS, Augmentation, augment
from tests.ml.conftest import draw_photograph, encode

STILL = Augmentation(
    rotation=0,
    shear_chance=0,
    scale=0,
    aspect=0,
    shift=0,
    colour_chance=0,
    sharpness_chance=0,
    cutout_chance=0,
)


def prepared(width=64, height=64, **options):
    return prepare_photograph(encode(draw_photograph(width, height)), Recipe(size=32), **options)


def test_the_same_draw_gives_the_same_pixels():
    frame = prepared().pixels
    first = augment(frame, 32, np.random.default_rng(7), Augmentation())
    second = augment(frame, 32, np.random.default_rng(7), Augmentation())
    assert np.array_equal(first, second)
    assert first.shape == (32, 32, 3)
    assert first.dtype == np.uint8


def test_different_draws_differ():
    frame = prepared().pixels
    draws = {
        augment(frame, 32, np.random.default_rng(seed), Augmentation()).tobytes()
        for seed in range(20)
    }
    assert len(draws) == 20


def test_without_changes_only_flips_of_the_centre_square_remain():
    wide = prepared(80, 60, widest=4 / 3).pixels
    centre = wide[:, (wide.shape[1] - 32) // 2 :][:, :32].astype(int)
    flips = [centre, centre[::-1], centre[:, ::-1], centre[::-1, ::-1]]
    seen = set()
    for seed in range(30):
        pixels = augment(wide, 32, np.random.default_rng(seed), STILL)
        gaps = [np.abs(pixels - flip).mean() for flip in flips]
        assert min(gaps) < 4
        seen.add(int(np.argmin(gaps)))
    assert seen == {0, 1, 2, 3}


def test_cutout_hides_a_square_and_leaves_the_frame_as_it_was():
    settings = Augmentation(**{**STILL.__dict__, "cutout_chance": 1.0})
    frame = prepared().pixels
    before = frame.copy()
    pixels = augment(frame, 32, np.random.default_rng(0), settings)
    assert (pixels == 128).all(axis=2).sum() > 4
    assert np.array_equal(frame, before)


def only(**settings):
    """Apply one change and nothing else, always."""
    return replace(NONE, **settings)


def changed(settings, seed=0):
    frame = prepared().pixels
    pixels = augment(frame, 32, np.random.default_rng(seed), settings)
    return frame[: pixels.shape[0], : pixels.shape[1]].astype(int), pixels.astype(int)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_gives_bytes_of_the_asked_size(name):
    frame = prepared(80, 60, widest=4 / 3).pixels
    for seed in range(40):
        pixels = augment(frame, 32, np.random.default_rng(seed), PRESETS[name])
        assert pixels.shape == (32, 32, 3)
        assert pixels.dtype == np.uint8


def test_another_light_moves_the_channels_apart_and_keeps_the_order_of_brightness():
    before, after = changed(only(light_chance=1.0, gamma=0.0))
    factors = (after.mean(axis=(0, 1)) + 1) / (before.mean(axis=(0, 1)) + 1)
    assert factors.max() - factors.min() > 0.02
    assert 0.9 < factors.mean() < 1.1
    for channel in range(3):
        pairs = np.corrcoef(before[:, :, channel].ravel(), after[:, :, channel].ravel())
        assert pairs[0, 1] > 0.95


def test_grey_photographs_keep_their_lightness():
    before, after = changed(only(grey_chance=1.0))
    assert np.ptp(after, axis=2).mean() < 0.6 * np.ptp(before, axis=2).mean()
    assert abs(after.mean() - before.mean()) < 12


def test_a_vignette_darkens_the_corners_and_leaves_the_middle():
    before, after = changed(only(vignette_chance=1.0))
    assert np.array_equal(after[14:18, 14:18], before[14:18, 14:18])
    assert after[0, 0].sum() < 0.85 * before[0, 0].sum()


@pytest.mark.parametrize(
    "settings", [{"shrink_chance": 1.0}, {"jpeg_chance": 1.0, "jpeg_quality": 30}]
)
def test_lost_detail_leaves_the_photograph_alike(settings):
    before, after = changed(only(**settings))
    assert 0 < np.abs(after - before).mean() < 12
    assert np.abs(after.mean(axis=(0, 1)) - before.mean(axis=(0, 1))).max() < 4


def test_a_change_that_never_happens_draws_nothing():
    """Runs from before the change of light existed see what they saw then."""
    frame = prepared().pixels

    def draw(**settings):
        rng = np.random.default_rng(3)
        augment(frame, 32, rng, only(**settings))
        return rng.random()

    assert draw() == draw(gain=0.5, gamma=2.0, vignette=0.9)
    assert draw() != draw(light_chance=1.0)
