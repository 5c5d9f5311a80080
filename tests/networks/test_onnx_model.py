# SPDX-License-Identifier: Apache-2.0
"""A chain of layers in ONNX, run by onnxruntime, against scipy and NumPy."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from scipy.signal import correlate

from models.networks.onnx_model import OnnxLayer, chain_model

RNG = np.random.default_rng(11)


def random_layer(name: str, *shape: int, **settings: object) -> OnnxLayer:
    bias = RNG.normal(0, 0.5, shape[0]).astype(np.float32)
    return OnnxLayer(name, RNG.normal(0, 0.5, shape).astype(np.float32), bias, **settings)


def outputs(model: object, inputs: np.ndarray) -> np.ndarray:
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"input": inputs})[0]


def convolved(layer: OnnxLayer, picture: np.ndarray) -> np.ndarray:
    """Return the layer's sums [K, Ho, Wo] of a picture [C, H, W]."""
    padded = np.pad(picture, ((0, 0), (layer.pad, layer.pad), (layer.pad, layer.pad)))
    maps = [correlate(padded, weights, mode="valid")[0] for weights in layer.weights]
    return np.stack(maps)[:, :: layer.stride, :: layer.stride] + layer.bias[:, None, None]


def test_convolutions_then_a_classifier() -> None:
    one = random_layer("one", 4, 2, 3, 3, activation="Relu", stride=2, pad=1)
    two = random_layer("two", 3, 4, 1, 1, activation="Tanh")
    last = random_layer("last", 5, 3 * 4 * 3)
    model = chain_model("mixed", [one, two, last], (2, 7, 6), (5,))
    assert [node.name for node in model.graph.node] == ["one", "one_relu", "two", "two_tanh", "flatten", "last"]
    pictures = RNG.normal(size=(3, 2, 7, 6)).astype(np.float32)
    expected = []
    for picture in pictures:
        values = np.tanh(convolved(two, np.maximum(convolved(one, picture), 0)))
        expected.append(last.weights @ values.ravel() + last.bias)
    np.testing.assert_allclose(outputs(model, pictures), expected, rtol=1e-4, atol=1e-5)


def test_a_residual_network_adds_its_input() -> None:
    layer = random_layer("only", 1, 1, 3, 3, pad=1)
    pictures = RNG.normal(size=(2, 1, 5, 4)).astype(np.float32)
    expected = [picture + convolved(layer, picture) for picture in pictures]
    model = chain_model("residual", [layer], (1, 5, 4), (1, 5, 4), residual=True)
    np.testing.assert_allclose(outputs(model, pictures), expected, rtol=1e-5, atol=1e-5)


def test_a_vector_is_not_flattened() -> None:
    model = chain_model("vector", [random_layer("fc", 2, 3)], (3,), (2,))
    assert [node.op_type for node in model.graph.node] == ["Gemm"]


def test_a_layer_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Exception, match=r"fc.*Dimension mismatch"):
        chain_model("wrong", [random_layer("fc", 2, 4)], (3,), (2,))
