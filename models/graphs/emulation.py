# SPDX-License-Identifier: Apache-2.0
"""Quantised inference as ordinary ONNX nodes: each layer's operands go through its rules before it (fake quantisation).

A constant operand is quantised once and stored. A computed one gets nodes: Div by the scale, Clip to the codes, Round (half
to even), Mul by the scale; these are the operations of FixedRule, in its order. Before opset 11 there is no Round: adding
and subtracting 1.5 * 2^23 rounds a float32 of at most 2^22 in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import helper, numpy_helper

from models.graphs.errors import GraphError
from models.graphs.layers import GraphLayer
from models.graphs.rules import FixedRule, LayerRule
from models.graphs.source import Network, drop_unused, opset_of

_ROUNDING = np.float32(1.5 * 2**23)
_ROUND_OPSET = 11  # has Round, and Clip with its limits as inputs


def emulated(network: Network, layers: tuple[GraphLayer, ...], rules: Mapping[str, LayerRule]) -> Network:
    """Return the network with the rules in front of the named layers. Raises GraphError for a name that is no layer's."""
    known = {layer.name: layer for layer in layers}
    unknown = sorted(set(rules) - set(known))
    if unknown:
        raise GraphError(f"{network.where}: has no layer {unknown[0]!r}: its layers are {', '.join(known)}")
    model = onnx.ModelProto()
    model.CopyFrom(network.model)
    del model.graph.node[:]
    tensors, opset = dict(network.tensors), opset_of(network.model)
    for given in network.model.graph.node:
        node = onnx.NodeProto()
        node.CopyFrom(given)
        if node.name in rules:
            model.graph.node.extend(_quantised(node, known[node.name], rules[node.name], tensors, opset))
        model.graph.node.append(node)
    quantised = Network(model, tensors, network.where)
    drop_unused(quantised)
    return quantised


def _quantised(
    node: onnx.NodeProto, layer: GraphLayer, rule: LayerRule, tensors: dict[str, np.ndarray], opset: int
) -> list[onnx.NodeProto]:
    """Point the node at quantised operands; return the nodes that compute them."""
    nodes = []
    if rule.acts:
        node.input[layer.acts_input], nodes = _rule_nodes(layer.acts_name, f"{layer.name}/acts", rule.acts, opset)
    if rule.weights and layer.stored is None:
        node.input[1 - layer.acts_input], more = _rule_nodes(layer.weights_name, f"{layer.name}/weights", rule.weights, opset)
        nodes += more
    elif rule.weights:
        name = f"{layer.name}/weights/quantised"
        tensors[name] = rule.weights.apply(layer.stored)
        node.input[1 - layer.acts_input] = name
        for attribute in node.attribute:
            if attribute.name == "alpha":
                attribute.f = 1.0  # it is part of the weights
    return nodes


def _rule_nodes(tensor: str, prefix: str, rule: FixedRule, opset: int) -> tuple[str, list[onnx.NodeProto]]:
    """Return (the quantised tensor's name, the nodes)."""
    low, high = rule.centred
    steps: list[tuple[str, dict[str, np.float32]]] = [("Div", {"scale": np.float32(rule.scale)})]
    if opset >= _ROUND_OPSET:
        steps += [("Clip", {"low": np.float32(low), "high": np.float32(high)}), ("Round", {})]
    else:
        steps += [("Clip", {}), ("Add", {"rounding": _ROUNDING}), ("Sub", {"rounding": _ROUNDING})]
    steps.append(("Mul", {"scale": np.float32(rule.scale)}))
    nodes = []
    for index, (operator, constants) in enumerate(steps):
        result = f"{prefix}/{index}_{operator}"
        names = [f"{result}_{what}" for what in constants]
        nodes += [_constant(name, value) for name, value in zip(names, constants.values(), strict=True)]
        limits = {"min": float(low), "max": float(high)} if operator == "Clip" and not constants else {}
        nodes.append(helper.make_node(operator, [tensor, *names], [result], name=result, **limits))
        tensor = result
    return tensor, nodes


def _constant(name: str, value: np.float32) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], name=name, value=numpy_helper.from_array(np.asarray(value)))
