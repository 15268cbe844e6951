import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml import report, speed, train
from ml.bundle.labels import LABELS
from ml.bundle.manifest import read_manifest, write_manifest
from ml.errors import DataError, MlError
from ml.evaluation.evidence import load_answers, save_answers
from ml.training.bundles import answers_of
from ml.training.data import read_collection
from ml.training.kept import read_kept
from ml.training.runs import read_record
from tests.ml.conftest import tiny_arguments


@pytest.fixture
def folder(run_folder, bundle_of_two, tmp_path):
    """Return two bundles that answered the same photographs."""
    shutil.copytree(run_folder / "bundle", tmp_path / "runs" / "alone")
    shutil.copytree(bundle_of_two, tmp_path / "runs" / "together")
    return tmp_path / "runs"


def change_answers(bundle, change):
    with np.load(bundle / "validation.npz") as stored:
        arrays = dict(stored)
    change(arrays)
    np.savez(bundle / "validation.npz", **arrays)


def test_a_bundle_keeps_what_it_answered_to_its_validation_photographs(run_folder):
    answers = load_answers(run_folder / "bundle")
    manifest = read_manifest(run_folder / "bundle")
    assert len(answers.image_ids) == manifest.metrics.n == len(set(answers.image_ids))
    assert answers.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    right = answers.probabilities.argmax(axis=1) == answers.labels
    assert right.mean() == pytest.approx(manifest.metrics.accuracy)


def test_a_row_says_what_its_answers_are_worth_and_how_far_they_are_from_the_base(folder, capsys):
    def be_right(arrays):
        arrays["probabilities"] = np.eye(7, dtype=np.float32)[arrays["labels"]]

    change_answers(folder / "together", be_right)
    assert report.main([str(folder), "--base", "alone"]) == 0
    alone, together, _, *recipes = capsys.readouterr().out.splitlines()[2:]
    manifest = read_manifest(folder / "alone")
    assert alone.startswith(f"| alone | {manifest.metrics.balanced_accuracy:.3f} (")
    assert recipes == [
        "- `alone`: small_cnn-32-seed1",
        "- `together`: small_cnn-32-seed1 and small_cnn-32-seed2",
    ]
    gap = 1 - manifest.metrics.balanced_accuracy
    assert f"| together | 1.000 (1.000 to 1.000) | {gap:+.3f} (" in together
    assert "| 1.00 (1.00 to 1.00) | 32 | 2 |" in together


def test_the_rows_are_compared_on_the_same_draws(folder, capsys):
    with np.load(folder / "alone" / "validation.npz") as stored:
        arrays = dict(stored)
    change_answers(folder / "together", lambda own: own.update(arrays))
    report.main([str(folder), "--base", "alone"])
    assert "| +0.000 (+0.000 to +0.000) |" in capsys.readouterr().out.splitlines()[3]


def test_rows_on_other_photographs_are_not_compared(folder, capsys):
    change_answers(folder / "together", lambda own: own.update(image_ids=own["image_ids"][::-1]))
    report.main([str(folder), "--base", "alone"])
    assert "| different photographs |" in capsys.readouterr().out


def test_what_is_missing_is_named(folder, tmp_path):
    with pytest.raises(MlError, match="no row 'none'; choose from alone, together"):
        report.main([str(folder), "--base", "none"])
    with pytest.raises(DataError, match="no folder in it"):
        report.main([str(tmp_path), "--base", "alone"])
    (folder / "alone" / "validation.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match="the predictions are missing"):
        report.main([str(folder), "--base", "alone"])


def test_answers_of_another_length_are_refused(folder):
    change_answers(folder / "alone", lambda own: own.update(image_ids=own["image_ids"][1:]))
    with pytest.raises(DataError, match="do not match"):
        load_answers(folder / "alone")


def test_a_run_says_what_it_did_otherwise_than_the_base(collection, run_folder, tmp_path, capsys):
    other = tmp_path / "other"
    changes = ["--ema", "0", "--no-augment", "--seed", "3"]
    train.main(tiny_arguments(collection, other, *changes))
    for name, run in (("base", run_folder), ("other", other)):
        shutil.copytree(run / "bundle", tmp_path / "runs" / name)
        shutil.copy(run / "run.json", tmp_path / "runs" / name)
    capsys.readouterr()
    report.main([str(tmp_path / "runs"), "--base", "base"])
    base, changed = capsys.readouterr().out.replace("\n  ", " ").splitlines()[5:]
    assert base.startswith("- `base`: small_cnn from random weights, 2 epochs at 32 pixels")
    assert changed == (
        "- `other`: seed 3 instead of 1; augmentation none instead of standard; "
        "ema 0.0 instead of 0.998"
    )


def test_the_networks_that_a_row_began_from_are_listed_once(folder, capsys):
    manifest = read_manifest(folder / "alone")
    older = "small_cnn from random weights, 9 epochs"
    later = f"small_cnn grown from old ({older}), 1 epoch"
    for name, description in (
        ("alone", later),
        ("together", f"small_cnn continued from new ({later}), 2 epochs"),
    ):
        training = replace(manifest.training, description=description)
        write_manifest(folder / name, replace(manifest, training=training))
    times = folder / "speed.json"
    times.write_text(json.dumps({"alone": 1.0, "together": 2.0}))
    report.main([str(folder), "--speed", str(times)])
    assert capsys.readouterr().out.splitlines()[5:] == [
        "- `alone`, `new`: small_cnn grown from old, 1 epoch",
        "- `together`: small_cnn continued from new, 2 epochs",
        f"- `old`: {older}",
    ]


def test_bundles_are_timed_in_turns_and_shown_with_their_size(folder, tmp_path, capsys):
    out = tmp_path / "speed.json"
    bundles = [str(folder / "alone"), str(folder / "together")]
    assert speed.main([*bundles, "--json", str(out), "--rounds", "3", "--threads", "1"]) == 0
    times = json.loads(out.read_text())
    assert list(times) == ["alone", "together"]
    assert min(times.values()) > 0
    more = ["--engine", "torch", "--batch", "4", "--rounds", "2"]
    assert speed.main([bundles[0], "--json", str(tmp_path / "torch.json"), *more]) == 0
    assert "photographs a second" in capsys.readouterr().out
    capsys.readouterr()
    report.main([str(folder), "--speed", str(out)])
    assert "| alone |" in capsys.readouterr().out
    out.write_text(json.dumps({"alone": 1.0}))
    with pytest.raises(DataError, match="no time for together"):
        report.main([str(folder), "--speed", str(out)])
    out.write_text("nothing")
    with pytest.raises(DataError, match="the times are missing"):
        report.main([str(folder), "--speed", str(out)])


def test_saved_answers_come_back_in_order(collection, tmp_path):
    photographs = read_collection([collection]).photographs
    probabilities = np.random.default_rng(1).dirichlet(np.ones(7), len(photographs))
    save_answers(tmp_path, answers_of(photographs, probabilities))
    answers = load_answers(tmp_path)
    assert answers.image_ids == tuple(photograph.image_id for photograph in photographs)
    assert answers.lesion_ids == tuple(photograph.lesion_id for photograph in photographs)
    assert list(answers.labels) == [photograph.label for photograph in photographs]
    assert answers.probabilities == pytest.approx(probabilities, abs=1e-6)
    assert set(answers.labels) == set(range(len(LABELS)))


def keep(file, table, name, bundle):
    command = [sys.executable, "scripts/keep_run.py", table, name, str(bundle)]
    subprocess.run([*command, "--runs", str(file)], cwd=DOCS.parent, check=True)


def test_kept_runs_give_the_table_of_their_folders(folder, run_folder, tmp_path, capsys):
    file = tmp_path / "runs.jsonl"
    keep(file, "some", "together", folder / "alone")
    keep(file, "some", "together", folder / "together")
    keep(file, "some", "alone", folder / "alone")
    keep(file, "others", "run", run_folder / "bundle")
    runs = read_kept(file)
    assert [(run.table, run.name) for run in runs] == [
        ("others", "run"),
        ("some", "alone"),
        ("some", "together"),
    ]
    assert runs[0].record == read_record(run_folder)
    assert runs[1].record is None
    assert runs[2].manifest == read_manifest(folder / "together")
    with np.load(tmp_path / "answers.npz") as stored:
        assert len([name for name in stored if name.endswith("image_ids")]) == 1
    report.main([str(folder), "--base", "alone"])
    of_folders = capsys.readouterr().out
    report.main([str(file), "--table", "some", "--base", "alone"])
    assert capsys.readouterr().out == of_folders


def test_kept_runs_that_cannot_be_read_are_named(folder, tmp_path):
    file = tmp_path / "runs.jsonl"
    keep(file, "some", "alone", folder / "alone")
    with pytest.raises(MlError, match="no table 'other'; choose from some"):
        report.main([str(file), "--table", "other", "--base", "alone"])
    whole = file.read_text()
    file.write_text(whole + json.dumps({"table": "some"}) + "\n")
    with pytest.raises(DataError, match=r"runs\.jsonl, row 2: the run cannot be read"):
        read_kept(file)
    file.write_text(whole)
    (tmp_path / "answers.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"answers\.npz: the predictions are missing"):
        read_kept(file)


DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("table", "more"),
    [
        ("members", ["--base", "b1-192"]),
        ("recipe", ["--base", "base"]),
        ("comparison", ["--speed", str(DOCS / "speed.json")]),
        ("teachers", ["--base", "lite2-192-fold1-strong-8"]),
    ],
)
def test_the_documented_tables_are_what_the_kept_answers_say(table, more, capsys):
    report.main([str(DOCS / "runs.jsonl"), "--table", table, *more])
    said = capsys.readouterr().out.splitlines()
    assert len(said) > 3
    documented = (DOCS / "classifier.md").read_text().splitlines()
    assert [line for line in said if line not in documented] == []
