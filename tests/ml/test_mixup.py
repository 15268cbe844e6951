import pytest
import torch

from ml import train
from ml.training.losses import create_loss
from ml.training.mixup import Mixture, draw_mixture
from tests.ml.conftest import tiny_arguments
from tests.ml.test_train import run_of, weights

CPU = torch.device("cpu")


def test_each_image_lies_over_its_partner_by_its_share():
    mixture = Mixture(torch.tensor([1, 0]), 0.75)
    images = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1)
    assert mixture.images(images).flatten().tolist() == [0.25, 0.75]


def test_the_loss_counts_both_labels_by_their_share():
    loss = create_loss("none", [1] * 7)
    logits = torch.tensor([[3.0, 0, 0, 0, 0, 0, 0], [0, 1.0, 0, 0, 0, 0, 0]])
    labels, partner = torch.tensor([0, 1]), torch.tensor([1, 0])
    mixed = Mixture(partner, 0.75).loss(loss, logits, labels)
    expected = 0.75 * loss(logits, labels) + 0.25 * loss(logits, labels[partner])
    assert mixed.item() == pytest.approx(expected.item())


def test_the_same_seed_draws_the_same_mixture_and_alpha_0_mixes_nothing():
    first, again = (draw_mixture(0.4, 8, (1, 2, 3), CPU) for _ in range(2))
    other = draw_mixture(0.4, 8, (1, 2, 4), CPU)
    assert first.share == again.share != other.share
    assert torch.equal(first.partner, again.partner)
    images = torch.rand(8, 3, 2, 2)
    assert torch.equal(draw_mixture(0, 8, (1, 2, 3), CPU).images(images), images)


def test_mixup_changes_the_run_and_is_written_down(collection, tmp_path, run_folder):
    out = tmp_path / "mixed"
    train.main(tiny_arguments(collection, out, "--mixup", "0.4"))
    assert run_of(out)["schedule"]["mixup"] == 0.4
    assert not torch.equal(weights(out)["head.weight"], weights(run_folder)["head.weight"])
