import csv
import json
import subprocess
import sys

import pytest

from ml import evaluate
from ml.errors import DataError, MlError
from ml.labels import LABELS
from tests.ml.conftest import draw_photograph, encode, write_rows

KEYS = {
    "n",
    "labels",
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "ece",
    "auc",
    "per_class",
    "confusion_matrix",
    "classes_without_photographs",
}


@pytest.fixture
def images(tmp_path):
    """Photographs of three classes, in nested folders and three formats."""
    folder = tmp_path / "images"
    (folder / "deep").mkdir(parents=True)
    for number, (name, extension) in enumerate(
        [("a", "jpg"), ("deep/b", "png"), ("c", "webp"), ("d", "jpg")]
    ):
        path = folder / f"{name}.{extension.upper() if name == 'd' else extension}"
        path.write_bytes(encode(draw_photograph(seed=number), extension))
    return folder


def arguments(images, table, out, bundle):
    return [
        *("--images", str(images), "--labels", str(table), "--json", str(out)),
        *("--bundle", str(bundle), "--engine", "onnx", "--threads", "1"),
    ]


def test_an_evaluation_writes_exactly_its_keys(images, tmp_path, bundle, capsys):
    rows = [["nv", "d", "x"], ["mel", "a", "x"], ["nv", "c", "x"], ["bkl", "b.png", "x"]]
    write_rows(tmp_path / "labels.csv", ["dx", "image_id", "other"], rows)
    out = tmp_path / "out.json"
    assert evaluate.main(arguments(images, tmp_path / "labels.csv", out, bundle)) == 0
    values = json.loads(out.read_text())
    assert set(values) == KEYS
    assert values["n"] == 4
    assert values["labels"] == list(LABELS)
    assert values["classes_without_photographs"] == ["akiec", "bcc", "df", "vasc"]
    assert values["per_class"]["nv"].keys() == {"precision", "recall", "f1", "n"}
    assert [sum(row) for row in values["confusion_matrix"]] == [0, 0, 1, 0, 1, 2, 0]
    assert "left out of the means" in capsys.readouterr().out


def test_a_trained_bundle_measures_on_a_collection_as_its_manifest_says(
    collection, tmp_path, run_folder
):
    with (collection / "HAM10000_metadata.csv").open() as stream:
        rows = [[row["image_id"], row["dx"]] for row in csv.DictReader(stream)]
    write_rows(tmp_path / "labels.csv", ["image_id", "dx"], rows)
    out = tmp_path / "out.json"
    given = arguments(collection, tmp_path / "labels.csv", out, run_folder / "bundle")
    assert evaluate.main([*given, "--squeezed-from", "4:3"]) == 0
    values = json.loads(out.read_text())
    assert values["n"] == 42
    assert values["classes_without_photographs"] == []


@pytest.mark.parametrize(
    ("header", "rows", "words"),
    [
        (["image", "dx"], [["a", "nv"]], "labels.csv, row 1: the column image_id is missing"),
        (["image_id", "dx"], [["a", "nv"], ["z", "nv"]], "labels.csv, row 3: there is no photo"),
        (["image_id", "dx"], [["a", "scc"]], "labels.csv, row 2: dx is 'scc'"),
        (["image_id", "dx"], [["a", "nv"], ["a", "nv"]], "row 3: image_id a stands in row 2"),
        (["image_id", "dx"], [["a"]], "row 2: the row has too few values"),
    ],
)
def test_bad_labels_are_refused_by_file_and_row(images, tmp_path, bundle, header, rows, words):
    write_rows(tmp_path / "labels.csv", header, rows)
    with pytest.raises(DataError, match=words):
        evaluate.main(arguments(images, tmp_path / "labels.csv", tmp_path / "o.json", bundle))


def test_a_broken_photograph_is_refused_by_file_and_row(images, tmp_path, bundle):
    (images / "a.jpg").write_bytes(b"nothing")
    write_rows(tmp_path / "labels.csv", ["image_id", "dx"], [["d", "nv"], ["a", "mel"]])
    with pytest.raises(DataError, match=r"labels.csv, row 3: .*a\.jpg"):
        evaluate.main(arguments(images, tmp_path / "labels.csv", tmp_path / "o.json", bundle))


def test_a_folder_to_write_to_that_does_not_exist_is_refused_first(images, tmp_path, bundle):
    with pytest.raises(MlError, match="does not exist"):
        evaluate.main(arguments(images, tmp_path / "no.csv", tmp_path / "no" / "o.json", bundle))


def test_bad_labels_give_exit_code_2_without_a_traceback(images, tmp_path, bundle):
    write_rows(tmp_path / "labels.csv", ["image_id", "dx"], [["a", "nv"], ["z", "nv"]])
    given = arguments(images, tmp_path / "labels.csv", tmp_path / "out.json", bundle)
    done = subprocess.run(
        [sys.executable, "-m", "ml.evaluate", *given], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "row 3" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
