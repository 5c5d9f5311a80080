# SPDX-License-Identifier: Apache-2.0
"""ONNX networks of a few nodes, saved to a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

Tensors = dict[str, np.ndarray]


def saved(folder: Path, nodes: list, tensors: Tensors, shape: list, output: str, name: str = "net") -> Path:
    """Save a network with the input x of `shape`; return its path."""
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, key) for key, values in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = folder / f"{name}.onnx"
    save(model, path)
    return path


def random_tensors(seed: int, **shapes: tuple[int, ...]) -> Tensors:
    """Return float32 tensors of the given shapes."""
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, 0.6, shape).astype(np.float32) for name, shape in shapes.items()}


def classifier(folder: Path, name: str = "small", seed: int = 3) -> Path:
    """Save a convolution, ReLU and a fully connected layer for inputs [N, 2, 5, 5] and 4 classes."""
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("Gemm", ["f", "v", "a"], ["y"], transB=1),
    ]
    tensors = random_tensors(seed, w=(3, 2, 3, 3), b=(3,), v=(4, 27), a=(4,))
    return saved(folder, nodes, tensors, ["N", 2, 5, 5], "y", name)
