import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ml import robustness
from ml.bundle.labels import LABELS
from ml.errors import DataError
from ml.evaluation.corruptions import CORRUPTIONS
from ml.evaluation.labelled import LabelledPhotograph
from ml.evaluation.robustness import draw_sample
from tests.ml.conftest import write_rows


def arguments(collection, bundle, out, *more):
    return [
        *("--images", str(collection), "--labels", str(collection / "HAM10000_metadata.csv")),
        *("--bundle", str(bundle), "--out", str(out), "--engine", "onnx", "--threads", "1", *more),
    ]


@pytest.fixture(scope="module")
def measured(collection, run_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("robustness") / "deep" / "out"
    given = arguments(collection, run_folder / "bundle", out, "--squeezed-from", "4:3")
    assert robustness.main(given) == 0
    return out


def test_every_corruption_is_measured_at_every_strength(measured):
    values = json.loads((measured / "robustness.json").read_text())
    assert values["n"] == values["available"] == 42
    assert values["limit"] is None
    assert values["per_class"] == dict.fromkeys(LABELS, 6)
    assert values["clean"]["strength"] is None
    assert list(values["corruptions"]) == [corruption.name for corruption in CORRUPTIONS]
    for corruption in CORRUPTIONS:
        points = values["corruptions"][corruption.name]["strengths"]
        assert tuple(point["strength"] for point in points) == corruption.strengths
        for point in [values["clean"], *points]:
            interval = point["balanced_accuracy_interval"]
            assert interval["low"] <= point["balanced_accuracy"] <= interval["high"]
            assert 0 <= point["melanoma_recall"] <= 1


def test_the_figure_can_be_looked_at(measured):
    with Image.open(measured / "robustness.png") as figure:
        assert min(figure.size) > 800


def test_a_second_call_measures_the_same(measured, collection, run_folder, tmp_path):
    given = arguments(collection, run_folder / "bundle", tmp_path, "--squeezed-from", "4:3")
    robustness.main(given)
    once = (measured / "robustness.json").read_text()
    assert (tmp_path / "robustness.json").read_text() == once


def test_a_sample_says_that_it_is_one(collection, run_folder, tmp_path, capsys):
    bundle = run_folder / "bundle"
    robustness.main(arguments(collection, bundle, tmp_path, "--limit", "1", "--seed", "3"))
    values = json.loads((tmp_path / "robustness.json").read_text())
    assert (values["n"], values["available"], values["limit"]) == (7, 42, 1)
    assert values["per_class"] == dict.fromkeys(LABELS, 1)
    said = capsys.readouterr().out
    assert "a sample of 7 of 42 photographs: at most 1 of a class, drawn with seed 3" in said


def make_photographs(order):
    names = [f"{label}-{number}" for label in range(7) for number in range(5)]
    return [
        LabelledPhotograph(row, Path(f"{names[place]}.jpg"), place // 5, None)
        for row, place in enumerate(order)
    ]


def test_the_sample_depends_on_the_seed_and_not_on_the_order_of_the_rows():
    def names(photographs):
        return {one.path.name for one in photographs}

    one = draw_sample(make_photographs(range(35)), 2, seed=1)
    other = draw_sample(make_photographs(reversed(range(35))), 2, seed=1)
    assert names(one) == names(other)
    assert [one.row for one in other] == sorted(one.row for one in other)
    assert names(draw_sample(make_photographs(range(35)), 2, seed=2)) != names(one)


def test_without_melanoma_its_recall_is_unknown(collection, run_folder, tmp_path, capsys):
    rows = [["ISIC_50000", "nv"], ["ISIC_50010", "nv"], ["ISIC_10000", "bcc"]]
    write_rows(tmp_path / "labels.csv", ["image_id", "dx"], rows)
    given = arguments(collection, run_folder / "bundle", tmp_path)
    given[given.index("--labels") + 1] = str(tmp_path / "labels.csv")
    assert robustness.main(given) == 0
    values = json.loads((tmp_path / "robustness.json").read_text())
    assert values["clean"]["melanoma_recall"] is None
    assert "melanoma recall unknown" in capsys.readouterr().out


def test_a_broken_photograph_is_refused_by_row(collection, run_folder, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"nothing")
    write_rows(tmp_path / "labels.csv", ["image_id", "dx"], [["a", "nv"]])
    given = ["--images", str(tmp_path), "--labels", str(tmp_path / "labels.csv")]
    given += ["--bundle", str(run_folder / "bundle"), "--out", str(tmp_path / "out")]
    with pytest.raises(DataError, match=r"labels\.csv, row 2"):
        robustness.main(given)


def test_the_command_explains_itself():
    done = subprocess.run(
        [sys.executable, "-m", "ml.robustness", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--limit" in done.stdout
