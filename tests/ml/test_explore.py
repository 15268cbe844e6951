"""A page shows what a collection contains, and finds oddities in it."""

import cv2
import numpy as np
import pytest

from ml import explore
from ml.bundle.labels import LABELS
from ml.errors import MlError
from ml.training.explore import PAGE
from ml.training.findings import (
    describe_picture,
    find_doubts,
    find_near_duplicates,
    find_neighbours,
    find_outliers,
    hash_picture,
)
from tests.ml.conftest import draw_photograph, encode, make_collection, write_rows


def blotches(seed, side=96):
    """Draw something that resembles no other seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 220, (9, 9, 3), dtype=np.uint8)
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)


def find(pictures, groups):
    hashes = np.stack([hash_picture(one) for one in pictures])
    return find_near_duplicates(hashes, [describe_picture(one) for one in pictures], groups)


@pytest.mark.parametrize(
    "change",
    [
        lambda pixels: cv2.resize(pixels, (70, 70), interpolation=cv2.INTER_AREA),
        lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 1.5),
        lambda pixels: cv2.imdecode(cv2.imencode(".jpg", pixels, [1, 40])[1], cv2.IMREAD_COLOR),
        lambda pixels: (pixels * np.array([0.9, 1.0, 1.1])).clip(0, 255).astype(np.uint8),
    ],
)
def test_a_copy_is_found_whatever_was_done_to_it(change):
    pictures = [blotches(seed) for seed in range(20)]
    pairs = find([*pictures, change(pictures[7])], [f"L{number}" for number in range(21)])
    assert [(pair.first, pair.second) for pair in pairs] == [(7, 20)]


def test_photographs_of_one_lesion_are_no_near_duplicates():
    assert find([blotches(1), blotches(1)], ["L1", "L1"]) == []


def test_a_wrong_label_is_doubted_first_and_a_rare_class_is_not():
    rng = np.random.default_rng(0)
    labels = np.array([5] * 60 + [3] * 8 + [4] * 20)
    centres = rng.normal(0, 1, (7, 12)) * 4
    features = centres[labels] + rng.normal(0, 1, (len(labels), 12))
    shown = labels.copy()
    shown[2] = 4  # a nevus labelled as melanoma
    neighbours, _ = find_neighbours(features, [f"L{number}" for number in range(len(labels))])
    doubts = find_doubts(shown, neighbours)
    assert doubts[0].place == 2
    assert LABELS[doubts[0].other] == "nv"
    assert doubts[0].share < 0.1
    assert not {doubt.place for doubt in doubts} & set(range(60, 68))


def test_a_twin_is_no_witness_of_its_own_label():
    features = np.array([[0.0, 1.0], [0.0, 1.0], [0.1, 1.0], [1.0, 0.0]])
    neighbours, _ = find_neighbours(features, ["L1", "L1", "L2", "L3"])
    assert not {0, 1} & set(neighbours[0])
    assert neighbours.shape == (4, 2)


def test_the_loneliest_photograph_is_the_first_outlier():
    rng = np.random.default_rng(0)
    features = np.vstack([rng.normal((5, 0, 0), 0.2, (30, 3)), [[-5.0, 5.0, 5.0]]])
    _, distances = find_neighbours(features, [f"L{number}" for number in range(31)])
    assert find_outliers(distances)[0] == 30


def test_the_page_counts_by_what_the_tables_say(collection, run_folder, tmp_path, capsys):
    out = tmp_path / "page"
    arguments = [str(collection), "--out", str(out), "--bundle", str(run_folder / "bundle")]
    assert explore.main([*arguments, "--limit", "3"]) == 0
    page = (out / PAGE).read_text()
    assert "42 photographs of 28 lesions" in page
    for heading in ("Age", "Sex", "Body site", "Pixels as read", "Outliers", "Doubtful labels"):
        assert f"<h2>{heading}" in page
    assert '<th scope="row">50 to 59</th><td>42</td>' in page
    assert '<th scope="row">64 x 64</th><td>42</td>' in page
    assert '<img src="data:image/jpeg;base64,' in page
    assert "<script" not in page
    assert "Darkest: 3" in capsys.readouterr().out


def test_several_folders_with_other_tables_are_shown_together(collection, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    for name in ("a", "b"):
        (more / f"{name}.jpg").write_bytes(encode(draw_photograph(seed=3)))
    (more / "broken.jpg").write_bytes(b"no photograph")
    rows = [["a", "nv", "P1", "clinic"], ["b", "mel", "P2", "clinic"], ["broken", "nv", "P3", "x"]]
    write_rows(more / "labels.csv", ["image_id", "dx", "patient_id", "source"], rows)
    out = tmp_path / "page"
    assert explore.main([str(collection), str(more), "--out", str(out), "--limit", "3"]) == 0
    page = (out / PAGE).read_text()
    assert "2 named patients" in page
    assert "cannot be read: broken.jpg" in page
    assert '<th scope="row">clinic</th><td>2</td>' in page
    assert '<th scope="row">not given</th>' in page
    assert "Near-duplicates" in page


def test_a_collection_that_cannot_be_read_at_all_is_refused(tmp_path):
    folder = make_collection(tmp_path / "ham", lesions=1)
    for path in folder.rglob("*.jpg"):
        path.write_bytes(b"")
    with pytest.raises(MlError, match="No photograph could be read"):
        explore.main([str(folder), "--out", str(tmp_path / "page")])
