# SPDX-License-Identifier: Apache-2.0
"""Every form of a layer has the sums that onnxruntime finds for its node: the operands go through loops over Python slices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from models.graphs import Graph, LayerTensors, load_graph
from tests.graphs.onnx_nets import layer_sums, node, normal, save

CONVOLUTIONS = {  # channels, size, weights, attributes of the node, the ConvLayer's shape: H W R S stride pad
    "plain": (5, (6, 7), (4, 5, 3, 3), {"pads": [1, 1, 1, 1]}, (6, 7, 3, 3, 1, 1)),
    "strided": (5, (9, 7), (4, 5, 3, 2), {"strides": [2, 2]}, (9, 7, 3, 2, 2, 0)),
    "grouped": (6, (5, 5), (4, 3, 3, 3), {"group": 2, "pads": [1, 1, 1, 1], "strides": [2, 2]}, (5, 5, 3, 3, 2, 1)),
    "depthwise": (6, (5, 4), (12, 1, 3, 3), {"group": 6, "pads": [1, 1, 1, 1]}, (5, 4, 3, 3, 1, 1)),
    "uneven padding": (3, (6, 6), (4, 3, 3, 3), {"pads": [0, 1, 2, 1], "strides": [2, 2]}, (8, 8, 3, 3, 2, 0)),
    "same upper": (3, (6, 5), (4, 3, 3, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}, (7, 7, 3, 3, 2, 0)),
    "same lower": (3, (6, 6), (4, 3, 2, 2), {"auto_pad": "SAME_LOWER"}, (7, 7, 2, 2, 1, 0)),
    "valid": (3, (6, 6), (4, 3, 2, 2), {"auto_pad": "VALID"}, (6, 6, 2, 2, 1, 0)),
    "dilated": (3, (7, 8), (4, 3, 3, 2), {"dilations": [2, 3], "pads": [1, 2, 1, 2]}, (5 * 9, 6, 1, 6, 1, 0)),
    "dilated depthwise": (4, (6, 6), (4, 1, 3, 3), {"group": 4, "dilations": [2, 2]}, (4, 9, 1, 9, 1, 0)),
    "unequal strides": (3, (7, 7), (4, 3, 3, 3), {"strides": [2, 1]}, (3 * 5, 9, 1, 9, 1, 0)),
    "unequal strides, one row": (3, (3, 7), (4, 3, 3, 3), {"strides": [1, 2]}, (3, 7, 3, 3, 2, 0)),
    "unequal strides, one row that might move": (3, (4, 7), (4, 3, 3, 3), {"strides": [2, 1]}, (5, 9, 1, 9, 1, 0)),
    "same counts, other places": (3, (6, 6), (4, 3, 3, 3), {"strides": [3, 2]}, (4, 9, 1, 9, 1, 0)),
    "dilation of single taps": (3, (4, 4), (4, 3, 1, 1), {"dilations": [2, 2]}, (4, 4, 1, 1, 1, 0)),
    "one axis": (5, (11,), (4, 5, 3), {"strides": [2]}, (11, 1, 3, 1, 2, 0)),
    "one axis, padded": (4, (9,), (4, 2, 3), {"group": 2, "pads": [1, 1]}, (11, 1, 3, 1, 1, 0)),
    "one axis, dilated": (4, (9,), (4, 4, 3), {"dilations": [2], "pads": [2, 0]}, (7, 3, 1, 3, 1, 0)),
}


def network(folder: Path, nodes: list[onnx.NodeProto], tensors: dict[str, np.ndarray], **inputs: list) -> Graph:
    """A graph of some nodes."""
    return load_graph(save(folder / "net.onnx", nodes, tensors, inputs))


def sums_of(tensors: LayerTensors, bias: np.ndarray | None, run: int = 0) -> np.ndarray:
    """The layer's outputs [Ho, Wo, K] of one input, by loops."""
    weights = tensors.weights if tensors.weights.ndim == 4 else tensors.weights[run]
    return layer_sums(tensors.acts[run], weights, tensors.layer) + (0 if bias is None else bias)


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolution(case: str, tmp_path: Path) -> None:
    channels, size, shape, attributes, expected = CONVOLUTIONS[case]
    tensors = {"w": normal(1, *shape), "b": normal(2, shape[0])}
    graph = network(tmp_path, [node("Conv", "x w b", name="conv", **attributes)], tensors, x=[1, channels, *size])
    values = normal(3, 2, channels, *size)
    (layer,), outputs = graph.capture(values), graph.run(values)
    found = (layer.layer.H, layer.layer.W, layer.layer.R, layer.layer.S, layer.layer.stride, layer.layer.pad)
    assert found == expected
    assert layer.raw_acts == channels * np.prod(size)
    assert (layer.operator, layer.relu, layer.layer.groups) == ("Conv", False, attributes.get("group", 1))
    for run in range(2):
        sums = sums_of(layer, graph.layers[0].bias, run)
        np.testing.assert_allclose(np.moveaxis(sums, -1, 0).reshape(outputs[run].shape), outputs[run], rtol=1e-4, atol=1e-4)


def test_a_layer_that_is_wrong_is_seen(tmp_path: Path) -> None:
    """The comparison above fails when one tap is moved."""
    tensors = {"w": normal(1, 4, 3, 3, 3), "b": normal(2, 4)}
    graph = network(tmp_path, [node("Conv", "x w b")], tensors, x=[1, 3, 5, 5])
    values = normal(3, 1, 3, 5, 5)
    (layer,) = graph.capture(values)
    moved = replace(layer, weights=np.roll(layer.weights, 1, axis=1))
    sums = sums_of(moved, tensors["b"])
    assert np.abs(np.moveaxis(sums, -1, 0) - graph.run(values)[0]).max() > 0.1


def test_several_images_in_a_run(tmp_path: Path) -> None:
    """A network that folds frames into its batch: the windows of all of them."""
    shape = np.array([2, 3, 4, 4])
    nodes = [node("Reshape", "x shape", "images"), node("Conv", "images w", "y", pads=[1, 1, 1, 1])]
    graph = network(tmp_path, nodes, {"shape": shape, "w": normal(1, 5, 3, 3, 3)}, x=[1, 6, 4, 4])
    values = normal(2, 1, 6, 4, 4)
    (layer,) = graph.capture(values)
    assert (layer.layer.H, layer.layer.W, layer.raw_acts) == (2 * 16, 9, 96)
    outputs = np.moveaxis(graph.run(values), 1, -1).reshape(32, 1, 5)
    np.testing.assert_allclose(sums_of(layer, None), outputs, rtol=1e-4, atol=1e-4)


GEMMS = {
    "plain": ((7, 5), {}),
    "weights transposed": ((5, 7), {"transB": 1}),
    "scaled": ((5, 7), {"transB": 1, "alpha": 0.5, "beta": 2.0}),
}


@pytest.mark.parametrize("case", GEMMS)
def test_gemm(case: str, tmp_path: Path) -> None:
    shape, attributes = GEMMS[case]
    tensors = {"w": normal(1, *shape), "b": normal(2, 5)}
    graph = network(tmp_path, [node("Gemm", "x w b", **attributes)], tensors, x=["batch", 7])
    values = normal(3, 3, 7)
    (layer,), outputs = graph.capture(values), graph.run(values)
    assert layer.layer.fully_connected
    assert layer.acts.shape == (3, 1, 1, 7)
    for run in range(3):
        np.testing.assert_allclose(sums_of(layer, graph.layers[0].bias, run)[0, 0], outputs[run], rtol=1e-4, atol=1e-5)


def test_gemm_of_transposed_activations(tmp_path: Path) -> None:
    graph = network(tmp_path, [node("Gemm", "x w", transA=1)], {"w": normal(1, 7, 5)}, x=[7, 3])
    values = normal(2, 7, 3)
    (layer,) = graph.capture(values)
    assert layer.acts.shape == (1, 3, 1, 7)
    np.testing.assert_allclose(sums_of(layer, None)[:, 0], graph.run(values), rtol=1e-4, atol=1e-5)


def test_matmul_tokens(tmp_path: Path) -> None:
    """Tokens are windows."""
    graph = network(tmp_path, [node("MatMul", "x w")], {"w": normal(1, 6, 5)}, x=["batch", "tokens", 6])
    values = normal(2, 2, 4, 6)
    (layer,), outputs = graph.capture(values), graph.run(values)
    assert (layer.layer.H, layer.layer.W, layer.layer.C, layer.layer.K, layer.layer.groups) == (4, 1, 6, 5, 1)
    for run in range(2):
        np.testing.assert_allclose(sums_of(layer, None, run)[:, 0], outputs[run], rtol=1e-4, atol=1e-5)


def test_matmul_with_the_constant_first(tmp_path: Path) -> None:
    """Y = W X: the columns of X are the tokens."""
    graph = network(tmp_path, [node("MatMul", "w x")], {"w": normal(1, 5, 6)}, x=[1, 6, 4])
    values = normal(2, 1, 6, 4)
    (layer,) = graph.capture(values)
    assert (layer.layer.H, layer.layer.C, layer.layer.K) == (4, 6, 5)
    np.testing.assert_allclose(sums_of(layer, None)[:, 0].T, graph.run(values)[0], rtol=1e-4, atol=1e-5)


def test_matmul_with_a_matrix_a_head(tmp_path: Path) -> None:
    graph = network(tmp_path, [node("MatMul", "x w")], {"w": normal(1, 3, 6, 5)}, x=[1, 3, 4, 6])
    values = normal(2, 1, 3, 4, 6)
    (layer,) = graph.capture(values)
    assert (layer.layer.groups, layer.layer.C, layer.layer.K, layer.raw_acts) == (3, 18, 15, 72)
    sums = sums_of(layer, None).reshape(4, 3, 5).swapaxes(0, 1)
    np.testing.assert_allclose(sums, graph.run(values)[0], rtol=1e-4, atol=1e-5)


def test_matmul_of_two_computed_operands(tmp_path: Path) -> None:
    """Attention scores: heads are groups, and each input has weights of its own."""
    nodes = [node("Relu", "k", "r"), node("Transpose", "r", "t", perm=[0, 1, 3, 2]), node("MatMul", "q t", name="scores")]
    graph = network(tmp_path, nodes, {}, q=[1, 2, 4, 6], k=[1, 2, 5, 6])
    values = {"q": normal(1, 3, 2, 4, 6), "k": normal(2, 3, 2, 5, 6)}
    (layer,), outputs = graph.capture(values), graph.run(values)
    assert graph.layers[0].weights is None
    assert layer.weights.shape == (3, 10, 1, 1, 6)
    assert (layer.layer.groups, layer.layer.C, layer.layer.H) == (2, 12, 4)
    for run in range(3):
        sums = sums_of(layer, None, run).reshape(4, 2, 5).swapaxes(0, 1)
        np.testing.assert_allclose(sums, outputs[run], rtol=1e-4, atol=1e-5)


def test_convolution_with_computed_weights(tmp_path: Path) -> None:
    """Each input has weights of its own."""
    nodes = [node("Tanh", "k", "w"), node("Conv", "x w", name="c", kernel_shape=[2, 2])]
    graph = network(tmp_path, nodes, {}, x=[1, 3, 4, 4], k=[4, 3, 2, 2])
    values = {"x": normal(1, 2, 3, 4, 4), "k": normal(2, 2, 4, 3, 2, 2)}
    (layer,), outputs = graph.capture(values), graph.run(values)
    assert layer.weights.shape == (2, 4, 2, 2, 3)
    for run in range(2):
        np.testing.assert_allclose(np.moveaxis(sums_of(layer, None, run), -1, 0), outputs[run], rtol=1e-4, atol=1e-5)


def test_a_matrix_for_several_matrices_of_weights(tmp_path: Path) -> None:
    """The activations are the same for all heads; the network stores them once."""
    graph = network(tmp_path, [node("MatMul", "x w")], {"w": normal(1, 3, 6, 5)}, x=[4, 6])
    values = normal(2, 4, 6)
    (layer,) = graph.capture(values)
    assert (layer.layer.groups, layer.layer.C, layer.raw_acts) == (3, 18, 24)
    np.testing.assert_allclose(
        sums_of(layer, None).reshape(4, 3, 5).swapaxes(0, 1), values @ normal(1, 3, 6, 5), rtol=1e-4, atol=1e-5
    )


def test_products_of_vectors(tmp_path: Path) -> None:
    graph = network(tmp_path, [node("MatMul", "x w")], {"w": normal(1, 6, 5)}, x=[6])
    (layer,) = graph.capture(normal(2, 1, 6))
    assert layer.layer.fully_connected
    np.testing.assert_allclose(sums_of(layer, None)[0], normal(2, 1, 6) @ normal(1, 6, 5), rtol=1e-4, atol=1e-5)
