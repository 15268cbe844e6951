"""Writes the joined network as an ONNX file that refers to the weights in the safetensors files.

The weights are stored only once: the graph's initialisers are external data that point at the
tensors inside the safetensors files. Those in half precision are cast to single precision; ONNX
Runtime folds the casts when it loads the graph.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
import onnxscript.optimizer
import torch

from ml.bundle.fusion import FusedNetwork

INPUT = "images"
OUTPUTS = ("probabilities", "features", "class_maps")

_TYPES = {"F16": onnx.TensorProto.FLOAT16, "F32": onnx.TensorProto.FLOAT}


@dataclass(frozen=True)
class StoredTensor:
    """The location of a tensor's bytes in a safetensors file."""

    file: str
    data_type: int
    shape: tuple[int, ...]
    offset: int
    length: int


def write_graph(network: FusedNetwork, files: Sequence[Path], size: int, target: Path) -> None:
    """Export the network for n x 3 x `size` x `size` inputs; `files` are the members' weights."""
    stored: dict[str, StoredTensor] = {}
    for number, file in enumerate(files):
        for name, tensor in read_layout(file).items():
            stored[f"members.{number}.{name}"] = tensor
    model = _simplify(_export(network, size), set(stored))
    _pool_in_one_node(model)
    _refer_to_stored(model, stored)
    _drop_notes(model)
    target.write_bytes(model.SerializeToString())
    # Given a path, the checker also looks for the weights next to the graph.
    onnx.checker.check_model(str(target))


def read_layout(file: Path) -> dict[str, StoredTensor]:
    """Read the type, shape and location of each tensor from a safetensors file's header."""
    with file.open("rb") as stream:
        header_length = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(header_length))
    header.pop("__metadata__", None)
    layout = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        layout[name] = StoredTensor(
            file=file.name,
            data_type=_TYPES[entry["dtype"]],
            shape=tuple(entry["shape"]),
            offset=8 + header_length + begin,
            length=end - begin,
        )
    return layout


def _export(network: FusedNetwork, size: int) -> onnx.ModelProto:
    example = torch.zeros(2, 3, size, size)
    for name in ("torch.onnx", "onnxscript", "onnx_ir"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network.eval(),
            (example,),
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_shapes=({0: torch.export.Dim("n")},),
            opset_version=18,
            dynamo=True,
            optimize=False,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export returned nothing")
    return program.model_proto


def _simplify(model: onnx.ModelProto, weights: set[str]) -> onnx.ModelProto:
    """Fold constant expressions of the exporter, such as the bounds of each ReLU6.

    The returned graph has the weights as inputs. If they stayed initialisers, the optimiser would
    fold them into new tensors, and the graph could no longer refer to the stored ones.
    """
    graph = model.graph
    kept = [initializer for initializer in graph.initializer if initializer.name not in weights]
    for initializer in graph.initializer:
        if initializer.name in weights:
            graph.input.append(
                onnx.helper.make_tensor_value_info(
                    initializer.name, initializer.data_type, initializer.dims
                )
            )
    del graph.initializer[:]
    graph.initializer.extend(kept)
    simple: onnx.ModelProto = onnxscript.optimizer.optimize(model)
    return simple


def _pool_in_one_node(model: onnx.ModelProto) -> None:
    """Replace each mean over height and width with a pooling node, which runs faster."""
    constants = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type != "ReduceMean" or len(node.input) < 2 or node.input[1] not in constants:
            continue
        axes = sorted(int(axis) % 4 for axis in constants[node.input[1]])
        settings = {one.name: one.i for one in node.attribute}
        if axes == [2, 3] and settings.get("keepdims", 1) == 1:
            node.op_type = "GlobalAveragePool"
            del node.input[1:], node.attribute[:]


def _refer_to_stored(model: onnx.ModelProto, stored: Mapping[str, StoredTensor]) -> None:
    """Turn the weight inputs into external references, and cast those in half precision."""
    inputs, references, casts = [], [], []
    for value in model.graph.input:
        tensor = stored.get(value.name)
        if tensor is None:
            inputs.append(value)
            continue
        shape = tuple(dimension.dim_value for dimension in value.type.tensor_type.shape.dim)
        if tensor.shape != shape:
            raise ValueError(f"{value.name} is stored with a different shape")
        name = value.name
        if tensor.data_type != onnx.TensorProto.FLOAT:
            name = f"{value.name}.stored"
            casts.append(
                onnx.helper.make_node(
                    "Cast", [name], [value.name], f"cast.{name}", to=onnx.TensorProto.FLOAT
                )
            )
        references.append(_external(name, tensor))
    nodes = list(model.graph.node)
    del model.graph.input[:], model.graph.node[:]
    model.graph.input.extend(inputs)
    model.graph.initializer.extend(references)
    model.graph.node.extend([*casts, *nodes])
    # The exporter's shape notes may name weights that are cast now.
    del model.graph.value_info[:]


def _drop_notes(model: onnx.ModelProto) -> None:
    """Remove the exporter's stack traces, which are large and contain local paths."""
    del model.metadata_props[:], model.graph.metadata_props[:]
    model.graph.doc_string = ""
    values = [*model.graph.input, *model.graph.output, *model.graph.initializer]
    for item in [*model.graph.node, *values]:
        item.doc_string = ""
        del item.metadata_props[:]


def _external(name: str, tensor: StoredTensor) -> onnx.TensorProto:
    proto = onnx.TensorProto(name=name, data_type=tensor.data_type, dims=tensor.shape)
    proto.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (
        ("location", tensor.file),
        ("offset", str(tensor.offset)),
        ("length", str(tensor.length)),
    ):
        proto.external_data.add(key=key, value=value)
    return proto
