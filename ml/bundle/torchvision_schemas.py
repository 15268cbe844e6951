"""Lets timm be imported where torchvision's compiled operators cannot load.

torchvision's wheel is compiled against CUDA. Beside a CPU-only torch its operators stay
unregistered, and its import then fails on the shape rules of two of them. Nothing here calls
them, so declaring their schemas is enough. Where torchvision can load them, this does nothing.
"""

from __future__ import annotations

import torch

_SCHEMAS = {
    "torchvision::nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "torchvision::qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def declare_missing_schemas() -> None:
    """Import torchvision, declaring the operators that its import needs when they are missing."""
    try:
        import torchvision  # type: ignore[import-untyped]  # noqa: F401
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name, schema in _SCHEMAS.items():
            torch.library.define(name, schema)
