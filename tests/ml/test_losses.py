import math

import pytest
import torch

from ml.losses import BALANCERS, create_loss


def test_balanced_softmax_adds_the_logarithm_of_the_frequencies():
    loss = create_loss("balanced-softmax", [1, 3, 0, 0, 0, 0, 0])
    logits = torch.zeros(1, 7)
    # frequencies 1 and 3 beside five classes counted as one
    assert loss(logits, torch.tensor([1])).item() == pytest.approx(-math.log(3 / 9))


def test_class_weights_make_rare_classes_weigh_more_and_ignore_missing_ones():
    loss = create_loss("class-weights", [10, 1000, 0, 10, 10, 10, 10])
    assert loss.weight[0] == pytest.approx(100 * loss.weight[1].item())
    assert loss.weight[2] == 0


@pytest.mark.parametrize("balance", BALANCERS)
def test_every_balancer_gives_a_loss_that_learns(balance):
    logits = torch.zeros(4, 7, requires_grad=True)
    loss = create_loss(balance, [5] * 7)(logits, torch.tensor([0, 1, 2, 3]))
    loss.backward()
    assert loss.item() == pytest.approx(math.log(7))
    assert logits.grad.abs().sum() > 0


def test_an_unknown_balancer_is_refused():
    with pytest.raises(ValueError, match="focal"):
        create_loss("focal", [1] * 7)
