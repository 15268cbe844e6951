"""The training losses. The classes are re-balanced in exactly one way."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


class BalancedSoftmax(nn.Module):
    """Is cross-entropy with the logarithm of the class frequencies added to the logits.

    Source: Ren et al., "Balanced Meta-Softmax for Long-Tailed Visual Recognition", 2020. The bare
    logits then answer as if all classes were equally frequent.
    """

    log_prior: torch.Tensor

    def __init__(self, counts: Sequence[int]) -> None:
        super().__init__()
        self.register_buffer("log_prior", log_prior(counts))

    def forward(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the mean loss of n x c logits and n class indices."""
        return nn.functional.cross_entropy(logits.float() + self.log_prior, labels)


class Distillation(nn.Module):
    """The divergence of a student's answers from its teachers', both at one temperature.

    The teachers answer as if all classes were equally frequent; where the student does not, the
    class frequencies are taken off its logits first. Times the temperature's square, so that its
    gradient keeps its size. Source: Hinton et al., "Distilling the Knowledge in a Neural Network",
    2015.
    """

    log_prior: torch.Tensor

    def __init__(self, balance: str, counts: Sequence[int], temperature: float) -> None:
        super().__init__()
        self.temperature = temperature
        prior = log_prior(counts)
        self.register_buffer("log_prior", prior if balance == "none" else torch.zeros_like(prior))

    def forward(self, logits: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
        """Return the mean of n x c logits against teachers' n x c probabilities, each over 0."""
        teachers = (probabilities.log() / self.temperature).log_softmax(dim=1)
        student = ((logits.float() - self.log_prior) / self.temperature).log_softmax(dim=1)
        divergence = nn.functional.kl_div(student, teachers, reduction="batchmean", log_target=True)
        return divergence * self.temperature**2


def log_prior(counts: Sequence[int]) -> torch.Tensor:
    """Return the logarithms of the class frequencies; a class without photographs counts as one."""
    frequencies = torch.tensor([max(count, 1) for count in counts], dtype=torch.float32)
    return torch.log(frequencies / frequencies.sum())


def create_loss(balance: str, counts: Sequence[int]) -> nn.Module:
    """Build the loss that belongs to a re-balancer; `counts` are photographs by class."""
    if balance == "balanced-softmax":
        return BalancedSoftmax(counts)
    if balance == "class-weights":
        weights = torch.tensor([1.0 / max(count, 1) for count in counts])
        weights[torch.tensor([count == 0 for count in counts])] = 0.0
        return nn.CrossEntropyLoss(weight=weights * len(counts) / weights.sum())
    if balance in ("sampler", "none"):
        return nn.CrossEntropyLoss()
    raise ValueError(f"unknown re-balancer {balance!r}")
