"""Runs a bundle with PyTorch, channels last: half precision on CUDA, single on the CPU.

On CUDA, autocast decides what runs in half precision. Batch norm stays in single precision,
because its variances can be too small or too large for half.
"""

from __future__ import annotations

from pathlib import Path

import torch

from ml.bundle.engines import EngineOutput, Floats
from ml.bundle.fusion import load_fused
from ml.bundle.manifest import Manifest


class TorchEngine:
    """The joined network on the first CUDA device, or on the CPU if there is none."""

    name = "torch"

    def __init__(self, bundle: Path, manifest: Manifest, threads: int | None) -> None:
        self._is_on_cuda = torch.cuda.is_available()
        self._device = torch.device("cuda" if self._is_on_cuda else "cpu")
        if threads and not self._is_on_cuda:
            torch.set_num_threads(threads)
        network = load_fused(bundle, manifest).to(device=self._device)
        self._network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(self, images: Floats) -> EngineOutput:
        """Run normalised images, n x 3 x size x size."""
        batch = torch.from_numpy(images).to(device=self._device, memory_format=torch.channels_last)
        with torch.autocast(self._device.type, dtype=torch.float16, enabled=self._is_on_cuda):
            probabilities, features, class_maps = self._network(batch)
        return EngineOutput(
            probabilities.float().cpu().numpy(),
            features.float().cpu().numpy(),
            class_maps.float().cpu().numpy(),
        )
