import math

import pytest
import torch

from ml.training.losses import Distillation, create_loss, log_prior
from ml.training.plan import BALANCERS


def test_balanced_softmax_adds_the_logarithm_of_the_frequencies():
    loss = create_loss("balanced-softmax", [1, 3, 0, 0, 0, 0, 0])
    logits = torch.zeros(1, 7)
    # frequencies 1 and 3 next to five classes counted as one
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


def test_a_student_that_answers_as_its_teachers_do_has_nothing_left_to_learn():
    teachers = torch.rand(5, 7).softmax(dim=1)
    student = teachers.log() + 3.0
    for temperature in (1.0, 2.0, 4.0):
        loss = Distillation("balanced-softmax", [1, 9, 1, 1, 1, 1, 1], temperature)
        assert loss(student, teachers).item() == pytest.approx(0, abs=1e-6)
        assert loss(-student, teachers).item() > 0.001


def test_a_student_of_natural_frequencies_is_compared_without_them():
    """Teachers answer as if all classes were equally frequent."""
    counts = [10, 700, 30, 1, 60, 5, 2]
    teachers = torch.rand(5, 7).softmax(dim=1)
    student = teachers.log() + log_prior(counts)
    assert Distillation("none", counts, 2.0)(student, teachers).item() == pytest.approx(0, abs=1e-6)
    assert Distillation("sampler", counts, 2.0)(student, teachers).item() > 0.01


def test_the_gradient_of_soft_targets_keeps_its_size_at_any_temperature():
    teachers = torch.tensor([[0.16, 0.14, 0.14, 0.14, 0.14, 0.14, 0.14]])
    sizes = []
    for temperature in (1.0, 4.0):
        logits = torch.zeros(1, 7, requires_grad=True)
        Distillation("none", [1] * 7, temperature)(logits, teachers).backward()
        sizes.append(logits.grad.abs().sum().item())
    assert sizes[1] == pytest.approx(sizes[0], rel=0.05)
