import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from ml import train
from ml.bundle.labels import LABELS
from ml.bundle.manifest import read_manifest, verify_bundle
from ml.bundle.networks import LesionNetwork, create_network
from ml.bundle.preprocessing import Recipe
from ml.errors import DataError, MlError
from ml.training import loop
from ml.training.data import load_photographs, read_collection
from ml.training.loop import Trainer, TrainingMaterial
from ml.training.parts import Division
from ml.training.plan import BALANCERS, Schedule, TrainingPlan
from ml.training.run import run
from ml.training.runs import read_record
from tests.ml.conftest import draw_photograph, encode, make_collection, tiny_arguments, write_rows


def weights(run):
    return load_file(run / "weights.safetensors")


def run_of(run):
    return json.loads((run / "run.json").read_text())


def test_a_run_leaves_its_record_its_curves_and_a_verified_bundle(run_folder):
    record = run_of(run_folder)
    assert record["finished"]
    assert [row["epoch"] for row in record["history"]] == [1, 2]
    assert record["history"][-1]["balanced_accuracy"] is not None
    assert (
        record["data"]["training"]["photographs"] + record["data"]["validation"]["photographs"]
        == 7 * 6
    )
    assert (run_folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    manifest = read_manifest(run_folder / "bundle")
    verify_bundle(run_folder / "bundle", manifest)
    assert manifest.labels == LABELS
    assert manifest.metrics.n == record["data"]["validation"]["photographs"]
    assert manifest.members[0].parameters == sum(
        tensor.numel() for name, tensor in weights(run_folder).items() if "running" not in name
    )


def test_a_plan_trains_from_python_and_gives_the_record_that_it_keeps(collection, tmp_path):
    said = []
    plan = TrainingPlan(
        data=(collection,),
        out=tmp_path / "run",
        network="small_cnn",
        pretrained=False,
        recipe=Recipe(size=32),
        schedule=Schedule(epochs=1, batch_size=8),
        device="cpu",
        threads=1,
    )
    record = run(plan, said.append)
    assert record == read_record(plan.out)
    assert record.finished
    assert record.schedule == plan.schedule
    assert said[0].startswith("training on")
    assert said[1].startswith("epoch 1: loss")
    assert said[2].startswith("bundle small_cnn-32-seed1")


@pytest.mark.parametrize(
    "wishes",
    [
        {"division": Division(0.5, 1, 0.5, 2)},
        {"division": Division(0.1, 1, 0.1, 2, fold=(1, 5), include_validation=True)},
        {"leave_out": Path("test.csv"), "soft": Path("answers.npz")},
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(wishes):
    with pytest.raises(ValueError, match=r"."):
        TrainingPlan(data=(Path("ham"),), out=Path("run"), **wishes)


class PowerCutError(Exception):
    pass


def test_a_resumed_run_gives_the_weights_of_an_unbroken_one(
    collection, tmp_path, monkeypatch, run_folder
):
    broken = tmp_path / "broken"
    run_epoch = Trainer.run_epoch

    def run_one_epoch_only(trainer):
        if trainer.epoch == 1:
            raise PowerCutError
        return run_epoch(trainer)

    monkeypatch.setattr(Trainer, "run_epoch", run_one_epoch_only)
    with pytest.raises(PowerCutError):
        train.main(tiny_arguments(collection, broken))
    monkeypatch.undo()
    assert train.main(tiny_arguments(collection, broken, "--resume")) == 0
    resumed, unbroken = weights(broken), weights(run_folder)
    assert resumed.keys() == unbroken.keys()
    for name, tensor in resumed.items():
        assert torch.equal(tensor, unbroken[name]), name
    losses = [row["loss"] for row in run_of(broken)["history"]]
    assert losses == [row["loss"] for row in run_of(run_folder)["history"]]


def test_workers_that_augment_change_nothing(collection, tmp_path, run_folder):
    train.main(tiny_arguments(collection, tmp_path / "run", "--workers", "2"))
    for name, tensor in weights(tmp_path / "run").items():
        assert torch.equal(tensor, weights(run_folder)[name]), name


def test_a_run_that_is_cut_off_after_its_last_epoch_still_gets_its_record(collection, tmp_path):
    out = tmp_path / "run"
    train.main(tiny_arguments(collection, out))
    whole = run_of(out)
    cut = {**whole, "history": whole["history"][:1], "finished": False}
    (out / "run.json").write_text(json.dumps(cut))
    train.main(tiny_arguments(collection, out, "--resume"))
    assert run_of(out) == whole


def test_the_day_of_the_last_epoch_stays_when_a_finished_run_is_opened_again(collection, tmp_path):
    out = tmp_path / "run"
    train.main(tiny_arguments(collection, out))
    whole = run_of(out)
    assert date.fromisoformat(whole["trained_on"]) >= datetime.now(UTC).date() - timedelta(days=1)
    (out / "run.json").write_text(json.dumps(whole | {"trained_on": "2025-03-01"}))
    train.main(tiny_arguments(collection, out, "--resume"))
    assert run_of(out)["trained_on"] == "2025-03-01"
    assert read_manifest(out / "bundle").training.trained_on == date(2025, 3, 1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (["--lr", "0.5"], "another schedule"),
        (["--seed", "9"], "another seed"),
        (["--median", "1"], "another recipe"),
        (["--no-augment"], "another augmentation"),
        (["--split-seed", "9"], "another set of data"),
    ],
)
def test_a_run_does_not_go_on_with_other_settings(collection, run_folder, changed, words):
    before = run_of(run_folder)
    with pytest.raises(DataError, match=words):
        train.main(tiny_arguments(collection, run_folder, "--resume", *changed))
    assert run_of(run_folder) == before


def test_a_run_is_resumed_with_more_epochs_and_its_record_says_so(collection, tmp_path):
    out = tmp_path / "run"
    train.main(tiny_arguments(collection, out))
    train.main(tiny_arguments(collection, out, "--resume", "--epochs", "4"))
    record = run_of(out)
    assert (record["schedule"]["epochs"], record["extended_from"]) == (4, [2])
    assert [row["epoch"] for row in record["history"]] == [1, 2, 3, 4]
    assert record["finished"]
    # The rate goes on along the longer curve and ends as low as that of any run.
    assert record["history"][2]["lr"] > record["history"][3]["lr"]
    with pytest.raises(DataError, match="another schedule"):
        train.main(tiny_arguments(collection, out, "--resume", "--epochs", "3"))


def test_resume_begins_where_there_is_nothing_yet(collection, tmp_path):
    assert train.main(tiny_arguments(collection, tmp_path / "new", "--resume")) == 0


@pytest.mark.parametrize("balance", BALANCERS)
def test_every_loss_is_taken_in_single_precision(collection, tmp_path, monkeypatch, balance):
    """On CUDA the logits have half precision, which class weights refuse."""
    forward = LesionNetwork.forward

    def forward_in_half(network, images):
        output = forward(network, images)
        return output._replace(logits=output.logits.bfloat16()) if network.training else output

    monkeypatch.setattr(LesionNetwork, "forward", forward_in_half)
    arguments = ["--balance", balance, "--epochs", "1", "--validation", "0"]
    assert train.main(tiny_arguments(collection, tmp_path / "run", *arguments)) == 0


def test_another_seed_gives_other_weights(collection, tmp_path, run_folder):
    train.main(tiny_arguments(collection, tmp_path / "other", "--seed", "2", "--epochs", "1"))
    other = weights(tmp_path / "other")["head.weight"]
    assert not torch.equal(other, weights(run_folder)["head.weight"])


def test_a_run_is_not_overwritten_by_mistake(collection, run_folder):
    with pytest.raises(MlError, match="add --resume"):
        train.main(tiny_arguments(collection, run_folder))


def test_a_finished_run_can_be_resumed_and_stays_as_it_is(collection, run_folder):
    before = weights(run_folder)
    train.main(tiny_arguments(collection, run_folder, "--resume"))
    assert all(torch.equal(tensor, before[name]) for name, tensor in weights(run_folder).items())
    assert len(run_of(run_folder)["history"]) == 2


def test_the_frozen_backbone_stays_as_it_was(collection, tmp_path):
    arguments = ["--epochs", "1", "--frozen-epochs", "1", "--freeze-batch-norm"]
    train.main(tiny_arguments(collection, tmp_path / "run", *arguments, "--ema", "0"))
    torch.manual_seed(1)
    start = create_network("small_cnn").state_dict()
    state = torch.load(tmp_path / "run" / "state.pt", weights_only=True)["network"]
    for name, tensor in state.items():
        assert torch.equal(tensor, start[name]) == name.startswith("backbone"), name


def test_early_stopping_ends_the_run_and_keeps_the_best_weights(collection, tmp_path, monkeypatch):
    values = iter([0.6, 0.5, 0.4, 0.9])
    measured = loop.measure

    def measure(*arguments):
        return replace(measured(*arguments), balanced_accuracy=next(values))

    monkeypatch.setattr(loop, "measure", measure)
    arguments = ["--epochs", "4", "--early-stopping", "2"]
    train.main(tiny_arguments(collection, tmp_path / "run", *arguments))
    assert len(run_of(tmp_path / "run")["history"]) == 3
    state = torch.load(tmp_path / "run" / "state.pt", weights_only=True)
    kept = weights(tmp_path / "run")["head.weight"]
    assert torch.equal(kept, state["best_weights"]["head.weight"].half())
    assert not torch.equal(kept, state["average"]["head.weight"].half())


@pytest.mark.parametrize("balance", ["class-weights", "sampler", "none"])
def test_every_balancer_trains(collection, tmp_path, balance):
    arguments = ["--balance", balance, "--epochs", "1", "--per-class", "3"]
    assert train.main(tiny_arguments(collection, tmp_path / "run", *arguments)) == 0


def test_an_epoch_draws_at_most_so_many_photographs_of_a_class(collection):
    loaded = load_photographs(read_collection([collection]).photographs, Recipe(size=32))
    plan = train.read_plan(
        tiny_arguments(collection, "unused", "--per-class", "4", "--batch-size", "7")
    )
    trainer = Trainer(
        create_network("small_cnn"), plan, TrainingMaterial(loaded, loaded), torch.device("cpu")
    )
    first = trainer._order()
    labels = [loaded.photographs[index].label for index in first]
    assert [labels.count(label) for label in range(7)] == [4] * 7
    trainer.epoch = 1
    assert sorted(trainer._order()) != sorted(first)


def test_a_folder_of_the_clinic_trains_alone_and_beside_others(collection, tmp_path, capsys):
    clinic = tmp_path / "clinic"
    (clinic / "images").mkdir(parents=True)
    rows = []
    for number, dx in enumerate(["nv", "mel", "psoriasis"]):
        name = f"00000000-0000-4000-8000-00000000000{number}"
        (clinic / "images" / f"{name}.jpg").write_bytes(encode(draw_photograph(seed=number)))
        rows.append([f"lesion-{number}", name, dx])
    write_rows(clinic / "HAM10000_metadata.csv", ["lesion_id", "image_id", "dx"], rows)
    assert train.main(tiny_arguments(clinic, tmp_path / "alone", "--validation", "0")) == 0
    assert "1 psoriasis" in capsys.readouterr().out
    assert read_manifest(tmp_path / "alone" / "bundle").metrics is None
    arguments = tiny_arguments(clinic, tmp_path / "beside", "--epochs", "1")
    arguments.insert(arguments.index("--data") + 1, str(collection))
    assert train.main(arguments) == 0
    assert run_of(tmp_path / "beside")["data"]["folders"] == ["ham", "clinic"]


def test_a_broken_file_is_named_skipped_and_counted(tmp_path, capsys):
    folder = make_collection(tmp_path / "ham")
    broken = folder / "HAM10000_images_part_1" / "ISIC_20000.jpg"
    broken.write_bytes(b"not a photograph")
    assert train.main(tiny_arguments(folder, tmp_path / "run", "--epochs", "1")) == 0
    said = capsys.readouterr().out
    assert f"skipped {broken}" in said
    assert "1 broken files skipped" in said
    data = run_of(tmp_path / "run")["data"]
    assert data["training"]["broken"] + data["validation"]["broken"] == ["ISIC_20000.jpg"]


def test_bad_input_gives_one_sentence_and_exit_code_2(tmp_path):
    write_rows(tmp_path / "HAM10000_metadata.csv", ["image_id", "dx"], [["a", "nv"]])
    command = [sys.executable, "-m", "ml.train", "--data", str(tmp_path)]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "run")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "HAM10000_metadata.csv, row 1: the column lesion_id is missing" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--squeezed-from", "wide"],
        ["--epochs", "0"],
        ["--validation", "1"],
        ["--network", "vgg"],
        ["--balance", "two"],
    ],
)
def test_wrong_arguments_are_refused(collection, tmp_path, arguments):
    with pytest.raises(SystemExit) as raised:
        train.main([*tiny_arguments(collection, tmp_path), *arguments])
    assert raised.value.code == 2


def test_a_run_needs_no_more_than_a_folder(collection, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert train.main(["--data", str(collection), "--epochs", "1", "--size", "32"]) == 0
    bundle = tmp_path / "runs" / "efficientnet_lite1" / "bundle"
    verify_bundle(bundle, read_manifest(bundle))
