"""Initialises a larger EfficientNet from a smaller trained one with nearly the same output.

Wider layers get copies of channels, whose outgoing weights are divided among the copies; deeper
stages get new blocks that add nothing at first. Batch-norm statistics are carried over.
Source: Chen, Goodfellow and Shlens, "Net2Net: Accelerating Learning via Knowledge Transfer", 2016.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ml.bundle.networks import LesionNetwork, TimmBackbone
from ml.errors import NetworkError

# SiLU(k x) / k approaches ReLU(x) as k grows, but then its gradient vanishes left of 0.
SHARPNESS = 8.0
# The gradients of copied channels differ only by a factor, which Adam cancels; noise lets the
# copies diverge.
NOISE = 0.05


@dataclass(frozen=True)
class Widening:
    """The source channel of each target channel, and the share of it that the target carries.

    The shares of all copies of a source channel sum to 1.
    """

    origin: torch.Tensor
    share: torch.Tensor


@torch.no_grad()
def grow(source: LesionNetwork, target: LesionNetwork, *, seed: int) -> None:
    """Overwrite the target's weights so that its output is nearly the source's.

    Both must be timm EfficientNets, and the target must not be narrower or shallower anywhere. If
    the source is a Lite network, a steep SiLU replaces ReLU6, and the new gates start half open,
    which later weights compensate for. Raises NetworkError if the source does not fit.
    """
    if not isinstance(source.backbone, TimmBackbone) or not isinstance(
        target.backbone, TimmBackbone
    ):
        raise NetworkError("both must be EfficientNets.")
    _Growth(source.backbone.network, target.backbone.network, seed).run(source.head, target.head)


class _Growth:
    def __init__(self, source: Any, target: Any, seed: int) -> None:
        self.source, self.target = source, target
        self.random = torch.Generator().manual_seed(seed)
        is_same = type(source.bn1.act) is type(target.bn1.act)
        self.gain = 1.0 if is_same else SHARPNESS

    def run(self, source_head: nn.Linear, target_head: nn.Linear) -> None:
        source, target = self.source, self.target
        stream = self.widen(source.conv_stem, target.conv_stem)
        self.copy_convolution(source.conv_stem, target.conv_stem, None, stream)
        self.copy_norm(source.bn1, target.bn1, stream, gain=self.gain)
        scale = self.gain  # how much larger the target's activations are than the source's
        for old_stage, new_stage in zip(source.blocks, target.blocks, strict=True):
            outputs = self.widen(_last(old_stage[0]), _last(new_stage[0]))
            for number, block in enumerate(new_stage):
                if number < len(old_stage):
                    self.copy_block(old_stage[number], block, stream, outputs, scale)
                else:
                    self.add_block(old_stage, block, outputs)
                stream, scale = outputs, 1.0
            if len(new_stage) < len(old_stage):
                raise NetworkError("the network to grow from is deeper than the new one.")
        outputs = self.widen(source.conv_head, target.conv_head)
        self.copy_convolution(source.conv_head, target.conv_head, stream, outputs)
        self.copy_norm(source.bn2, target.bn2, outputs, gain=self.gain)
        target_head.weight.copy_(source_head.weight[:, outputs.origin] * outputs.share / self.gain)
        target_head.bias.copy_(source_head.bias)

    def widen(self, old: nn.Conv2d, new: nn.Conv2d) -> Widening:
        """Choose at random which channels to copy; each is copied at most once more than others."""
        width, more = old.out_channels, new.out_channels - old.out_channels
        if more < 0:
            raise NetworkError("the network to grow from is wider than the new one.")
        rounds = [torch.randperm(width, generator=self.random) for _ in range(-(-more // width))]
        origin = torch.cat([torch.arange(width), *rounds])[: new.out_channels]
        weights = torch.rand(len(origin), generator=self.random) + 0.5
        totals = torch.zeros(width).index_add_(0, origin, weights)
        return Widening(origin, weights / totals[origin])

    def copy_block(
        self, old: Any, new: Any, inputs: Widening, outputs: Widening, scale: float
    ) -> None:
        """Copy a block whose inputs are `scale` times as large in the target as in the source."""
        if hasattr(old, "conv_pwl"):
            middle = self.widen(old.conv_pw, new.conv_pw)
            self.copy_convolution(old.conv_pw, new.conv_pw, inputs, middle)
            self.copy_norm(old.bn1, new.bn1, middle, scale=scale, gain=self.gain)
            self.copy_convolution(old.conv_dw, new.conv_dw, None, middle)
            self.copy_norm(old.bn2, new.bn2, middle, scale=self.gain, gain=self.gain)
        else:
            middle = inputs
            self.copy_convolution(old.conv_dw, new.conv_dw, None, middle)
            self.copy_norm(old.bn1, new.bn1, middle, scale=scale, gain=self.gain)
        gate = self.copy_gate(old.se, new.se, middle)
        self.copy_convolution(_last(old), _last(new), middle, outputs)
        self.copy_norm(_last_norm(old), _last_norm(new), outputs, scale=self.gain * gate)

    def add_block(self, old_stage: Any, new: Any, stream: Widening) -> None:
        """Fill a block that the source lacks, using the stage's last block if there are several."""
        if len(old_stage) > 1:
            self.copy_block(old_stage[-1], new, stream, stream, 1.0)
        _last_norm(new).weight.zero_()
        _last_norm(new).bias.zero_()

    def copy_gate(self, old: Any, new: Any, middle: Widening) -> float:
        """Copy squeeze-and-excitation; return the factor by which the target's gate starts."""
        if isinstance(old, nn.Identity):
            new.conv_expand.weight.zero_()
            new.conv_expand.bias.zero_()
            return 0.5
        hidden = self.widen(old.conv_reduce, new.conv_reduce)
        self.copy_convolution(old.conv_reduce, new.conv_reduce, middle, hidden)
        self.copy_convolution(old.conv_expand, new.conv_expand, hidden, middle)
        return 1.0

    def copy_convolution(
        self, old: nn.Conv2d, new: nn.Conv2d, inputs: Widening | None, outputs: Widening
    ) -> None:
        """Copy kernels; `inputs` is None for the first convolution and for depthwise ones.

        A larger kernel in the target has the source's in its middle.
        """
        weight = old.weight[outputs.origin]
        if inputs is not None:
            weight = weight[:, inputs.origin] * inputs.share[:, None, None]
        copies = torch.arange(len(weight)) >= old.out_channels
        noise = torch.randn(weight.shape, generator=self.random) * weight.std() * NOISE
        weight = weight + noise * copies[:, None, None, None]
        border = (new.kernel_size[0] - old.kernel_size[0]) // 2
        new.weight.copy_(nn.functional.pad(weight, [border] * 4))
        if old.bias is not None and new.bias is not None:
            new.bias.copy_(old.bias[outputs.origin])

    def copy_norm(
        self, old: Any, new: Any, channels: Widening, *, scale: float = 1.0, gain: float = 1.0
    ) -> None:
        """Copy a batch norm whose inputs grow by a factor `scale` and whose outputs by `gain`."""
        new.running_mean.copy_(old.running_mean[channels.origin] * scale)
        variance = (old.running_var[channels.origin] + old.eps) * scale**2 - new.eps
        new.running_var.copy_(variance.clamp(min=0))
        new.weight.copy_(old.weight[channels.origin] * gain)
        new.bias.copy_(old.bias[channels.origin] * gain)


def _last(block: Any) -> nn.Conv2d:
    convolution: nn.Conv2d = block.conv_pwl if hasattr(block, "conv_pwl") else block.conv_pw
    return convolution


def _last_norm(block: Any) -> Any:
    return block.bn3 if hasattr(block, "conv_pwl") else block.bn2
