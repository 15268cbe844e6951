"""Training, validation, judging and folds never share a lesion, a patient or a file."""

import hashlib
import json
import shutil
from collections import Counter

import pytest

from ml import export, train
from ml.bundle.labels import LABELS
from ml.bundle.manifest import read_manifest
from ml.bundle.preprocessing import Recipe
from ml.errors import DataError, MlError
from ml.training import bundles
from ml.training.data import Photograph, load_photographs, read_collection
from ml.training.loop import Trainer
from ml.training.parts import (
    JUDGING,
    LEFT_OUT,
    OWN_FOLD,
    TRAINING,
    VALIDATION,
    Division,
    divide,
    draw_folds,
    load_parts,
    split_by_lesion,
)
from ml.training.run import read_extra
from ml.training.runs import read_record
from tests.ml.conftest import (
    draw_photograph,
    encode,
    tiny_arguments,
    write_rows,
)

HALVES = Division(validation=0.25, seed=2018, judging=0.25, judging_seed=5)


def made_up(lesions=40, patients=False):
    """Return a table with `lesions` lesions per class, every second with two photographs."""
    return [
        Photograph(
            f"L{label}-{lesion:03}",
            f"I{label}-{lesion:03}-{copy}",
            label,
            path=None,
            patient_id=f"P{label}-{lesion // 4}" if patients else "",
        )
        for label in range(len(LABELS))
        for lesion in range(lesions)
        for copy in range(1 + lesion % 2)
    ]


def lesions_of(photographs):
    return {one.lesion_id for one in photographs}


def names_of(photographs):
    return {one.image_id for one in photographs}


@pytest.fixture(scope="module")
def judged(collection, tmp_path_factory):
    """Return a run that leaves out a quarter of the lesions for judging, and its bundle."""
    out = tmp_path_factory.mktemp("judged") / "run"
    arguments = ["--judging", "0.25", "--augment", "strong", "--epochs", "1"]
    assert train.main(tiny_arguments(collection, out, *arguments)) == 0
    return out


def test_no_two_parts_share_a_lesion_and_each_class_gives_its_share():
    parts = divide(made_up(), (), HALVES)
    whole = [lesions_of(one) for one in (parts.training, parts.validation, parts.judging)]
    assert [len(one) for one in whole] == [7 * 20, 7 * 10, 7 * 10]
    assert len(set.union(*whole)) == 7 * 40
    assert set(Counter(name.split("-")[0] for name in whole[2]).values()) == {10}


def test_a_judging_part_leaves_the_validation_part_as_it_was():
    photographs = made_up()
    _, before = split_by_lesion(photographs, validation=0.25, seed=2018)
    assert divide(photographs, (), HALVES).validation == before


def test_the_judging_part_depends_on_its_own_seed_and_not_on_the_order_of_the_rows():
    photographs = made_up()
    first = lesions_of(divide(photographs, (), HALVES).judging)
    assert lesions_of(divide(photographs[::-1], (), HALVES).judging) == first
    other = Division(validation=0.25, seed=2018, judging=0.25, judging_seed=6)
    assert lesions_of(divide(photographs, (), other).judging) != first


def test_photographs_of_one_patient_stay_on_one_side():
    photographs = made_up(patients=True)
    parts = divide(photographs, (), HALVES)
    patients = [{one.patient_id for one in part} for part in (parts.training, parts.judging)]
    assert not patients[0] & patients[1]
    fold_of = draw_folds(photographs, 5, seed=1)
    for patient in {one.patient_id for one in photographs}:
        assert len({fold_of[one.image_id] for one in photographs if one.patient_id == patient}) == 1


def test_the_folds_leave_each_training_photograph_out_exactly_once():
    photographs, extra = (
        made_up(),
        [Photograph(f"E{number}", f"E{number}", 4, path=None) for number in range(30)],
    )
    whole = divide(photographs, extra, HALVES)
    left_out = Counter()
    for number in range(1, 6):
        division = Division(0.25, 2018, 0.25, 5, fold=(number, 5))
        parts = divide(photographs, extra, division)
        assert not lesions_of(parts.training) & lesions_of(parts.own_fold)
        assert names_of(parts.training) | names_of(parts.own_fold) == names_of(whole.training)
        assert (parts.validation, parts.judging) == (whole.validation, whole.judging)
        shares = Counter(one.label for one in parts.own_fold)
        assert all(4 <= shares[label] <= 9 for label in range(7) if label != 4)
        left_out.update(names_of(parts.own_fold))
    assert left_out == dict.fromkeys(names_of(whole.training), 1)


def test_a_last_training_takes_the_validation_part_and_never_the_judging_part():
    photographs = made_up()
    last = divide(photographs, (), Division(0.25, 2018, 0.25, 5, include_validation=True))
    usual = divide(photographs, (), HALVES)
    assert names_of(last.training) == names_of(usual.training) | names_of(usual.validation)
    assert last.validation == ()
    assert last.judging == usual.judging


def test_no_photograph_to_judge_by_reaches_a_training_or_a_fit(collection, tmp_path, monkeypatch):
    """The files' own hashes decide, at the places where pixels and answers come in."""
    seen = {"training": [], "fits": []}
    begin, fit = Trainer.__init__, bundles.answers_of

    def watch_training(trainer, network, plan, material, device):
        seen["training"] += [*material.training.digests, *material.validation.digests]
        begin(trainer, network, plan, material, device)

    def watch_fits(validation, probabilities):
        seen["fits"] += [load_photographs([one], recipe).digests[0] for one in validation]
        return fit(validation, probabilities)

    recipe = Recipe(size=8)
    monkeypatch.setattr(Trainer, "__init__", watch_training)
    monkeypatch.setattr(bundles, "answers_of", watch_fits)
    runs = [tmp_path / name for name in ("usual", "fold", "last")]
    for run, more in zip(runs, [[], ["--fold", "1/2"], ["--include-validation"]], strict=True):
        arguments = ["--judging", "0.25", "--epochs", "1", *more]
        train.main(tiny_arguments(collection, run, *arguments))
    exported = ["--runs", str(runs[0]), "--data", str(collection), "--version", "1"]
    export.main([*exported, "--out", str(tmp_path / "bundle")])
    judging = set(load_parts(runs[0]).only(JUDGING).digests)
    assert judging
    assert seen["training"]
    assert seen["fits"]
    assert not judging & set(seen["training"])
    assert not judging & set(seen["fits"])
    for run in (*runs, tmp_path / "bundle"):
        assert set(load_parts(run).only(JUDGING).digests) == judging
        for part in (TRAINING, VALIDATION, OWN_FOLD):
            assert not judging & set(load_parts(run).only(part).digests)


def test_the_record_and_the_manifest_say_what_is_left_out(judged):
    record, manifest = read_record(judged).data, read_manifest(judged / "bundle")
    assert record.judging.photographs == len(load_parts(judged).only(JUDGING).image_ids) > 0
    assert manifest.data.judging == record.judging.photographs
    assert manifest.data.judging_sha256 == record.judging.sha256
    assert manifest.data.judging_seed == record.judging_seed
    assert len(load_parts(judged / "bundle").image_ids) == manifest.data.judging


def test_the_same_file_under_another_name_is_not_trained_on(collection, tmp_path, judged):
    judging = load_parts(judged).only(JUDGING)
    more = tmp_path / "more"
    more.mkdir()
    source = next(collection.rglob(f"{judging.image_ids[0]}.jpg"))
    shutil.copy(source, more / "copy.jpg")
    write_rows(more / "labels.csv", ["image_id", "dx"], [["copy", "nv"]])
    arguments = ["--judging", "0.25", "--training-only", str(more)]
    with pytest.raises(DataError, match=r"copy\.jpg: .* is also in the judging part"):
        train.main(tiny_arguments(collection, tmp_path / "run", *arguments))


def test_a_last_training_is_measured_and_fitted_on_nothing(collection, tmp_path):
    out = tmp_path / "run"
    arguments = ["--include-validation", "--judging", "0.25", "--epochs", "1"]
    train.main(tiny_arguments(collection, out, *arguments))
    arguments = ["--runs", str(out), "--data", str(collection), "--version", "1"]
    export.main([*arguments, "--out", str(tmp_path / "b")])
    for bundle in (out / "bundle", tmp_path / "b"):
        manifest = read_manifest(bundle)
        assert manifest.metrics is None
        assert manifest.temperature == 1.0
        assert not manifest.operating_points
        assert "the validation split was trained on" in manifest.data.description
        assert manifest.data.judging > 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--include-validation", "--early-stopping", "3"],
        ["--include-validation", "--fold", "1/5"],
        ["--validation", "0.6", "--judging", "0.4"],
        ["--leave-out", "test.csv", "--soft", "answers.npz"],
        ["--fold", "6/5"],
        ["--fold", "1"],
        ["--fold", "1/1"],
        ["--augment", "much"],
    ],
)
def test_parts_that_contradict_each_other_are_refused(collection, tmp_path, arguments):
    with pytest.raises(SystemExit) as raised:
        train.main([*tiny_arguments(collection, tmp_path), *arguments])
    assert raised.value.code == 2


def test_a_network_that_has_seen_what_judges_is_no_start(collection, tmp_path, run_folder, judged):
    """The run without a judging part was trained on what would judge."""
    more = ["--judging", "0.25", "--epochs", "1", "--start"]
    with pytest.raises(MlError, match="judging part"):
        train.main(tiny_arguments(collection, tmp_path / "a", *more, str(run_folder / "bundle")))
    assert (
        train.main(tiny_arguments(collection, tmp_path / "b", *more, str(judged / "bundle"))) == 0
    )


def test_members_that_left_out_different_photographs_have_none_to_judge_by(
    collection, tmp_path, judged, run_folder
):
    second = tmp_path / "second"
    shutil.copytree(run_folder, second)
    record = json.loads((second / "run.json").read_text())
    (second / "run.json").write_text(json.dumps(record | {"seed": 7}))
    arguments = ["--runs", str(judged), str(second), "--data", str(collection)]
    export.main([*arguments, "--out", str(tmp_path / "bundle"), "--version", "1"])
    assert read_manifest(tmp_path / "bundle").data.judging == 0
    assert not (tmp_path / "bundle" / "parts.npz").exists()


def test_a_run_from_before_there_was_a_judging_part_can_still_be_exported(
    collection, tmp_path, run_folder
):
    old = shutil.copytree(run_folder, tmp_path / "old")
    record = json.loads((old / "run.json").read_text())
    for name in ("judging", "judging_part", "judging_seed", "fold", "include_validation"):
        del record["data"][name]
    for name in ("gain", "gamma", "light_chance", "vignette_chance", "jpeg_chance"):
        del record["augmentation"][name]
    (old / "run.json").write_text(json.dumps(record))
    (old / "parts.npz").unlink()
    arguments = ["--runs", str(old), "--data", str(collection), "--version", "1"]
    assert export.main([*arguments, "--out", str(tmp_path / "bundle")]) == 0
    assert read_manifest(tmp_path / "bundle").data.judging == 0


def test_the_rule_of_the_draw_is_the_one_that_older_bundles_were_validated_by():
    _, validation = split_by_lesion(made_up(), validation=0.15, seed=2018)
    lesions = " ".join(sorted(lesions_of(validation)))
    assert hashlib.sha256(lesions.encode()).hexdigest().startswith("c13b982e961147f1")


def test_lesions_and_patients_of_a_label_table_are_read(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.jpg").write_bytes(encode(draw_photograph()))
    rows = [["a", "nv", "L1", "P1"], ["b", "nv", "L1", ""], ["c", "mel", "L2", "P1"]]
    write_rows(tmp_path / "labels.csv", ["image_id", "dx", "lesion_id", "patient_id"], rows)
    photographs = read_collection([tmp_path]).photographs
    assert [(one.lesion_id, one.patient_id) for one in photographs] == [
        ("L1", "P1"),
        ("L1", ""),
        ("L2", "P1"),
    ]
    assert len(set(draw_folds(photographs, 3, seed=1).values())) == 1


def test_a_patient_of_the_collection_is_not_for_training_alone(tmp_path):
    folders = []
    for number, patient in enumerate(["P1", "P1"]):
        folder = tmp_path / f"folder{number}"
        folder.mkdir()
        (folder / f"i{number}.jpg").write_bytes(encode(draw_photograph()))
        write_rows(
            folder / "labels.csv",
            ["image_id", "dx", "patient_id"],
            [[f"i{number}", "nv", patient]],
        )
        folders.append(folder)
    with pytest.raises(DataError, match="its patient is also in the folders of --data"):
        read_extra(folders[1:], read_collection(folders[:1]))


def test_lesions_to_test_on_are_in_no_training_and_in_no_validation(collection, tmp_path):
    table, out = tmp_path / "test.csv", tmp_path / "run"
    rows = list(read_collection([collection]).photographs)
    chosen = sorted(names_of(rows))[::9]
    write_rows(table, ["image_id"], [[name] for name in chosen])
    arguments = ["--leave-out", str(table), "--judging", "0.25", "--epochs", "1"]
    train.main(tiny_arguments(collection, out, *arguments))
    lesions = {one.lesion_id for one in rows if one.image_id in chosen}
    parts = load_parts(out)
    for part in (TRAINING, VALIDATION):
        assert parts.only(part).image_ids
        assert not lesions & set(parts.only(part).lesion_ids)
    assert read_record(out).data.tested_on.photographs == len(parts.only(LEFT_OUT).image_ids)
    exported = ["--runs", str(out), "--data", str(collection), "--version", "1"]
    assert export.main([*exported, "--out", str(tmp_path / "bundle")]) == 0
    write_rows(table, ["image_id"], [["nowhere"]])
    with pytest.raises(DataError, match=r"row 2: there is no photograph nowhere to leave out"):
        train.main(tiny_arguments(collection, tmp_path / "other", "--leave-out", str(table)))
