# SPDX-License-Identifier: Apache-2.0
"""A network as a whole: names, constants, folded batch normalisation, ReLUs, what is unsupported, quantised inference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from models.graphs import FixedRule, Graph, GraphError, LayerRule, load_graph
from tests.graphs.onnx_nets import node, normal, save

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"


def small(folder: Path, opset: int = 17) -> Graph:
    """Two convolutions and a classifier."""
    nodes = [
        node("Conv", "x w1 b1", "c1", name="first", pads=[1, 1, 1, 1]),
        node("Relu", "c1", "r1"),
        node("Conv", "r1 w2", "c2"),
        node("Flatten", "c2", "flat"),
        node("Gemm", "flat w3 b3", "y", name="last", transB=1, alpha=0.5),
    ]
    tensors = {"w1": normal(1, 4, 2, 3, 3), "b1": normal(2, 4), "w2": normal(3, 3, 4, 3, 3)}
    tensors |= {"w3": normal(4, 5, 12), "b3": normal(5, 5)}
    return load_graph(save(folder / "small.onnx", nodes, tensors, {"x": ["batch", 2, 4, 4]}, opset=opset))


def test_names_relus_and_shapes(tmp_path: Path) -> None:
    graph = small(tmp_path)
    assert [(each.name, each.operator, each.relu) for each in graph.layers] == [
        ("first", "Conv", True),
        ("Conv_2", "Conv", False),
        ("last", "Gemm", False),
    ]
    assert (graph.name, graph.unsupported, graph.inputs[0].shape) == ("small", (), ("batch", 2, 4, 4))
    assert graph.layers[0].weights.shape == (4, 3, 3, 2)
    np.testing.assert_allclose(graph.layers[2].weights[:, 0, 0], normal(4, 5, 12) / 2)
    assert graph.run(normal(9, 3, 2, 4, 4)).shape == (3, 5)


def test_names_that_are_there_twice(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w", "a", name="c"), node("Conv", "a w", "b", name="c"), node("Conv", "b w", "y", name="c_1")]
    graph = load_graph(save(tmp_path / "net.onnx", nodes, {"w": normal(1, 2, 2, 1, 1)}, {"x": [1, 2, 3, 3]}))
    assert [each.name for each in graph.layers] == ["c", "c_1_1", "c_1"]


def test_batch_normalisation_is_part_of_the_convolution(tmp_path: Path) -> None:
    """The outputs are those of the network that is not folded, in float64."""
    nodes = [
        node("Conv", "x w", "c", name="conv"),
        node("BatchNormalization", "c g b m v", "n", epsilon=0.01),
        node("Relu", "n"),
    ]
    tensors = {"w": normal(1, 4, 2, 1, 1), "g": normal(2, 4), "b": normal(3, 4), "m": normal(4, 4), "v": normal(5, 4) ** 2}
    graph = load_graph(save(tmp_path / "net.onnx", nodes, tensors, {"x": [1, 2, 3, 3]}))
    values = normal(6, 1, 2, 3, 3)
    sums = np.einsum("kc,nchw->nkhw", tensors["w"][:, :, 0, 0].astype(float), values)
    gamma, beta, mean, variance = (tensors[name].reshape(-1, 1, 1) for name in "gbmv")
    expected = np.maximum((sums - mean) / np.sqrt(variance + 0.01) * gamma + beta, 0)
    np.testing.assert_allclose(graph.run(values), expected, rtol=1e-4, atol=1e-5)
    assert [each.relu for each in graph.layers] == [True]
    factor = (gamma / np.sqrt(variance + 0.01)).reshape(-1, 1, 1, 1)
    np.testing.assert_allclose(graph.layers[0].weights, np.moveaxis(tensors["w"] * factor, 1, -1), rtol=1e-5)


def test_batch_normalisation_of_a_tensor_with_another_user_stays(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w", "c"), node("BatchNormalization", "c g b m v", "n"), node("Add", "c n")]
    tensors = {"w": normal(1, 4, 2, 1, 1)} | {name: np.full(4, 2, np.float32) for name in "gbmv"}
    graph = load_graph(save(tmp_path / "net.onnx", nodes, tensors, {"x": [1, 2, 3, 3]}))
    np.testing.assert_array_equal(graph.layers[0].weights, np.moveaxis(tensors["w"], 1, -1))


def test_functions_of_the_network_are_inlined(tmp_path: Path) -> None:
    opset = [onnx.helper.make_opsetid("", 17), onnx.helper.make_opsetid("own", 1)]
    block = onnx.helper.make_function(
        "own", "Block", ["a", "b"], ["c"], [node("MatMul", "a b", "m", name="product"), node("Relu", "m", "c")], opset[:1]
    )
    path = save(tmp_path / "net.onnx", [node("Block", "x w", name="one", domain="own")], {"w": normal(1, 4, 3)}, {"x": [1, 4]})
    model = onnx.load(path)
    model.functions.append(block)
    model.opset_import.append(opset[1])
    onnx.save(model, path)
    graph = load_graph(path)
    assert [(each.operator, each.relu) for each in graph.layers] == [("MatMul", True)]
    values = normal(2, 1, 4)
    np.testing.assert_allclose(graph.run(values), np.maximum(values @ normal(1, 4, 3), 0), rtol=1e-5)


def test_weights_that_nodes_compute_from_constants(tmp_path: Path) -> None:
    nodes = [
        node("DequantizeLinear", "codes scale", "stored"),
        node("Transpose", "stored", "w", perm=[1, 0]),
        node("MatMul", "x w", name="product"),
    ]
    codes = np.arange(-6, 6, dtype=np.int8).reshape(3, 4)
    tensors = {"codes": codes, "scale": np.array(0.5, np.float32)}
    graph = load_graph(save(tmp_path / "net.onnx", nodes, tensors, {"x": [1, 4]}))
    np.testing.assert_array_equal(graph.layers[0].weights[:, 0, 0], codes * 0.5)


@pytest.mark.parametrize("name", ["squeezenet", "shufflenet"])
def test_networks_of_the_onnx_package(name: str) -> None:
    """Operator set 9, weights made by ConstantOfShape, unnamed nodes."""
    graph = load_graph(LIGHT / f"light_{name}.onnx")
    operators = [each.op_type for each in onnx.load(LIGHT / f"light_{name}.onnx").graph.node]
    assert len(graph.layers) == sum(operators.count(each) for each in ("Conv", "Gemm"))
    tensors = graph.capture(normal(1, 1, 3, 224, 224))
    assert [each.name for each in tensors] == [each.name for each in graph.layers]
    assert tensors[0].layer.C == 3
    assert sum(each.layer.depthwise for each in tensors) == (16 if name == "shufflenet" else 0)


def test_what_is_unsupported_is_named(tmp_path: Path) -> None:
    nodes = [
        node("ConvTranspose", "x w", "up", name="grow"),
        node("Conv", "up w", "c", name="fine"),
        node("Einsum", "c", "y", name="sum", equation="nchw->nc"),
    ]
    graph = load_graph(save(tmp_path / "net.onnx", nodes, {"w": normal(1, 2, 2, 2, 2)}, {"x": [1, 2, 3, 3]}))
    assert [each.name for each in graph.layers] == ["fine"]
    grow, einsum = graph.unsupported
    assert grow == "node 'grow' (ConvTranspose): is no layer of the hardware, it runs in float"
    assert einsum.startswith("node 'sum' (Einsum): ")


def test_networks_that_are_quantised_already_and_recurrent_ones(tmp_path: Path) -> None:
    nodes = [
        node("DynamicQuantizeLinear", "x", "q"),
        node("MatMulInteger", "q w", "sums", name="integers"),
        node("Cast", "sums", "f", to=1),
        node("GRU", "f input_weights own_weights", name="memory", hidden_size=2),
    ]
    nodes[0].output.extend(["scale", "zero"])
    tensors = {"w": np.ones((3, 4), np.uint8), "input_weights": normal(1, 1, 6, 4), "own_weights": normal(2, 1, 6, 2)}
    graph = load_graph(save(tmp_path / "net.onnx", nodes, tensors, {"x": [5, 1, 3]}))
    assert graph.layers == ()
    assert graph.unsupported == (
        "node 'integers' (MatMulInteger): computes on integers that are quantised already: import the float network",
        "node 'memory' (GRU): is no layer of the hardware, it runs in float",
    )


def test_layers_within_branches(tmp_path: Path) -> None:
    """A product in a branch is named with the node that has the branch."""
    kinds = onnx.helper.make_tensor_value_info
    branches = [
        onnx.helper.make_graph([node("MatMul", "x w", "out", name="inner")], "then", [], [kinds("out", 1, None)]),
        onnx.helper.make_graph([node("Identity", "x", "same")], "else", [], [kinds("same", 1, None)]),
    ]
    nodes = [
        node("ReduceSum", "x", "total", keepdims=0),
        node("Greater", "total zero", "which"),
        node("If", "which", name="choice", then_branch=branches[0], else_branch=branches[1]),
    ]
    tensors = {"w": normal(1, 2, 2), "zero": np.array(0, np.float32)}
    graph = load_graph(save(tmp_path / "net.onnx", nodes, tensors, {"x": [1, 2]}))
    assert graph.unsupported == ("node 'inner' (MatMul): is within a branch of 'choice'",)
    np.testing.assert_allclose(graph.run(np.ones((1, 2))), tensors["w"].sum(axis=0, keepdims=True), rtol=1e-6)


def test_a_convolution_over_three_axes_and_one_in_double(tmp_path: Path) -> None:
    path = save(tmp_path / "a.onnx", [node("Conv", "x w", name="c")], {"w": normal(1, 2, 2, 2, 2, 2)}, {"x": [1, 2, 3, 3, 3]})
    assert load_graph(path).unsupported == ("node 'c' (Conv): convolves over 3 axes: the hardware has 1 and 2",)
    kinds = {"x": onnx.TensorProto.DOUBLE}
    tensors = {"w": normal(1, 3, 2).astype(float)}
    path = save(tmp_path / "b.onnx", [node("MatMul", "x w", name="m")], tensors, {"x": [1, 3]}, kinds=kinds)
    assert load_graph(path).unsupported == ("node 'm' (MatMul): computes in DOUBLE: convert it to float32",)


def test_a_layer_with_too_many_products(tmp_path: Path) -> None:
    """It is skipped with the reason when the caller takes reasons, else refused."""
    weights = np.ones((70000, 1), np.float32)
    graph = load_graph(save(tmp_path / "net.onnx", [node("MatMul", "x w", name="big")], {"w": weights}, {"x": [1, 70000]}))
    values, reasons = np.ones((2, 70000), np.float32), []
    assert graph.capture(values, reasons.append) == []
    (reason,) = reasons
    assert "'big'" in reason
    assert "70000 products" in reason
    with pytest.raises(GraphError, match="70000 products"):
        graph.capture(values)


def quantised(values: np.ndarray, rule: FixedRule) -> np.ndarray:
    """A rule, value by value, in Python's numbers."""
    found = [round(float(np.float32(value) / np.float32(rule.scale))) for value in np.ravel(values)]
    ends = (rule.low - rule.zero_point, rule.high - rule.zero_point)
    return np.array([min(max(each, ends[0]), ends[1]) for each in found]).reshape(np.shape(values)) * rule.scale


@pytest.mark.parametrize("opset", [9, 17])
def test_emulation_quantises_both_operands(opset: int, tmp_path: Path) -> None:
    """The first layer alone, by hand: ties to even, values beyond the range, a zero point."""
    graph = small(tmp_path, opset)
    acts, weights = FixedRule(0.25, -3, 12, zero_point=2), FixedRule(2.0**-3, -16, 15)
    values = np.rint(normal(8, 2, 2, 4, 4) * 16) / 8  # many are half a step from two codes
    found = graph.emulate({"first": LayerRule(acts, weights)}).capture(values)[1].acts
    tensors = small(tmp_path).layers[0]
    x = np.pad(quantised(values, acts), [(0, 0), (0, 0), (1, 1), (1, 1)])
    w = quantised(tensors.weights, weights)
    taps = [x[:, :, r : r + 4, s : s + 4] for r in range(3) for s in range(3)]
    sums = np.einsum("tnchw,ktc->nhwk", np.array(taps), w.reshape(4, 9, 2)) + tensors.bias
    np.testing.assert_allclose(found, np.maximum(sums, 0), rtol=1e-6, atol=1e-6)


def test_emulation_of_a_gemm_with_alpha_and_of_computed_operands(tmp_path: Path) -> None:
    graph = small(tmp_path)
    rule = LayerRule(weights=FixedRule(0.5, -4, 3))
    values = normal(7, 1, 2, 4, 4)
    acts = graph.capture(values)[2].acts.reshape(-1)
    expected = quantised(normal(4, 5, 12) / 2, rule.weights) @ acts + normal(5, 5)
    np.testing.assert_allclose(graph.emulate({"last": rule}).run(values)[0], expected, rtol=1e-5, atol=1e-5)
    path = save(tmp_path / "m.onnx", [node("MatMul", "q k", name="m")], {}, {"q": [1, 3, 4], "k": [1, 4, 2]})
    rules = {"m": LayerRule(FixedRule(0.5, -4, 3), FixedRule(0.25, -8, 7))}
    inputs = {"q": normal(1, 1, 3, 4), "k": normal(2, 1, 4, 2)}
    expected = quantised(inputs["q"], rules["m"].acts) @ quantised(inputs["k"], rules["m"].weights)
    np.testing.assert_allclose(load_graph(path).emulate(rules).run(inputs), expected, rtol=1e-6)


def test_emulation_with_weights_that_sessions_share(tmp_path: Path) -> None:
    """Large tensors are handed over apart from the nodes; the one that the quantised copy replaces must not be."""
    weights = normal(1, 100, 60)
    graph = load_graph(save(tmp_path / "net.onnx", [node("MatMul", "x w", name="m")], {"w": weights}, {"x": [1, 100]}))
    values, rule = normal(2, 3, 100), FixedRule(0.125, -16, 15)
    found = graph.emulate({"m": LayerRule(weights=rule)}).run(values)
    np.testing.assert_allclose(found, values @ quantised(weights, rule), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(graph.run(values), values @ weights, rtol=1e-4, atol=1e-4)


def test_emulation_adds_to_earlier_rules_and_refuses_unknown_layers(tmp_path: Path) -> None:
    graph = small(tmp_path)
    one, two = LayerRule(FixedRule(0.5, -4, 3)), LayerRule(FixedRule(0.25, 0, 9))
    values = normal(1, 2, 2, 4, 4)
    together = graph.emulate({"first": one, "last": two}).run(values)
    np.testing.assert_array_equal(
        graph.emulate({"first": two}).emulate({"first": one}).emulate({"last": two}).run(values), together
    )
    assert np.abs(together - graph.run(values)).max() > 0.01
    with pytest.raises(GraphError, match=r"no layer 'conv9': use one of first, Conv_2, last"):
        graph.emulate({"conv9": one})


@pytest.mark.parametrize("bits", range(1, 17))
def test_a_rule_as_nodes_is_the_rule_to_the_last_bit(bits: int, tmp_path: Path) -> None:
    """Through a product with 1, for 16-bit codes and odd scales, in both ways of rounding."""
    values = np.concatenate([normal(bits, 500) * 3, np.float32([0, 1e30, -1e30, 1e-30])]).astype(np.float32)[None]
    rule = FixedRule(0.37 * 2.0**-bits, -(1 << bits) + 5, (1 << bits) + 7, 3)
    for opset in (9, 17):
        path = save(
            tmp_path / "r.onnx",
            [node("MatMul", "x one", name="m")],
            {"one": np.eye(504, dtype=np.float32)},
            {"x": [1, 504]},
            opset=opset,
        )
        found = load_graph(path).emulate({"m": LayerRule(rule)}).run(values)
        np.testing.assert_array_equal(found, rule.apply(values))
        np.testing.assert_array_equal((rule.codes(values) - 3).astype(np.float32) * np.float32(rule.scale), found)


def test_fixed_point_rules() -> None:
    assert FixedRule.fixed_point(3, 4, signed=True) == FixedRule(2.0**-4, -128, 127)
    assert FixedRule.fixed_point(-2, 10, signed=False) == FixedRule(2.0**-10, 0, 255)
    assert FixedRule(0.5, 0, 3).clipped(np.array([-0.1, -0.4, -0.5, 1.7, 1.9, 2.0, 0.2])) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((0.0, 0, 1), "scale = 0.0"), ((1e-60, 0, 1), "scale"), ((1.0, 1, 4), "zero_point = 0"), ((1.0, 0, 1 << 20), "codes")],
)
def test_rules_that_are_none(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FixedRule(*arguments)
