"""Makes timm importable where torchvision's compiled operators cannot load.

torchvision's wheel is compiled against CUDA. With a CPU-only torch its operators are not
registered, and its import then fails on the shape rules of two of them. Nothing in this project
calls those two, so declaring their schemas is enough. If torchvision loads, this does nothing.
"""

from __future__ import annotations

import torch

_SCHEMAS = {
    "torchvision::nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "torchvision::qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def declare_missing_schemas() -> None:
    """Import torchvision, and declare the operators that its import needs if they are missing."""
    try:
        import torchvision  # type: ignore[import-untyped]  # noqa: F401
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name, schema in _SCHEMAS.items():
            torch.library.define(name, schema)
