# SPDX-License-Identifier: Apache-2.0
"""Little ONNX networks for tests, and a layer computed by loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.layer import ConvLayer


def save(
    path: Path,
    nodes: list[onnx.NodeProto],
    tensors: dict[str, np.ndarray],
    inputs: dict[str, list],
    output: str = "y",
    *,
    opset: int = 17,
    kinds: dict[str, int] | None = None,
) -> Path:
    """Write a network: nodes, stored tensors, inputs by name with their shapes."""
    kinds = kinds or {}
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(name, kinds.get(name, TensorProto.FLOAT), shape) for name, shape in inputs.items()],
        [onnx.ValueInfoProto(name=output)],
        [numpy_helper.from_array(values, name) for name, values in tensors.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), path)
    return path


def node(operator: str, inputs: str, output: str = "y", name: str = "", **attributes: Any) -> onnx.NodeProto:
    """A node; inputs are separated by spaces."""
    return helper.make_node(operator, inputs.split(), [output], name=name, **attributes)


def normal(seed: int, *shape: int) -> np.ndarray:
    """Normal float32 values."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def layer_sums(acts: np.ndarray, weights: np.ndarray, layer: ConvLayer) -> np.ndarray:
    """The sums [Ho, Wo, K] of a layer for acts [H, W, C], one output after the other, in float64."""
    acts = np.pad(acts.astype(np.float64), [(layer.pad, layer.pad), (layer.pad, layer.pad), (0, 0)])
    sums = np.zeros((layer.Ho, layer.Wo, layer.K))
    for k in range(layer.K):
        group = k // (layer.K // layer.groups)
        channels = slice(group * layer.group_channels, (group + 1) * layer.group_channels)
        for i in range(layer.Ho):
            for j in range(layer.Wo):
                top, left = i * layer.stride, j * layer.stride
                window = acts[top : top + layer.R, left : left + layer.S, channels]
                sums[i, j, k] = float((window * weights[k]).sum())
    return sums
