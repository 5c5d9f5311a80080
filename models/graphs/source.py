# SPDX-License-Identifier: Apache-2.0
"""An ONNX file as nodes and tensors that the rest can rely on: functions inlined, every node with a name of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from onnx.inliner import inline_local_functions

from models.graphs.errors import GraphError

MIN_OPSET = 7  # broadcasting in Add, Mul, ...: older ones would need nodes of their own
MIN_IR = 4  # from this version on, stored tensors are no inputs


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes, and the stored tensors apart from them: variants of a network share these."""

    model: onnx.ModelProto  # without initializers
    tensors: dict[str, np.ndarray]
    where: str  # the file, for messages


def read_network(path: Path) -> Network:
    """Return the network in `path`, its external data loaded. Raises GraphError."""
    if not path.is_file():
        reason = "is a folder: name an ONNX file" if path.is_dir() else "no such file"
        raise GraphError(f"{path}: {reason}")
    try:
        model = onnx.load(path)
    except (DecodeError, ValueError, OSError, TypeError, onnx.checker.ValidationError) as error:
        raise GraphError(
            f"{path}: is no readable ONNX network ({first_line(error)}): export it again, data files beside it"
        ) from None
    if not model.graph.node:
        raise GraphError(f"{path}: holds no ONNX graph with nodes: name a network, and export it again if it is one")
    if len(model.functions):
        model = inline_local_functions(model)
    opset = opset_of(model)
    if opset < MIN_OPSET:
        raise GraphError(f"{path}: opset {opset}: convert it to {MIN_OPSET} or later with onnx.version_converter")
    name_nodes(model)
    return _without_tensors(model, path)


def _without_tensors(model: onnx.ModelProto, path: Path) -> Network:
    graph = model.graph
    if graph.sparse_initializer:
        raise GraphError(f"{path}: has sparse initializers: store them as dense tensors")
    try:
        tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    except (ValueError, TypeError, KeyError) as error:
        raise GraphError(f"{path}: a stored tensor is damaged ({first_line(error)}): export it again") from None
    inputs = [each for each in graph.input if each.name not in tensors]
    del graph.initializer[:], graph.input[:]
    graph.input.extend(inputs)
    model.ir_version = max(MIN_IR, model.ir_version)
    return Network(model, tensors, str(path))


def first_line(error: Exception) -> str:
    """Return an error's first line, shortened."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(". ")[:200]


def opset_of(model: onnx.ModelProto) -> int:
    """Return the version of ONNX's own operators."""
    return max((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), default=1)


def name_nodes(model: onnx.ModelProto) -> None:
    """Give every node of the main graph a name of its own: its old one, or OPERATOR_INDEX; a name seen before gets _INDEX."""
    taken = {node.name for node in model.graph.node}
    seen: set[str] = set()
    for index, node in enumerate(model.graph.node):
        wanted = node.name or f"{node.op_type}_{index}"
        name = wanted
        while name in seen or (name in taken and name != node.name):
            name = f"{name}_{index}"
        node.name = name
        seen.add(name)


def branches(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    """Return the graphs within a node: branches of If, bodies of loops."""
    return [graph for each in node.attribute for graph in ([each.g] if each.HasField("g") else each.graphs)]


def reads(node: onnx.NodeProto) -> set[str]:
    """Return the tensors that a node reads, those that its branches take from outside included."""
    inner = {name for graph in branches(node) for each in graph.node for name in reads(each)}
    return set(node.input) | inner | {each.name for graph in branches(node) for each in graph.output}


def drop_unused(network: Network) -> None:
    """Remove the stored tensors that nothing reads, in place."""
    graph = network.model.graph
    read = {name for node in graph.node for name in reads(node)} | {each.name for each in graph.output}
    for name in network.tensors.keys() - read:
        del network.tensors[name]
