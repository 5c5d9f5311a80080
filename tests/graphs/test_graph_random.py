# SPDX-License-Identifier: Apache-2.0
"""Random convolutions: whatever attributes a node has, its layer has the sums that onnxruntime finds."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.graphs import load_graph
from tests.graphs.onnx_nets import layer_sums, node, normal, save


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], dict]:
    """Return (shape of the input, shape of the weights, attributes) of one over one or two axes."""
    axes = draw(st.integers(1, 2))
    sizes = st.lists(st.integers(1, 3), min_size=axes, max_size=axes)
    kernel, strides, dilations = draw(sizes), draw(sizes), draw(sizes)
    groups, channels, filters = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    attributes = {"strides": strides, "dilations": dilations, "group": groups}
    auto = draw(st.sampled_from(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]))
    if auto.startswith("SAME"):
        dilations[:] = [1] * axes  # onnxruntime has no dilation there
    spans = [(taps - 1) * gap + 1 for taps, gap in zip(kernel, dilations, strict=True)]
    if auto == "NOTSET":
        attributes["pads"] = draw(st.lists(st.integers(0, 2), min_size=2 * axes, max_size=2 * axes))
    else:
        attributes["auto_pad"] = auto
    size = tuple(span + draw(st.integers(0, 4)) for span in spans)
    return (draw(st.integers(1, 2)), groups * channels, *size), (groups * filters, channels, *kernel), attributes


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(convolutions())
def test_any_convolution(case: tuple[tuple[int, ...], tuple[int, ...], dict]) -> None:
    shape, kernel, attributes = case
    with tempfile.TemporaryDirectory() as folder:
        path = save(
            Path(folder) / "net.onnx", [node("Conv", "x w", **attributes)], {"w": normal(1, *kernel)}, {"x": list(shape)}
        )
        graph = load_graph(path)
    values = normal(2, *shape)
    (layer,), outputs = graph.capture(values), graph.run(values)
    assert (len(layer.acts), layer.raw_acts) == (1, values.size)
    sums = layer_sums(layer.acts[0], layer.weights, layer.layer)
    images = np.moveaxis(sums.reshape(shape[0], -1, kernel[0]), 2, 1)
    np.testing.assert_allclose(images.reshape(outputs.shape), outputs, rtol=1e-4, atol=1e-4)
