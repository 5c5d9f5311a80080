# SPDX-License-Identifier: Apache-2.0
"""A whole network: the integers of the trace give the outputs of the quantised network that onnxruntime runs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models.graphs import Graph, GraphError, load_graph
from models.quantise import corrected_sums, planner
from models.quantise.network import calibrate, plans_of, quantise_network
from models.traces import Trace, load_trace, save_trace
from tests.graphs.onnx_nets import layer_sums, node, normal, save

QUANTISERS = ("fixed16", "oblivious8", "aware8")


def chain(folder: Path) -> Graph:
    """Every kind of convolution, each one's output being the next one's input; a classifier at the end."""
    shapes = {
        "plain": (6, 4, 3, 3),
        "depthwise": (12, 1, 3, 3),
        "grouped": (8, 6, 3, 3),
        "uneven": (5, 8, 2, 2),
        "dilated": (6, 5, 2, 2),
    }
    attributes = {
        "plain": {"pads": [1, 1, 1, 1]},
        "depthwise": {"group": 6, "pads": [1, 1, 1, 1], "strides": [2, 2]},
        "grouped": {"group": 2, "pads": [1, 1, 1, 1]},
        "uneven": {"pads": [0, 1, 1, 0]},
        "dilated": {"dilations": [2, 2], "pads": [1, 1, 1, 1]},
    }
    nodes, tensors, before = [], {}, "x"
    for index, (name, shape) in enumerate(shapes.items()):
        tensors |= {f"w_{name}": normal(index, *shape) / 4, f"b_{name}": normal(index + 10, shape[0]) / 4}
        nodes.append(node("Conv", f"{before} w_{name} b_{name}", f"y_{name}", name=name, **attributes[name]))
        before = f"y_{name}"
    nodes += [node("Flatten", before, "flat"), node("Gemm", "flat w b", "y", name="classifier", alpha=0.25)]
    tensors |= {"w": normal(8, 96, 7), "b": normal(9, 7)}
    return load_graph(save(folder / "chain.onnx", nodes, tensors, {"x": ["n", 4, 8, 8]}))


def transformer(folder: Path) -> Graph:
    """A block of two heads over 5 tokens of 8 values, and its feed-forward layers."""
    nodes = [node("LayerNormalization", "x gamma beta", "normed", name="norm")]
    for which in "qkv":
        nodes += [
            node("MatMul", f"normed w{which}", f"m{which}", name=f"proj_{which}"),
            node("Add", f"m{which} b{which}", f"a{which}"),
            node("Reshape", f"a{which} split", f"s{which}"),
            node("Transpose", f"s{which}", which, perm=[0, 2, 3, 1] if which == "k" else [0, 2, 1, 3]),
        ]
    nodes += [
        node("MatMul", "q k", "scores", name="scores"),
        node("Mul", "scores factor", "scaled"),
        node("Softmax", "scaled", "weights", axis=-1),
        node("MatMul", "weights v", "mixed", name="mixing"),
        node("Transpose", "mixed", "swapped", perm=[0, 2, 1, 3]),
        node("Reshape", "swapped", "joined"),
        node("MatMul", "joined wo", "out", name="proj_o"),
        node("Add", "x out", "residual"),
        node("MatMul", "residual w1", "hidden", name="up"),
        node("Relu", "hidden", "positive"),
        node("MatMul", "positive w2", "down", name="down"),
        node("Add", "residual down", "y"),
    ]
    nodes[[each.output[0] for each in nodes].index("joined")].input.append("join")
    tensors = {f"w{which}": normal(index, 8, 8) / 3 for index, which in enumerate("qkvo")}
    tensors |= {f"b{which}": normal(index + 4, 8) for index, which in enumerate("qkv")}
    tensors |= {"gamma": normal(8, 8), "beta": normal(9, 8), "w1": normal(10, 8, 16) / 3, "w2": normal(11, 16, 8) / 4}
    tensors |= {"split": np.array([0, 5, 2, 4]), "join": np.array([0, 5, 8]), "factor": np.array(0.5, np.float32)}
    return load_graph(save(folder / "block.onnx", nodes, tensors, {"x": ["n", 5, 8]}))


def quantised(graph: Graph, values: np.ndarray, name: str):
    feeds = graph.feeds(values)
    plans = plans_of(calibrate(graph, feeds), planner(name))
    return quantise_network(graph, feeds, plans, name, source="normal values")


def sums(trace: Trace, name: str, index: int) -> np.ndarray:
    """What a layer's integers stand for: [windows, K] in float64."""
    entry = trace.layer(name)
    return corrected_sums(entry, index) * entry.act_format.scale * entry.weight_format.scale


@pytest.mark.parametrize("name", QUANTISERS)
def test_the_integers_give_the_quantised_networks_outputs(name: str, tmp_path: Path) -> None:
    """Each layer's sums and bias are what the next one gets, to float precision."""
    graph, values = chain(tmp_path), normal(20, 3, 4, 8, 8)
    found = quantised(graph, values, name)
    captured = {each.name: each for each in found.graph.capture(values)}
    assert [each.name for each in found.trace.layers] == list(captured)
    held = {"uneven": (slice(0, 4), slice(1, 5))}
    for one, after in pairwise(["plain", "depthwise", "grouped", "uneven"]):
        for index in range(3):
            made = sums(found.trace, one, index) + graph.layer(one).bias
            next_acts = captured[after].acts[index]
            if after in held:  # it is kept padded
                next_acts = next_acts[held[after]]
            np.testing.assert_allclose(made.reshape(next_acts.shape), next_acts, rtol=1e-5, atol=1e-5)
    for index in range(3):
        made = (sums(found.trace, "dilated", index) + graph.layer("dilated").bias).T.reshape(-1)
        np.testing.assert_allclose(made, captured["classifier"].acts[index].reshape(-1), rtol=1e-5, atol=1e-5)
        made = sums(found.trace, "classifier", index)[0] + graph.layer("classifier").bias
        np.testing.assert_allclose(made, found.outputs[index], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", QUANTISERS)
def test_quantised_networks_do_nearly_what_float_ones_do(name: str, tmp_path: Path) -> None:
    bound = {"fixed16": 0.05, "oblivious8": 0.1, "aware8": 0.2}[name]
    for graph, values in ((chain(tmp_path), normal(20, 3, 4, 8, 8)), (transformer(tmp_path), normal(21, 3, 5, 8))):
        expected, found = graph.run(values), quantised(graph, values, name)
        error = np.abs(found.outputs - expected).max() / np.abs(expected).max()
        assert 0 < error < bound
        np.testing.assert_array_equal(found.outputs, found.graph.run(values))


@pytest.mark.parametrize("name", QUANTISERS)
def test_a_transformer_block(name: str, tmp_path: Path) -> None:
    """All products are layers, attention too; their sums are those of the floats within the noise."""
    graph, values = transformer(tmp_path), normal(21, 3, 5, 8)
    found = quantised(graph, values, name)
    kinds = {each.name: each.kind for each in found.trace.layers}
    assert kinds == dict.fromkeys(["proj_q", "proj_k", "proj_v", "proj_o", "up", "down"], "conv") | {
        "scores": "grouped",
        "mixing": "grouped",
    }
    assert found.trace.layer("scores").weights.shape == (3, 10, 1, 1, 4)
    for each in found.graph.capture(values):
        for index in range(3):
            weights = each.weights if each.weights.ndim == 4 else each.weights[index]
            in_float = layer_sums(each.acts[index], weights, each.layer).reshape(-1, each.layer.K)
            assert np.abs(sums(found.trace, each.name, index) - in_float).max() < 0.06 * np.abs(in_float).max()


def test_calibration_bounds_what_other_inputs_may_be(tmp_path: Path) -> None:
    """Values beyond what calibration has seen get the largest code, and are counted."""
    graph, values = chain(tmp_path), normal(20, 3, 4, 8, 8)
    plans = plans_of(calibrate(graph, graph.feeds(values)), planner("fixed16"))
    found = quantise_network(graph, graph.feeds(values * 8), plans, "fixed16", source="")
    entry = found.trace.layer("plain")
    high = plans["plain"].acts.rule.high << entry.act_format.n_low
    assert entry.acts.max() == high
    steps = values.astype(float) * 8 / plans["plain"].acts.rule.scale
    ends = high >> entry.act_format.n_low
    assert found.clipped["plain"] == ((steps >= ends + 1) | (steps <= -ends - 2)).sum() > 100


def test_the_trace_survives_its_folder(tmp_path: Path) -> None:
    found = quantised(transformer(tmp_path), normal(21, 2, 5, 8), "oblivious8")
    save_trace(found.trace, tmp_path / "trace")
    loaded = load_trace(tmp_path / "trace")
    assert [each.digests for each in loaded.layers] == [each.digests for each in found.trace.layers]
    assert (loaded.quantiser, loaded.inputs) == ("oblivious8", 2)


def test_a_network_without_layers(tmp_path: Path) -> None:
    graph = load_graph(save(tmp_path / "net.onnx", [node("Relu", "x")], {}, {"x": [1, 3]}))
    with pytest.raises(GraphError, match=r"net\.onnx: has no layer that the hardware computes: it has no Conv, Gemm or MatMul"):
        calibrate(graph, graph.feeds(np.ones((1, 3))))


def test_outputs_that_are_infinite(tmp_path: Path) -> None:
    nodes = [node("MatMul", "x w", "m"), node("Exp", "m")]
    graph = load_graph(save(tmp_path / "net.onnx", nodes, {"w": np.full((3, 2), 99, np.float32)}, {"x": [1, 3]}))
    with pytest.raises(GraphError, match="outputs are NaN or infinite"):
        calibrate(graph, graph.feeds(np.ones((1, 3))))
