import json
import shutil
from datetime import date

import numpy as np
import pytest

from ml import export, train
from ml.bundle.ensemble import load_ensemble
from ml.bundle.manifest import read_manifest
from ml.errors import DataError, MlError
from ml.evaluation.metrics import measure
from ml.training import bundles
from ml.training.data import read_collection
from ml.training.parts import split_by_lesion
from tests.ml.conftest import make_collection, tiny_arguments


def run_export(runs, collection, out, *more):
    given = ["--runs", *map(str, runs), "--data", str(collection), "--out", str(out)]
    return export.main([*given, "--version", "1-test", *more])


@pytest.mark.parametrize(("second", "day"), [("2026-02-03", "2026-02-03"), (None, None)])
def test_a_bundle_was_trained_when_its_last_member_was_and_as_long_as_both(
    collection, run_folder, bundle_of_two, tmp_path, second, day
):
    runs = [tmp_path / "first", tmp_path / "second"]
    shutil.copytree(run_folder, runs[0])
    shutil.copytree(bundle_of_two.parent / "second", runs[1])
    for run, said in zip(runs, ["2026-01-31", second], strict=True):
        record = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps(record | {"trained_on": said, "seconds": 90.5}))
    run_export(runs, collection, tmp_path / "bundle")
    training = read_manifest(tmp_path / "bundle").training
    assert training.trained_on == (date.fromisoformat(day) if day else None)
    assert training.seconds == 181.0


def test_a_bundle_of_two_names_both_members_and_their_way(bundle_of_two, run_folder):
    manifest = read_manifest(bundle_of_two)
    assert [member.name for member in manifest.members] == [
        "small_cnn-32-seed1",
        "small_cnn-32-seed2",
    ]
    assert manifest.version == "2-test"
    assert manifest.views == ("upright", "mirrored")
    record = json.loads((run_folder / "run.json").read_text())
    assert manifest.data.training_sha256 == record["data"]["training"]["sha256"]
    assert "2 epochs at 32 pixels, balanced-softmax" in manifest.training.description


def test_the_metrics_are_those_of_the_validation_split(bundle_of_two, collection):
    manifest = read_manifest(bundle_of_two)
    _, validation = split_by_lesion(
        read_collection([collection]).photographs,
        validation=manifest.data.validation_part,
        seed=manifest.data.split_seed,
    )
    answers = load_ensemble(bundle_of_two).predict_batch(
        [photograph.path.read_bytes() for photograph in validation]
    )
    probabilities = np.array([list(answer.probabilities.values()) for answer in answers])
    labels = np.array([photograph.label for photograph in validation])
    assert measure(labels, probabilities).balanced_accuracy == manifest.metrics.balanced_accuracy


def test_another_input_size_than_in_training_can_be_chosen(run_folder, collection, tmp_path, jpeg):
    assert run_export([run_folder], collection, tmp_path / "bundle", "--size", "48") == 0
    ensemble = load_ensemble(tmp_path / "bundle")
    assert ensemble.manifest.size == 48
    assert ensemble.manifest.members[0].trained_size == 32
    assert len(ensemble.predict(jpeg).class_maps["nv"]) == 6


def test_runs_of_different_splits_are_not_mixed(run_folder, collection, tmp_path):
    other = tmp_path / "other"
    train.main(tiny_arguments(collection, other, "--split-seed", "7", "--epochs", "1"))
    with pytest.raises(DataError, match=r"other/bundle.*validated on different photographs"):
        run_export([run_folder, other], collection, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_runs_that_saw_photographs_prepared_in_different_ways_are_not_mixed(
    run_folder, collection, tmp_path
):
    other = tmp_path / "other"
    train.main(tiny_arguments(collection, other, "--median", "1", "--epochs", "1", "--seed", "2"))
    with pytest.raises(DataError, match="preprocessing differs from the first"):
        run_export([run_folder, other], collection, tmp_path / "bundle")


def test_a_bundle_is_only_measured_on_the_photographs_its_run_was_validated_on(
    run_folder, tmp_path
):
    larger = make_collection(tmp_path / "larger", lesions=6)
    with pytest.raises(DataError, match="validated on different photographs"):
        run_export([run_folder], larger, tmp_path / "bundle")


def test_an_older_bundle_makes_room_and_other_folders_do_not(bundle, run_folder, collection):
    (bundle / "old.safetensors").write_bytes(b"old")
    assert run_export([run_folder], collection, bundle, "--size", "48") == 0
    assert read_manifest(bundle).size == 48
    assert not (bundle / "old.safetensors").exists()
    assert not bundle.with_name("bundle.new").exists()
    foreign = bundle.parent / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("keep me")
    with pytest.raises(MlError, match="something other than a bundle"):
        run_export([run_folder], collection, foreign)
    assert (foreign / "letter.txt").exists()


def test_an_export_that_fails_leaves_the_older_bundle_whole(
    bundle, run_folder, collection, monkeypatch
):
    before = {file.name: file.read_bytes() for file in bundle.iterdir()}

    def break_off(*_arguments):
        raise MlError("the power is gone")

    monkeypatch.setattr(bundles, "measure", break_off)
    with pytest.raises(MlError, match="power"):
        run_export([run_folder], collection, bundle)
    assert {file.name: file.read_bytes() for file in bundle.iterdir()} == before


def test_the_same_member_twice_is_refused(run_folder, collection, tmp_path):
    with pytest.raises(MlError, match="same network and seed"):
        run_export([run_folder, run_folder], collection, tmp_path / "bundle")


def test_a_folder_that_is_no_run_is_refused(collection, tmp_path):
    with pytest.raises(DataError, match="not the folder of a training run"):
        run_export([tmp_path], collection, tmp_path / "bundle")
