import numpy as np

from ml.augment import Augmentation, augment
from ml.preprocessing import Recipe, prepare_photograph
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
