# SPDX-License-Identifier: Apache-2.0
"""Batch normalisation after a convolution becomes part of its weights and bias: that is what the hardware multiplies."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx

from models.graphs.source import Network, drop_unused, reads

_EPSILON = 1e-5  # ONNX's default


def _pairs(network: Network) -> list[tuple[onnx.NodeProto, onnx.NodeProto]]:
    """Return (convolution, batch normalisation) where the second alone uses the first and all parameters are stored."""
    graph = network.model.graph
    users = Counter([*(name for node in graph.node for name in reads(node)), *(each.name for each in graph.output)])
    convolutions = {node.output[0]: node for node in graph.node if node.op_type == "Conv" and not node.domain}
    found = []
    for node in graph.node:
        source = convolutions.get(node.input[0]) if node.op_type == "BatchNormalization" else None
        training = any(each.name == "training_mode" and each.i for each in node.attribute)
        if source is None or training or users[node.input[0]] > 1 or len([name for name in node.output if name]) > 1:
            continue
        parameters = [name for name in (*source.input[1:], *node.input[1:]) if name]
        if all(name in network.tensors and network.tensors[name].dtype == np.float32 for name in parameters):
            found.append((source, node))
    return found


def _folded(conv: onnx.NodeProto, norm: onnx.NodeProto, tensors: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and bias with the normalisation in them, float32; computed in float64."""
    weights = tensors[conv.input[1]].astype(np.float64)
    bias = tensors[conv.input[2]].astype(np.float64) if len(conv.input) > 2 and conv.input[2] else 0.0
    gamma, beta, mean, variance = (tensors[name].astype(np.float64) for name in norm.input[1:5])
    epsilon = next((each.f for each in norm.attribute if each.name == "epsilon"), _EPSILON)
    factor = gamma / np.sqrt(variance + epsilon)
    folded = weights * factor.reshape(-1, *[1] * (weights.ndim - 1))
    return folded.astype(np.float32), ((bias - mean) * factor + beta).astype(np.float32)


def fold_batch_normalisation(network: Network) -> None:
    """Fold every BatchNormalization that alone uses a convolution's output, in place.

    The convolution keeps its name and gets the normalisation's output. Only float32 parameters are folded.
    """
    graph = network.model.graph
    for conv, norm in _pairs(network):
        names = [f"{conv.name}/folded_{what}" for what in ("weights", "bias")]
        network.tensors.update(zip(names, _folded(conv, norm, network.tensors), strict=True))
        conv.input[:] = [conv.input[0], *names]
        conv.output[0] = norm.output[0]
        graph.node.remove(norm)
    drop_unused(network)
