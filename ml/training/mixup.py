"""Mixup: blends the photographs of a batch in pairs, and their losses accordingly.

Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Mixture:
    """How a batch of n is mixed: each image has weight `share`, its `partner` 1 - `share`."""

    partner: torch.Tensor
    share: float

    def images(self, images: torch.Tensor) -> torch.Tensor:
        """Blend each of n x 3 x h x w images with its partner."""
        return images.lerp(images[self.partner], 1 - self.share)

    def loss(self, loss: Loss, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss against both targets, weighted like their images.

        `targets` are the n second arguments of `loss`; the first are n x c logits.
        """
        return loss(logits, targets).lerp(loss(logits, targets[self.partner]), 1 - self.share)


def draw_mixture(alpha: float, count: int, seed: tuple[int, ...], device: torch.device) -> Mixture:
    """Draw partners, and a share from Beta(alpha, alpha); an alpha of 0 turns mixing off."""
    if alpha == 0:
        return Mixture(torch.arange(count, device=device), 1.0)
    rng = np.random.default_rng(seed)
    partner = torch.from_numpy(rng.permutation(count)).to(device)
    return Mixture(partner, float(rng.beta(alpha, alpha)))
