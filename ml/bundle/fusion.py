"""All members of a bundle joined into one network, which both engines run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from ml.bundle.labels import HAM10000
from ml.bundle.manifest import Manifest
from ml.bundle.networks import LesionNetwork, create_network
from ml.errors import BundleError, NetworkError


class FusedNetwork(nn.Module):
    """Runs every member once and combines their outputs."""

    def __init__(self, members: Sequence[LesionNetwork]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Run n x 3 x size x size images through all members.

        Returns the mean of their softmax outputs, n x c; their concatenated features, n x k; and
        the mean of their class maps, n x c x h x w.
        """
        outputs = [member(images) for member in self.members]
        probabilities = torch.stack([output.logits.float().softmax(dim=1) for output in outputs])
        class_maps = torch.stack([output.class_maps.float() for output in outputs])
        features = torch.cat([output.features.float() for output in outputs], dim=1)
        return probabilities.mean(dim=0), features, class_maps.mean(dim=0)


def load_fused(bundle: Path, manifest: Manifest) -> FusedNetwork:
    """Build the members and load their weights, in evaluation mode. Raises BundleError."""
    return FusedNetwork(
        [
            load_member(member.network, bundle / member.file, len(manifest.labels))
            for member in manifest.members
        ]
    ).eval()


def load_member(network: str, weights: Path, classes: int = len(HAM10000)) -> LesionNetwork:
    """Build one network and load its weights from a safetensors file. Raises BundleError."""
    try:
        member = create_network(network, classes=classes)
        stored = load_file(weights)
    except NetworkError as error:
        raise BundleError(weights, str(error)) from error
    except Exception as error:  # safetensors has its own exception classes
        raise BundleError(weights, "the weights cannot be read.") from error
    own = member.state_dict()
    needed = {name for name in own if not name.endswith("num_batches_tracked")}
    if set(stored) != needed or any(stored[name].shape != own[name].shape for name in needed):
        raise BundleError(weights, f"the weights are not those of {network}.")
    member.load_state_dict({name: stored.get(name, tensor) for name, tensor in own.items()})
    return member.eval()
