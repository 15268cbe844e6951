import json
import subprocess
import sys

import pytest

from ml.bundle.ensemble import load_ensemble
from ml.bundle.manifest import DEFAULT_BUNDLE, read_manifest, verify_bundle, write_manifest
from ml.errors import BundleError


def change(bundle, **values):
    path = bundle / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_manifest_is_read_as_it_was_written(bundle):
    manifest = read_manifest(bundle)
    write_manifest(bundle, manifest)
    assert read_manifest(bundle) == manifest


@pytest.mark.parametrize("kind", ["*.safetensors", "*.onnx"])
def test_a_changed_byte_is_refused_and_the_file_named(bundle, kind):
    file = next(bundle.glob(kind))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(BundleError, match="SHA-256") as raised:
        load_ensemble(bundle)
    assert raised.value.file == file
    assert str(file) in str(raised.value)


def test_a_missing_file_is_named(bundle):
    file = next(bundle.glob("*.safetensors"))
    file.unlink()
    with pytest.raises(BundleError, match=f"{file.name}: the file is missing"):
        verify_bundle(bundle, read_manifest(bundle))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"labels": ["nv", "mel", "bcc", "akiec", "bkl", "df", "vasc"]}, "in the same order"),
        ({"labels": ["nv", "nv"]}, "named twice"),
        ({"labels": ["nv"]}, "at least two"),
        ({"malignant": ["scc"]}, "scc is listed as malignant"),
        ({"members": []}, "no members"),
        ({"views": ["sideways"]}, "sideways"),
        ({"views": []}, "views"),
        ({"temperature": 0}, "temperature"),
        ({"size": "large"}, "is missing or wrong"),
        ({"graph": {"file": "../graph.onnx", "sha256": ""}}, "next to its manifest"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(bundle, values, words):
    change(bundle, **values)
    with pytest.raises(BundleError, match=words):
        verify_bundle(bundle, read_manifest(bundle))


def test_a_folder_without_a_readable_manifest_is_refused(bundle):
    (bundle / "manifest.json").write_text("{")
    with pytest.raises(BundleError, match="cannot be read"):
        read_manifest(bundle)
    (bundle / "manifest.json").unlink()
    with pytest.raises(BundleError, match="has no manifest"):
        read_manifest(bundle)


def test_the_manifest_is_read_without_numerical_libraries():
    code = (
        "import sys; from ml.bundle.manifest import DEFAULT_BUNDLE, read_manifest; "
        "assert not {'numpy', 'torch', 'cv2', 'onnxruntime'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_bundle_that_is_shipped_is_whole_small_and_good_enough():
    manifest = read_manifest(DEFAULT_BUNDLE)
    verify_bundle(DEFAULT_BUNDLE, manifest)
    size = sum(path.stat().st_size for path in DEFAULT_BUNDLE.iterdir())
    assert size < 80_000_000
    assert {member.network for member in manifest.members} == {
        "efficientnet_b1",
        "efficientnet_b5",
    }
    assert manifest.metrics.balanced_accuracy > 0.75
    assert manifest.metrics.per_class["mel"].recall > 0.65
    assert set(manifest.operating_points) == {"sensitivity_90", "sensitivity_95"}
    assert manifest.uncertain_below == 0.5
    assert manifest.metrics.n > 1000
    assert "non-commercial" in manifest.licence
