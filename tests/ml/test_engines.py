import json
import subprocess
import sys

import numpy as np
import pytest

from ml.bundle import engines
from ml.bundle.engines import create_engine
from ml.bundle.ensemble import load_ensemble
from ml.bundle.manifest import DEFAULT_BUNDLE, hash_file, read_manifest
from ml.errors import BundleError, MlError
from tests.ml.conftest import draw_photograph, encode


@pytest.fixture(scope="module")
def fifty():
    return [
        encode(draw_photograph(60 + seed, 50 + seed % 30, seed=seed, label=seed % 7), quality=90)
        for seed in range(50)
    ]


def test_both_engines_agree_on_fifty_photographs(bundle_of_two, fifty):
    onnx = load_ensemble(bundle_of_two, engine="onnx").predict_batch(fifty)
    torch = load_ensemble(bundle_of_two, engine="torch").predict_batch(fifty)
    for one, other in zip(onnx, torch, strict=True):
        assert one.label == other.label
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-3)
        for name, class_map in one.class_maps.items():
            assert np.allclose(class_map, other.class_maps[name], atol=5e-3)


def test_both_engines_agree_on_the_shipped_networks(fifty):
    onnx, torch = (
        load_ensemble(DEFAULT_BUNDLE, engine=name, views=1) for name in ("onnx", "torch")
    )
    for photograph in fifty[:4]:
        one, other = onnx.predict(photograph), torch.predict(photograph)
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-3)


def test_features_of_all_members_lie_side_by_side(bundle_of_two):
    images = np.zeros((3, 3, 32, 32), dtype=np.float32)
    manifest = read_manifest(bundle_of_two)
    for name in ("onnx", "torch"):
        output = create_engine(name, bundle_of_two, manifest, threads=1).run(images)
        assert output.probabilities.shape == (3, 7)
        assert output.features.shape == (3, 64)
        assert output.class_maps.shape == (3, 7, 4, 4)
        assert output.probabilities.sum(axis=1) == pytest.approx(1)


def test_the_graph_holds_no_weights(bundle):
    weights = next(bundle.glob("*.safetensors"))
    assert (bundle / "ensemble.onnx").stat().st_size < weights.stat().st_size
    (bundle / "elsewhere").mkdir()
    weights.rename(bundle / "elsewhere" / weights.name)
    with pytest.raises(BundleError, match="cannot load the graph"):
        create_engine("onnx", bundle, read_manifest(bundle), threads=1)


def test_the_onnx_path_never_imports_torch(bundle, jpeg, tmp_path):
    photograph = tmp_path / "photograph.jpg"
    photograph.write_bytes(jpeg)
    code = (
        "import sys; from pathlib import Path; from ml.bundle.ensemble import load_ensemble; "
        f"load_ensemble(Path({str(bundle)!r}), engine='onnx')"
        f".predict(Path({str(photograph)!r}).read_bytes()); "
        "print([name for name in ('torch', 'timm', 'torchvision', 'matplotlib', 'onnx', 'django')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_without_cuda_the_engine_is_onnx(bundle, monkeypatch):
    monkeypatch.setattr(engines, "_count_cuda_devices", lambda: 0)
    assert load_ensemble(bundle).engine.name == "onnx"


def test_with_cuda_the_engine_is_torch(bundle, monkeypatch):
    monkeypatch.setattr(engines, "cuda_is_usable", lambda: True)
    assert load_ensemble(bundle).engine.name == "torch"


def test_a_driver_without_a_usable_torch_leaves_the_choice_at_onnx(monkeypatch):
    monkeypatch.setattr(engines, "_count_cuda_devices", lambda: 1)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert not engines.cuda_is_usable()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not engines.cuda_is_usable()


def test_engines_that_cannot_run_are_refused(bundle, monkeypatch):
    with pytest.raises(MlError, match="no engine 'tpu'"):
        load_ensemble(bundle, engine="tpu")
    monkeypatch.setitem(sys.modules, "ml.bundle.engines.torch", None)
    with pytest.raises(MlError, match="needs the package"):
        load_ensemble(bundle, engine="torch")


def test_weights_of_another_network_are_refused(bundle):
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["members"][0]["network"] = "efficientnet_lite0"
    path.write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="not those of efficientnet_lite0"):
        load_ensemble(bundle, engine="torch")
    weights = next(bundle.glob("*.safetensors"))
    weights.write_bytes(b"nothing")
    manifest["members"][0] |= {"network": "small_cnn", "sha256": hash_file(weights)}
    path.write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="cannot be read"):
        load_ensemble(bundle, engine="torch")
