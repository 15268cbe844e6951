import csv
import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from ml import evaluate
from ml.bundle.labels import LABELS
from ml.bundle.manifest import read_manifest
from ml.errors import DataError, MlError
from ml.training.runs import read_record, write_record
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
    "bundle",
    "lesions",
    "operating_points",
    "uncertainty",
}


@pytest.fixture
def images(tmp_path):
    """Return photographs of three classes, in nested folders and three formats."""
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


def test_an_evaluation_writes_its_keys(images, tmp_path, bundle, capsys):
    rows = [["nv", "d", "x"], ["mel", "a", "x"], ["nv", "c", "x"], ["bkl", "b.png", "x"]]
    write_rows(tmp_path / "labels.csv", ["dx", "image_id", "other"], rows)
    out = tmp_path / "out.json"
    assert evaluate.main(arguments(images, tmp_path / "labels.csv", out, bundle)) == 0
    values = json.loads(out.read_text())
    assert set(values) >= KEYS
    assert values["n"] == 4
    assert values["labels"] == list(LABELS)
    assert values["classes_without_photographs"] == ["akiec", "bcc", "df", "vasc"]
    assert values["per_class"]["nv"].keys() >= {"precision", "recall", "f1", "n"}
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
    assert values["lesions"] is None
    assert values["classes_without_photographs"] == []


def test_lesions_in_the_labels_are_counted_and_drawn_whole(collection, tmp_path, run_folder):
    given = ["--images", str(collection), "--bundle", str(run_folder / "bundle")]
    given += ["--engine", "onnx", "--labels"]
    with (collection / "HAM10000_metadata.csv").open() as stream:
        rows = [[row["image_id"], row["dx"]] for row in csv.DictReader(stream)]
    write_rows(tmp_path / "alone.csv", ["image_id", "dx"], rows)
    evaluate.main([*given, str(tmp_path / "alone.csv"), "--json", str(tmp_path / "alone.json")])
    table = collection / "HAM10000_metadata.csv"
    evaluate.main([*given, str(table), "--json", str(tmp_path / "together.json")])
    alone = json.loads((tmp_path / "alone.json").read_text())
    together = json.loads((tmp_path / "together.json").read_text())
    assert together["lesions"] == 28
    assert together["confusion_matrix"] == alone["confusion_matrix"]
    assert together["intervals"] != alone["intervals"]


def add_bounds(bundle):
    """Give a bundle the thresholds and the certainty bound that validation would set."""
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    anything = {"low": 0.0, "high": 1.0}
    manifest["operating_points"] = {
        name: {
            "target": target,
            "threshold": threshold,
            "sensitivity": target,
            "sensitivity_interval": anything,
            "specificity": 0.5,
            "specificity_interval": anything,
        }
        for name, target, threshold in (("sensitivity_90", 0.9, 0.0), ("sensitivity_95", 0.95, 1.1))
    }
    manifest["uncertainty"] = {
        "bound": 0.99,
        "share": 0.1,
        "accuracy_of_certain": 0.9,
        "accuracy_of_uncertain": 0.4,
    }
    manifest["licence"] = "<b>none</b> & nothing"
    path.write_text(json.dumps(manifest))


def test_thresholds_and_bound_of_the_manifest_are_measured(collection, tmp_path, bundle):
    add_bounds(bundle)
    out = tmp_path / "out.json"
    evaluate.main(arguments(collection, collection / "HAM10000_metadata.csv", out, bundle))
    values = json.loads(out.read_text())
    always, never = values["operating_points"].values()
    assert (always["threshold"], always["sensitivity"], always["specificity"]) == (0.0, 1.0, 0.0)
    assert (never["threshold"], never["sensitivity"], never["specificity"]) == (1.1, 0.0, 1.0)
    assert values["uncertainty"]["bound"] == 0.99
    assert 0 < values["uncertainty"]["share"] <= 1


def report_arguments(collection, folder, bundle):
    return [
        *("--images", str(collection), "--labels", str(collection / "HAM10000_metadata.csv")),
        *("--report", str(folder), "--bundle", str(bundle), "--engine", "onnx"),
    ]


def test_a_report_is_one_page_that_needs_nothing_else(collection, tmp_path, bundle, run_folder):
    add_bounds(bundle)
    folder = tmp_path / "deep" / "report"
    given = report_arguments(collection, folder, bundle)
    assert evaluate.main([*given, "--runs", str(run_folder), str(run_folder)]) == 0
    plots = ["confusion_matrix", "reliability", "risk_coverage", "roc", "training"]
    files = sorted(path.name for path in folder.iterdir())
    assert files == sorted(["metrics.json", "report.html", *(f"{name}.png" for name in plots)])
    page = BeautifulSoup((folder / "report.html").read_text(), "html.parser")
    images = page.find_all("img")
    assert len(images) == len(plots)
    assert all(image["src"].startswith("data:image/png;base64,") for image in images)
    assert not page.find_all(["script", "link", "iframe"])
    assert "url(" not in page.style.text
    assert "prefers-color-scheme: dark" in page.style.text
    text = " ".join(page.text.split())
    assert "42 photographs of 28 lesions" in text
    assert "small_cnn-32-seed1" in text
    assert "<b>none</b> & nothing" in text
    values = json.loads((folder / "metrics.json").read_text())
    assert f"{100 * values['balanced_accuracy']:.1f}\N{NO-BREAK SPACE}%" in page.text
    assert "the site warns here" in text


def test_a_report_of_few_classes_leaves_out_what_nobody_can_know(images, tmp_path, bundle):
    write_rows(tmp_path / "labels.csv", ["image_id", "dx"], [["a", "nv"], ["c", "nv"]])
    given = ["--images", str(images), "--labels", str(tmp_path / "labels.csv")]
    given += ["--bundle", str(bundle), "--report", str(tmp_path / "report")]
    assert evaluate.main(given) == 0
    assert not (tmp_path / "report" / "roc.png").exists()
    assert not (tmp_path / "report" / "training.png").exists()
    text = " ".join((tmp_path / "report" / "report.html").read_text().split())
    assert "do not say which ones show the same lesion" in text
    assert "The bundle has no thresholds" in text
    assert "The bundle has no bound of uncertainty" in text
    assert "no photograph shows them: akiec, bcc, bkl, df, mel, vasc" in text


def test_an_evaluation_that_writes_nothing_is_refused(images, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        evaluate.main(["--images", str(images), "--labels", str(tmp_path / "labels.csv")])
    assert stop.value.code == 2
    assert "give --json, --report or both" in capsys.readouterr().err


def test_a_report_in_the_place_of_a_file_is_refused(collection, tmp_path, bundle):
    (tmp_path / "report").write_text("a file")
    with pytest.raises(MlError, match="the folder cannot be created"):
        evaluate.main(report_arguments(collection, tmp_path / "report", bundle))


def test_a_run_without_an_epoch_is_refused(collection, tmp_path, bundle, run_folder):
    (tmp_path / "run").mkdir()
    write_record(tmp_path / "run", replace(read_record(run_folder), history=()))
    given = report_arguments(collection, tmp_path / "report", bundle)
    with pytest.raises(DataError, match="not finished an epoch"):
        evaluate.main([*given, "--runs", str(tmp_path / "run")])


def test_without_labels_the_answers_are_those_the_bundle_was_validated_by(tmp_path, run_folder):
    out = tmp_path / "out.json"
    bundle = run_folder / "bundle"
    given = ["--json", str(out), "--bundle", str(bundle)]
    assert evaluate.main(given) == 0
    values, expected = json.loads(out.read_text()), read_manifest(bundle).metrics
    assert values["n"] == expected.n
    assert values["balanced_accuracy"] == pytest.approx(expected.balanced_accuracy)
    assert values["intervals"]["balanced_accuracy"]["low"] == pytest.approx(
        expected.intervals["balanced_accuracy"].low
    )
    shutil.copytree(bundle, tmp_path / "bundle")
    (tmp_path / "bundle" / "validation.npz").unlink()
    given[-1] = str(tmp_path / "bundle")
    with pytest.raises(DataError, match="the predictions are missing"):
        evaluate.main(given)


@pytest.mark.parametrize(
    ("header", "rows", "words"),
    [
        (["image", "dx"], [["a", "nv"]], "labels.csv, row 1: the column image_id is missing"),
        (["image_id", "dx"], [["a", "nv"], ["z", "nv"]], "labels.csv, row 3: there is no photo"),
        (["image_id", "dx"], [["a", "scc"]], "labels.csv, row 2: dx is 'scc'"),
        (["image_id", "dx"], [["a", "nv"], ["a", "nv"]], "row 3: image_id a is already in row 2"),
        (["image_id", "dx"], [["a"]], "row 2: the row has too few values"),
        (["image_id", "dx", "lesion_id"], [["a", "nv", " "]], "row 2: lesion_id is empty"),
        (["image_id", "dx", "lesion_id"], [["a", "nv"]], "row 2: the row has too few values"),
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
