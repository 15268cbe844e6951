"""Answering and measuring need no torch; training says in one sentence that it does."""

import json
import subprocess
import sys

import pytest

from ml.errors import TRAINING_PACKAGES
from tests.ml.conftest import draw_photograph, encode, tiny_arguments, write_rows


def run_without_torch(command, *arguments):
    """Run a command in a process in which the packages for training cannot be imported."""
    code = (
        "import runpy, sys\n"
        f"sys.modules.update(dict.fromkeys({TRAINING_PACKAGES!r}))\n"
        f"sys.argv = {[command, *map(str, arguments)]!r}\n"
        f"runpy.run_module('ml.{command}', run_name='__main__')"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_a_photograph_is_answered_without_torch(bundle, jpeg, tmp_path):
    (tmp_path / "photograph.jpg").write_bytes(jpeg)
    done = run_without_torch("predict", tmp_path / "photograph.jpg", "--bundle", bundle)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["label"]


def test_a_bundle_is_measured_without_torch(bundle, run_folder, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.jpg").write_bytes(encode(draw_photograph()))
    write_rows(tmp_path / "labels.csv", ["image_id", "dx"], [["a", "nv"], ["b", "mel"]])
    given = ["--images", tmp_path, "--labels", tmp_path / "labels.csv", "--bundle", bundle]
    given += ["--report", tmp_path / "report", "--runs", run_folder]
    done = run_without_torch("evaluate", *given)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "report" / "metrics.json").read_text())["n"] == 2
    assert (tmp_path / "report" / "training.png").exists()


@pytest.mark.parametrize(
    "command",
    [
        *("train", "export", "robustness", "report", "explore"),
        *("pictures", "soft_targets", "speed", "splits"),
    ],
)
def test_every_other_command_explains_itself_without_torch(command):
    done = run_without_torch(command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"python -m ml.{command}" in done.stdout


@pytest.mark.parametrize("command", ["train", "export"])
def test_what_needs_torch_says_what_to_install(command, collection, run_folder, tmp_path):
    arguments = tiny_arguments(collection, tmp_path / "run")
    if command == "export":
        arguments = ["--runs", run_folder, "--data", collection]
        arguments += ["--out", tmp_path / "bundle", "--version", "1"]
    done = run_without_torch(command, *arguments)
    assert done.returncode == 2
    assert done.stderr == ("error: This needs the package torch: pip install -r requirements.txt\n")


def test_the_torch_engine_says_what_to_install(bundle, jpeg, tmp_path):
    (tmp_path / "photograph.jpg").write_bytes(jpeg)
    given = [tmp_path / "photograph.jpg", "--bundle", bundle, "--engine", "torch"]
    done = run_without_torch("predict", *given)
    assert done.returncode == 2
    assert "pip install -r requirements.txt" in done.stderr
    assert "Traceback" not in done.stderr
