"""The training losses. Only one method at a time corrects class imbalance."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


class BalancedSoftmax(nn.Module):
    """Cross-entropy with the logarithms of the class frequencies added to the logits.

    The logits alone then predict as if all classes were equally frequent. Source: Ren et al.,
    "Balanced Meta-Softmax for Long-Tailed Visual Recognition", 2020.
    """

    log_prior: torch.Tensor

    def __init__(self, counts: Sequence[int]) -> None:
        super().__init__()
        self.register_buffer("log_prior", log_prior(counts))

    def forward(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of n x c logits and n class indices."""
        return nn.functional.cross_entropy(logits.float() + self.log_prior, labels)


class Distillation(nn.Module):
    """The divergence of a student's predictions from its teachers', at the same temperature.

    The teachers predict as if all classes were equally frequent. If the student does not, the
    logarithms of the class frequencies are subtracted from its logits first. The result is
    multiplied by the squared temperature to keep the scale of the gradient. Source: Hinton et al.,
    "Distilling the Knowledge in a Neural Network", 2015.
    """

    log_prior: torch.Tensor

    def __init__(self, balance: str, counts: Sequence[int], temperature: float) -> None:
        super().__init__()
        self.temperature = temperature
        prior = log_prior(counts)
        self.register_buffer("log_prior", prior if balance == "none" else torch.zeros_like(prior))

    def forward(self, logits: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of n x c logits and n x c probabilities of teachers, all over 0."""
        teachers = (probabilities.log() / self.temperature).log_softmax(dim=1)
        student = ((logits.float() - self.log_prior) / self.temperature).log_softmax(dim=1)
        divergence = nn.functional.kl_div(student, teachers, reduction="batchmean", log_target=True)
        return divergence * self.temperature**2


def log_prior(counts: Sequence[int]) -> torch.Tensor:
    """Return the logarithms of the class frequencies; an empty class counts as one photograph."""
    frequencies = torch.tensor([max(count, 1) for count in counts], dtype=torch.float32)
    return torch.log(frequencies / frequencies.sum())


def create_loss(balance: str, counts: Sequence[int]) -> nn.Module:
    """Build the loss for one of BALANCERS; `counts` are the photographs of each class."""
    if balance == "balanced-softmax":
        return BalancedSoftmax(counts)
    if balance == "class-weights":
        weights = torch.tensor([1.0 / max(count, 1) for count in counts])
        weights[torch.tensor([count == 0 for count in counts])] = 0.0
        return nn.CrossEntropyLoss(weight=weights * len(counts) / weights.sum())
    if balance in ("sampler", "none"):
        return nn.CrossEntropyLoss()
    raise ValueError(f"unknown re-balancer {balance!r}")
