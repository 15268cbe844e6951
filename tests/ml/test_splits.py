"""The splits of others are drawn as they drew them, and leaks are counted."""

import pytest

from ml import splits
from ml.bundle.labels import LABELS
from ml.errors import DataError, MlError
from ml.evaluation.tables import read_rows
from ml.training.splits import COLUMNS, find_twins
from tests.ml.conftest import write_rows


@pytest.fixture
def metadata(tmp_path):
    """Return a table with 40 lesions per class; every fourth has three photographs."""
    rows = [
        [f"L{dx}{lesion}", f"I{dx}{lesion}-{copy}", dx]
        for dx in LABELS
        for lesion in range(40)
        for copy in range(3 if lesion % 4 == 0 else 1)
    ]
    write_rows(tmp_path / "metadata.csv", ["lesion_id", "image_id", "dx"], rows)
    return tmp_path / "metadata.csv"


def run(kind, metadata, *more):
    out = metadata.parent / "test.csv"
    assert splits.main([kind, "--metadata", str(metadata), "--out", str(out), *more]) == 0
    return [row for _, row in read_rows(out, COLUMNS)]


def test_the_single_split_tests_lesions_of_one_photograph_and_leaks_nothing(metadata, capsys):
    tested = run("kaggle-single", metadata)
    assert len(tested) == 36  # 17 % of 7 x 30, rounded up
    assert all(int(row["lesion_id"].lstrip("Labcdefiklmnsv")) % 4 for row in tested)
    assert "mel: 5, 0 of them (0%) with a twin in training" in capsys.readouterr().out
    assert run("kaggle-single", metadata) == tested
    assert run("kaggle-single", metadata, "--seed", "1") != tested


def test_a_split_by_photograph_leaks_and_says_how_much(metadata, capsys):
    tested = run("by-photograph", metadata)
    assert len(tested) == 84  # a fifth of 7 x 60
    rows = [row for _, row in read_rows(metadata, COLUMNS)]
    twins = find_twins(rows, tested)
    names = {row["image_id"] for row in tested}
    expected = [
        row
        for row in tested
        if any(
            other["lesion_id"] == row["lesion_id"] and other["image_id"] not in names
            for other in rows
        )
    ]
    assert twins == expected
    melanomas = [row for row in twins if row["dx"] == "mel"]
    assert f"mel: 12, {len(melanomas)} of them" in capsys.readouterr().out
    assert len(twins) > 20


def test_a_table_that_cannot_be_split_is_refused(tmp_path, metadata):
    with pytest.raises(DataError, match="does not exist"):
        run("kaggle-single", tmp_path / "nowhere.csv")
    write_rows(metadata, ["lesion_id", "image_id", "dx"], [["L1", "a", "nv"], ["L2", "b", "mel"]])
    with pytest.raises(MlError, match="cannot be drawn"):
        run("kaggle-single", metadata)


def test_a_split_that_cannot_be_written_is_said(metadata):
    with pytest.raises(MlError, match="cannot be written"):
        splits.main(["kaggle-single", "--metadata", str(metadata), "--out", str(metadata.parent)])
