"""Teachers answer photographs that they have not seen, and their answers are joined."""

import json
import shutil

import numpy as np
import pytest

from ml import soft_targets, train
from ml.bundle.ensemble import load_ensemble
from ml.bundle.manifest import read_manifest
from ml.errors import DataError, MlError
from ml.training.parts import OWN_FOLD, TRAINING, VALIDATION, load_parts
from ml.training.soft_targets import load_soft_targets
from tests.ml.conftest import draw_photograph, encode, tiny_arguments


@pytest.fixture(scope="module")
def teachers(collection, tmp_path_factory):
    """Return the runs of two folds, and the file with the answers of each."""
    folder = tmp_path_factory.mktemp("teachers")
    runs = [folder / f"fold{number}" for number in (1, 2)]
    for number, run in enumerate(runs, 1):
        arguments = ["--fold", f"{number}/2", "--judging", "0.25", "--epochs", "1"]
        train.main(tiny_arguments(collection, run, *arguments, "--seed", str(number)))
    return runs, [answer(run, collection, folder / f"{run.name}.npz") for run in runs]


def answer(run, collection, out, views="2"):
    arguments = [str(run), "--images", str(collection), "--views", views, "--out", str(out)]
    assert soft_targets.main(["answer", *arguments, "--threads", "1"]) == 0
    return out


def trained(targets):
    pairs = zip(targets.image_ids, targets.is_training, strict=True)
    return {name for name, is_training in pairs if is_training}


def join(files, out):
    assert soft_targets.main(["join", *map(str, files), "--out", str(out)]) == 0
    return load_soft_targets(out)


def test_a_teacher_answers_its_own_fold_and_the_validation_part_alone(teachers):
    runs, files = teachers
    for run, file in zip(runs, files, strict=True):
        table, targets = load_parts(run), load_soft_targets(file)
        assert trained(targets) == set(table.only(OWN_FOLD).image_ids)
        assert set(targets.image_ids) - trained(targets) == set(table.only(VALIDATION).image_ids)
        assert not set(targets.image_ids) & set(table.only(TRAINING).image_ids)


def test_answers_are_the_average_over_the_views_before_calibration(teachers, collection, tmp_path):
    runs, files = teachers
    run = shutil.copytree(runs[0], tmp_path / "run")
    manifest = json.loads((run / "bundle" / "manifest.json").read_text())
    (run / "bundle" / "manifest.json").write_text(json.dumps(manifest | {"temperature": 3.0}))
    again = load_soft_targets(answer(run, collection, tmp_path / "again.npz"))
    targets = load_soft_targets(files[0])
    assert np.array_equal(again.probabilities, targets.probabilities)
    path = next(collection.rglob(f"{targets.image_ids[0]}.jpg"))
    asked = load_ensemble(runs[0] / "bundle", views=2).predict(path.read_bytes())
    assert targets.probabilities[0] == pytest.approx(list(asked.probabilities.values()), rel=5e-3)


def test_joined_folds_answer_every_training_photograph_once_and_validation_twice(
    teachers, tmp_path
):
    runs, files = teachers
    joined = join(files, tmp_path / "joined.npz")
    table = load_parts(runs[0])
    expected = set(table.only(TRAINING).image_ids) | set(table.only(OWN_FOLD).image_ids)
    assert trained(joined) == expected
    assert set(joined.teachers[joined.is_training]) == {1}
    assert set(joined.teachers[~joined.is_training]) == {2}
    first, second = (load_soft_targets(file) for file in files)
    name = table.only(VALIDATION).image_ids[0]
    rows = [one.probabilities[one.image_ids.index(name)] for one in (first, second, joined)]
    assert rows[2] == pytest.approx((rows[0] + rows[1]) / 2, rel=5e-3)
    assert [source.fold for source in joined.sources] == [(1, 2), (2, 2)]


def test_a_file_of_answers_is_small(teachers):
    _, files = teachers
    targets = load_soft_targets(files[0])
    assert files[0].stat().st_size < 3000 + 40 * len(targets.image_ids)


def test_teachers_of_other_parts_are_not_joined(teachers, collection, tmp_path):
    _, files = teachers
    with pytest.raises(MlError, match="given twice"):
        join([files[0], files[0]], tmp_path / "joined.npz")
    other = tmp_path / "other"
    arguments = ["--fold", "2/2", "--judging", "0.25", "--judging-seed", "9", "--epochs", "1"]
    train.main(tiny_arguments(collection, other, *arguments))
    file = answer(other, collection, tmp_path / "other.npz", views="1")
    with pytest.raises(MlError, match="different validation or judging parts"):
        join([files[0], file], tmp_path / "joined.npz")


def test_a_run_without_a_fold_is_no_teacher(run_folder, collection, tmp_path):
    with pytest.raises(DataError, match="left out a fold"):
        answer(run_folder, collection, tmp_path / "answers.npz")


def test_a_run_that_leans_to_the_commoner_classes_is_no_teacher(teachers, collection, tmp_path):
    run = shutil.copytree(teachers[0][0], tmp_path / "run")
    record = json.loads((run / "run.json").read_text())
    record["schedule"]["balance"] = "none"
    (run / "run.json").write_text(json.dumps(record))
    with pytest.raises(DataError, match="favour the common classes"):
        answer(run, collection, tmp_path / "answers.npz")


def test_another_file_under_the_same_name_is_refused(teachers, collection, tmp_path):
    runs, _ = teachers
    copy = shutil.copytree(collection, tmp_path / "copy")
    name = load_parts(runs[0]).only(OWN_FOLD).image_ids[0]
    path = next(copy.rglob(f"{name}.jpg"))
    path.write_bytes(encode(draw_photograph(seed=99)))
    with pytest.raises(DataError, match="not the one that the run left out"):
        answer(runs[0], copy, tmp_path / "answers.npz")
    path.unlink()
    with pytest.raises(DataError, match="there is no photograph for image_id"):
        answer(runs[0], copy, tmp_path / "answers.npz")


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_a_file_that_holds_no_answers_is_refused(tmp_path, content):
    path = tmp_path / "answers.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="the teachers' predictions are missing"):
        load_soft_targets(path)


def distil(collection, out, file, *more):
    arguments = ["--soft", str(file), "--judging", "0.25", "--epochs", "1", *more]
    return train.main(tiny_arguments(collection, out, *arguments))


def test_a_student_learns_from_teachers_and_labels_and_says_so(teachers, collection, tmp_path):
    joined = tmp_path / "joined.npz"
    join(teachers[1], joined)
    weights = {}
    for part in ("0", "0.5", "1"):
        out = tmp_path / part
        assert distil(collection, out, joined, "--soft-weight", part, "--mixup", "0.2") == 0
        weights[part] = (out / "weights.safetensors").read_bytes()
    assert len(set(weights.values())) == 3
    record = json.loads((tmp_path / "0.5" / "run.json").read_text())
    assert [one["fold"] for one in record["teachers"]["sources"]] == [[1, 2], [2, 2]]
    assert record["schedule"]["temperature"] == 2.0
    description = read_manifest(tmp_path / "0.5" / "bundle").training.description
    assert "distilled from 2 teachers at temperature 2.0 with weight 0.5" in description
    with pytest.raises(DataError, match="another set of teachers"):
        train.main(
            tiny_arguments(
                collection,
                tmp_path / "0.5",
                *("--judging", "0.25", "--epochs", "1", "--mixup", "0.2", "--resume"),
            )
        )


def test_a_last_training_takes_the_teachers_answers_to_the_validation_part(
    teachers, collection, tmp_path
):
    join(teachers[1], tmp_path / "joined.npz")
    out = tmp_path / "run"
    assert distil(collection, out, tmp_path / "joined.npz", "--include-validation") == 0


def test_a_photograph_that_no_teacher_has_answered_is_named(teachers, collection, tmp_path):
    with pytest.raises(MlError, match=r"no teacher.s prediction for ISIC_\d+; join all folds"):
        distil(collection, tmp_path / "run", teachers[1][0])


@pytest.mark.parametrize("other", [["--split-seed", "9"], ["--judging-seed", "9"]])
def test_a_teacher_that_may_have_seen_what_is_left_out_is_refused(
    teachers, collection, tmp_path, other
):
    join(teachers[1], tmp_path / "joined.npz")
    with pytest.raises(MlError, match="may have been trained on those"):
        distil(collection, tmp_path / "run", tmp_path / "joined.npz", *other)


@pytest.mark.parametrize("more", [["--temperature", "0"], ["--soft-weight", "1.1"]])
def test_wrong_weights_of_teachers_are_refused(collection, tmp_path, more):
    with pytest.raises(SystemExit) as raised:
        train.main([*tiny_arguments(collection, tmp_path), *more])
    assert raised.value.code == 2
