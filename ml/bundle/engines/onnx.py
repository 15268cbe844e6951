"""Runs a bundle on the CPU with ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime

from ml.bundle.engines import EngineOutput, Floats
from ml.bundle.manifest import Manifest
from ml.errors import BundleError

_FEWEST_MESSAGES = 3


class OnnxEngine:
    """An ONNX Runtime session that runs the joined graph."""

    name = "onnx"

    def __init__(self, bundle: Path, manifest: Manifest, threads: int | None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.inter_op_num_threads = 1
        options.log_severity_level = _FEWEST_MESSAGES
        # Between photographs, spinning threads would take CPU time from the web process.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        graph = bundle / manifest.graph.file
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(graph), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime has its own exception classes
            raise BundleError(graph, "ONNX Runtime cannot load the graph.") from error
        width = self._session.get_outputs()[0].shape[-1]
        if isinstance(width, int) and width != len(manifest.labels):
            raise BundleError(
                graph, "the graph and the manifest differ in their number of classes."
            )
        self._input: str = self._session.get_inputs()[0].name

    def run(self, images: Floats) -> EngineOutput:
        """Run normalised images, n x 3 x size x size."""
        probabilities, features, class_maps = self._session.run(
            ["probabilities", "features", "class_maps"], {self._input: images}
        )
        return EngineOutput(probabilities, features, class_maps)
