import json
import subprocess
import sys

import pytest

from ml import predict
from ml.bundle.labels import LABELS


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_photograph_gets_one_line(bundle, jpeg, tmp_path, capsys):
    files = [tmp_path / "one.jpg", tmp_path / "two.jpg"]
    for file in files:
        file.write_bytes(jpeg)
    assert predict.main([*map(str, files), "--bundle", str(bundle)]) == 0
    said = lines(capsys)
    assert [line["file"] for line in said] == [str(file) for file in files]
    for line in said:
        assert list(line) == [
            *("file", "label", "probabilities", "malignant", "model_version", "milliseconds")
        ]
        assert list(line["probabilities"]) == list(LABELS)
        assert sum(line["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_a_bad_photograph_gives_an_error_line_and_the_others_go_on(bundle, jpeg, tmp_path, capsys):
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    (tmp_path / "good.jpg").write_bytes(jpeg)
    files = [str(tmp_path / name) for name in ("bad.jpg", "missing.jpg", "good.jpg")]
    assert predict.main([*files, "--bundle", str(bundle), "--engine", "onnx"]) == 1
    bad, missing, good = lines(capsys)
    assert bad.keys() == missing.keys() == {"file", "error"}
    assert "No such file" in missing["error"]
    assert good["label"] in LABELS


def test_changed_weights_give_exit_code_2_without_a_traceback(bundle, jpeg, tmp_path):
    (tmp_path / "good.jpg").write_bytes(jpeg)
    next(bundle.glob("*.safetensors")).write_bytes(b"changed")
    command = [sys.executable, "-m", "ml.predict", str(tmp_path / "good.jpg")]
    done = subprocess.run(
        [*command, "--bundle", str(bundle)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "safetensors: the file's SHA-256" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "export"])
def test_every_command_explains_itself(command):
    done = subprocess.run(
        [sys.executable, "-m", f"ml.{command}", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"python -m ml.{command}" in done.stdout
