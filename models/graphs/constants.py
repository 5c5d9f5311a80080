# SPDX-License-Identifier: Apache-2.0
"""Tensors of a network that do not depend on its inputs: whatever nodes make of stored ones is computed once, and stored."""

from __future__ import annotations

import numpy as np
import onnx

from models.graphs.session import Session
from models.graphs.source import Network, branches, drop_unused, reads

_RANDOM = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}


def _constant_nodes(network: Network) -> list[onnx.NodeProto]:
    """Return the nodes whose inputs are all constant, in order; those with branches are left out."""
    known, nodes = set(network.tensors), []
    for node in network.model.graph.node:
        if not branches(node) and node.op_type not in _RANDOM and all(name in known for name in node.input if name):
            nodes.append(node)
            known.update(node.output)
    return nodes


def _used(network: Network, constant: list[onnx.NodeProto]) -> list[str]:
    """Return the outputs of the constant nodes that other nodes, or the network's outputs, use."""
    made = {name for node in constant for name in node.output if name}
    rest = [node for node in network.model.graph.node if not made.intersection(node.output)]
    used = {name for node in rest for name in reads(node)} | {each.name for each in network.model.graph.output}
    return sorted(made & used)


def fold_constants(network: Network) -> Network:
    """Return the network with its constant nodes computed; their results are stored tensors. Raises GraphError."""
    constant = _constant_nodes(network)
    if not constant:
        return network
    names = _used(network, constant)
    model = onnx.ModelProto()
    model.CopyFrom(network.model)
    del model.graph.node[:]
    gone = {node.name for node in constant}
    model.graph.node.extend(node for node in network.model.graph.node if node.name not in gone)
    folded = Network(model, network.tensors | _compute(network, constant, names), network.where)
    drop_unused(folded)
    return folded


def _compute(network: Network, constant: list[onnx.NodeProto], names: list[str]) -> dict[str, np.ndarray]:
    model = onnx.ModelProto(ir_version=network.model.ir_version, opset_import=network.model.opset_import)
    model.graph.name = "constants"
    model.graph.node.extend(constant)
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    read = {name for node in constant for name in node.input}
    tensors = {name: values for name, values in network.tensors.items() if name in read}
    return dict(zip(names, Session(Network(model, tensors, network.where)).run(names, {}), strict=True)) if names else {}
