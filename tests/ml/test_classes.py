"""A bundle says which classes it knows and which of them are malignant."""

import json

import pytest

from ml import evaluate, export, predict, train
from ml.bundle.ensemble import load_ensemble
from ml.bundle.labels import HAM10000, LABELS, Classes
from ml.bundle.manifest import read_manifest
from ml.errors import BundleError, DataError, MlError
from ml.training.runs import read_record
from tests.ml.conftest import draw_photograph, encode, make_collection, tiny_arguments, write_rows

EIGHT = (*LABELS, "scc")
THREE = ("nv", "mel", "bkl")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return the collection of the seven classes, and a folder with an eighth class."""
    folder = tmp_path_factory.mktemp("eight")
    ham = make_collection(folder / "ham")
    more = folder / "more"
    more.mkdir()
    for number in range(6):
        photograph = draw_photograph(64, 64, seed=100 + number, label=9)
        (more / f"scc{number}.jpg").write_bytes(encode(photograph))
    write_rows(more / "labels.csv", ["image_id", "dx"], [[f"scc{n}", "scc"] for n in range(6)])
    return [ham, more]


def train_on(folders, out, *more):
    arguments = tiny_arguments(folders[0], out, "--epochs", "1", *more)
    arguments[2:2] = [str(folder) for folder in folders[1:]]
    assert train.main(arguments) == 0
    return out


@pytest.fixture(scope="module")
def run_of_eight(folders, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "eight"
    malignant = ("mel", "bcc", "akiec", "scc")
    return train_on(folders, out, "--classes", *EIGHT, "--malignant", *malignant)


@pytest.fixture(scope="module")
def run_of_three(folders, tmp_path_factory):
    return train_on(folders[:1], tmp_path_factory.mktemp("runs") / "three", "--classes", *THREE)


def test_a_bundle_of_eight_classes_answers_with_eight(run_of_eight, jpeg, tmp_path, capsys):
    (tmp_path / "photograph.jpg").write_bytes(jpeg)
    bundle = run_of_eight / "bundle"
    manifest = read_manifest(bundle)
    assert manifest.classes == Classes(EIGHT, ("mel", "bcc", "akiec", "scc"))
    assert list(manifest.metrics.per_class) == list(EIGHT)
    answers = []
    for engine in ("onnx", "torch"):
        given = [str(tmp_path / "photograph.jpg"), "--bundle", str(bundle), "--engine", engine]
        assert predict.main(given) == 0
        answers.append(json.loads(capsys.readouterr().out))
    for answer in answers:
        assert list(answer["probabilities"]) == list(EIGHT)
        malignant = sum(answer["probabilities"][name] for name in manifest.malignant)
        assert answer["malignant"] == pytest.approx(malignant, abs=1e-5)
    assert answers[0]["probabilities"] == pytest.approx(answers[1]["probabilities"], abs=1e-4)
    assert set(load_ensemble(bundle).predict(jpeg).class_maps) == set(EIGHT)


def test_an_eighth_class_is_measured_and_shown_in_the_report(run_of_eight, folders, tmp_path):
    write_rows(tmp_path / "some.csv", ["image_id", "dx"], [["scc0", "scc"], ["scc1", "nv"]])
    given = ["--images", str(folders[1]), "--labels", str(tmp_path / "some.csv")]
    given += ["--bundle", str(run_of_eight / "bundle"), "--report", str(tmp_path / "report")]
    assert evaluate.main(given) == 0
    values = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert values["per_class"]["scc"]["n"] == 1
    assert values["malignant_auc"] is not None
    page = (tmp_path / "report" / "report.html").read_text()
    assert "The bundle knows 8 classes" in page
    assert "actinic keratosis or intraepithelial carcinoma and scc" in page


def test_a_bundle_of_three_classes_leaves_the_others_out(run_of_three, jpeg):
    manifest = read_manifest(run_of_three / "bundle")
    assert manifest.classes == Classes(THREE, ("mel",))
    record = read_record(run_of_three)
    assert record.classes == manifest.classes
    assert list(record.data.training.by_class) == list(THREE)
    assert record.data.left_out == {"akiec": 6, "bcc": 6, "df": 6, "vasc": 6}
    answer = load_ensemble(run_of_three / "bundle").predict(jpeg)
    assert tuple(answer.probabilities) == THREE
    assert answer.malignant == answer.probabilities["mel"]


def test_a_class_that_the_bundle_does_not_know_cannot_be_measured(run_of_three, folders, tmp_path):
    write_rows(tmp_path / "some.csv", ["image_id", "dx"], [["scc0", "scc"]])
    given = ["--images", str(folders[1]), "--labels", str(tmp_path / "some.csv")]
    given += ["--bundle", str(run_of_three / "bundle"), "--json", str(tmp_path / "out.json")]
    with pytest.raises(DataError, match="'scc', not one of nv, mel, bkl"):
        evaluate.main(given)


def test_runs_of_other_classes_are_neither_joined_nor_begun_with(
    run_of_three, run_folder, folders, collection, tmp_path
):
    given = ["--runs", str(run_folder), str(run_of_three), "--data", str(collection)]
    with pytest.raises(DataError, match="its classes differ from the first"):
        export.main([*given, "--out", str(tmp_path / "bundle"), "--version", "1"])
    start = ["--start", str(run_of_three / "bundle")]
    with pytest.raises(MlError, match="classes of the network of --start"):
        train.main(tiny_arguments(collection, tmp_path / "run", *start))
    with pytest.raises(DataError, match="another set of classes"):
        train_on(folders[:1], run_of_three, "--classes", "nv", "mel", "vasc", "--resume")


def test_a_graph_of_other_classes_than_the_manifest_names_is_refused(bundle):
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"labels": list(EIGHT), "metrics": None}))
    for engine in ("onnx", "torch"):
        with pytest.raises(BundleError):
            load_ensemble(bundle, engine=engine)


def test_older_records_and_manifests_are_of_the_seven_classes(bundle, run_folder, tmp_path):
    manifest = json.loads((bundle / "manifest.json").read_text())
    del manifest["malignant"]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert read_manifest(bundle).classes == HAM10000
    record = json.loads((run_folder / "run.json").read_text())
    del record["classes"]
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert read_record(tmp_path).classes == HAM10000


@pytest.mark.parametrize("classes", [["nv"], ["nv", "nv"], ["nv", "mel", "--malignant", "scc"]])
def test_classes_that_make_no_sense_are_refused(collection, tmp_path, classes):
    with pytest.raises(SystemExit) as raised:
        train.main(tiny_arguments(collection, tmp_path / "run", "--classes", *classes))
    assert raised.value.code == 2
