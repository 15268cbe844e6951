"""The two engines that can run a bundle, and the choice between them.

An engine's library is imported only once it is chosen: a worker on the CPU never loads torch.
"""

from __future__ import annotations

import ctypes
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ml.bundle.manifest import Manifest
from ml.errors import INSTALL, MlError

Floats = npt.NDArray[np.float32]

ENGINES = ("auto", "onnx", "torch")


@dataclass(frozen=True)
class EngineOutput:
    """The mean softmax, n x c; features, n x k; class maps of any sign, n x c x h x w."""

    probabilities: Floats
    features: Floats
    class_maps: Floats


class Engine(Protocol):
    """Runs all members of a bundle in one pass."""

    name: str

    def run(self, images: Floats) -> EngineOutput:
        """Run normalised images, n x 3 x size x size."""
        ...


def create_engine(name: str, bundle: Path, manifest: Manifest, threads: int | None) -> Engine:
    """Load a bundle into the named engine; `auto` is torch if there is CUDA, else ONNX Runtime.

    Raises BundleError if a file cannot be loaded, MlError if the engine cannot run here.
    """
    if name not in ENGINES:
        raise MlError(f"There is no engine {name!r}; choose from {', '.join(ENGINES)}.")
    if name == "torch" or (name == "auto" and cuda_is_usable()):
        return _create_torch(bundle, manifest, threads)
    from ml.bundle.engines.onnx import OnnxEngine

    return OnnxEngine(bundle, manifest, threads)


def _create_torch(bundle: Path, manifest: Manifest, threads: int | None) -> Engine:
    try:
        from ml.bundle.engines.torch import TorchEngine
    except ModuleNotFoundError as error:
        raise MlError(f"The torch engine needs the package {error.name}: {INSTALL}") from error
    return TorchEngine(bundle, manifest, threads)


def cuda_is_usable() -> bool:
    """Return whether torch can use a CUDA device; without a driver, torch is not imported."""
    if importlib.util.find_spec("torch") is None or _count_cuda_devices() == 0:
        return False
    import torch

    return torch.cuda.is_available()


def _count_cuda_devices() -> int:
    """Ask the driver, because asking torch would import it."""
    try:
        driver: Any = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
