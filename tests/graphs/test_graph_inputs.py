# SPDX-License-Identifier: Apache-2.0
"""Files and inputs that a network cannot take: one clear line each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from models.graphs import Graph, GraphError, load_graph
from tests.graphs.onnx_nets import node, normal, save


def product(folder: Path, shape: list, **more: list) -> Graph:
    """A matrix product with a constant; further inputs are added to its result."""
    nodes = [node("MatMul", "x w", "sum0", name="m")]
    for index, name in enumerate(more):
        nodes.append(node("Add", f"sum{index} {name}", f"sum{index + 1}"))
    return load_graph(save(folder / "net.onnx", nodes, {"w": normal(1, 3, 2)}, {"x": shape} | more, output=f"sum{len(more)}"))


def test_axes_of_runs(tmp_path: Path) -> None:
    """Along the first axis where it is the batch, in front of it otherwise."""
    free, fixed, matrix = [["n", 3], [1, 3], [4, 3]]
    values = normal(2, 4, 3)
    expected = values @ normal(1, 3, 2)
    for shape in (free, fixed, matrix):
        np.testing.assert_allclose(product(tmp_path, shape).run(values), expected, rtol=1e-5, atol=1e-6)
    graph = product(tmp_path, matrix)
    assert [len(each.acts) for each in graph.capture(values)] == [1]
    assert [each.acts.shape for each in graph.capture(np.stack([values, values]))] == [(2, 4, 1, 3)]
    assert graph.run(np.stack([values, values])).shape == (2, 4, 2)
    assert product(tmp_path, fixed).capture(values)[0].acts.shape == (4, 1, 1, 3)


def test_an_input_for_all_runs(tmp_path: Path) -> None:
    graph = product(tmp_path, ["n", 3], offset=[1, 2], scalar=[])
    values, offset = normal(2, 4, 3), normal(3, 1, 2)
    found = graph.run({"x": values, "offset": offset, "scalar": np.float32(2)})
    np.testing.assert_allclose(found, values @ normal(1, 3, 2) + offset + 2, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((4, 5)), r"input 'x' has shape \[4, 5\]: the network takes float32 \[n, 3\]"),
        (np.zeros(3), r"shape \[3\]: the network takes float32 \[n, 3\]"),
        (np.zeros((0, 3)), r"shape \[0, 3\], no values: give at least one input"),
        (np.array([[0, np.nan, 0]]), "NaN or infinite"),
        (np.array([[0, 1e300, 0]]), "float64 with values that float32 does not hold"),
        (np.array([[0, 1, 1 << 30 | 1]]), "int64 with values that float32 does not hold"),
        (np.array([["a", "b", "c"]]), "is <U1: the network takes float32"),
        ({"x": np.zeros((1, 3)), "z": np.zeros(1)}, r"has no input 'z': its inputs are x \(float32 \[n, 3\]\)"),
        ({}, "gets no values for x"),
    ],
)
def test_inputs_that_do_not_fit(values: np.ndarray | dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=message) as error:
        product(tmp_path, ["n", 3]).run(values)
    assert str(error.value).startswith(f"{tmp_path / 'net.onnx'}: ")
    assert "\n" not in str(error.value)


def test_inputs_that_are_converted(tmp_path: Path) -> None:
    graph = product(tmp_path, ["n", 3])
    expected = graph.run(np.array([[1, 2, 3]], np.float32))
    for dtype in (np.uint8, np.int64, np.float64, np.float16):
        np.testing.assert_array_equal(graph.run(np.array([[1, 2, 3]], dtype)), expected)


def test_two_inputs_with_different_numbers_of_runs(tmp_path: Path) -> None:
    graph = product(tmp_path, ["n", 3], offset=["n", 2])
    with pytest.raises(GraphError, match="input 'offset' has values for 3 runs, another one for 4"):
        graph.run({"x": normal(1, 4, 3), "offset": normal(2, 3, 2)})
    with pytest.raises(GraphError, match=r"takes 2 inputs: give one array for each of x .*, offset"):
        graph.run(normal(1, 4, 3))


def test_files_that_are_no_networks(tmp_path: Path) -> None:
    text, empty, other = tmp_path / "text.onnx", tmp_path / "empty.onnx", tmp_path / "model.onnx"
    text.write_bytes(b"no network at all" * 9)
    empty.write_bytes(b"")
    onnx.save(onnx.helper.make_model(onnx.GraphProto(name="g")), other)
    for path, message in [
        (tmp_path / "none.onnx", "no such file"),
        (tmp_path, "is a folder"),
        (text, "is no readable ONNX network"),
        (empty, "holds no ONNX graph"),
        (other, "holds no ONNX graph"),
    ]:
        with pytest.raises(GraphError, match=message) as error:
            load_graph(path)
        assert str(error.value).startswith(f"{path}: ")
        assert "\n" not in str(error.value)


def test_data_files_beside_the_network(tmp_path: Path) -> None:
    """Found wherever the network is; a short or a missing one is refused."""
    path = save(tmp_path / "a.onnx", [node("MatMul", "x w")], {"w": normal(1, 40, 30)}, {"x": ["n", 40]})
    whole, apart = onnx.load(path), tmp_path / "b.onnx"
    onnx.save(whole, apart, save_as_external_data=True, location="b.data", size_threshold=100)
    values = normal(2, 3, 40)
    np.testing.assert_array_equal(load_graph(apart).run(values), load_graph(path).run(values))
    (tmp_path / "b.data").write_bytes(b"short")
    for _ in range(2):
        with pytest.raises(
            GraphError, match=r"b\.onnx: is no readable ONNX network .*: export it again, data files beside it"
        ) as error:
            load_graph(apart)
        assert "\n" not in str(error.value)
        (tmp_path / "b.data").unlink(missing_ok=True)


def test_networks_that_onnxruntime_or_this_package_refuses(tmp_path: Path) -> None:
    path = save(tmp_path / "a.onnx", [node("NoSuchOperator", "x")], {}, {"x": [1]})
    with pytest.raises(GraphError, match=r"a\.onnx: onnxruntime does not take it: .*NoSuchOperator"):
        load_graph(path)
    path = save(tmp_path / "b.onnx", [node("Relu", "x")], {}, {"x": [1]}, opset=6)
    with pytest.raises(GraphError, match="opset 6: convert it to 7 or later"):
        load_graph(path)
    path = save(
        tmp_path / "c.onnx", [node("MatMul", "x w", name="m")], {"w": np.full((3, 2), np.inf, np.float32)}, {"x": [1, 3]}
    )
    with pytest.raises(GraphError, match="layer 'm': weights are NaN or infinite"):
        load_graph(path)


def test_activations_that_become_infinite(tmp_path: Path) -> None:
    nodes = [node("Log", "x", "log"), node("MatMul", "log w", name="m")]
    graph = load_graph(save(tmp_path / "net.onnx", nodes, {"w": normal(1, 3, 2)}, {"x": [1, 3]}))
    with pytest.raises(GraphError, match="layer 'm': activations are NaN or infinite"):
        graph.capture(np.array([[1, 0, 2]], np.float32))


def test_inputs_of_different_shapes(tmp_path: Path) -> None:
    """A network whose tokens depend on the values: each input has its own shape, and no trace can hold both."""
    nodes = [
        node("NonZero", "x", "where"),
        node("Cast", "where", "f", to=1),
        node("Transpose", "f", "t"),
        node("MatMul", "t w", name="m"),
    ]
    graph = load_graph(save(tmp_path / "net.onnx", nodes, {"w": normal(1, 2, 2)}, {"x": [1, 3]}))
    with pytest.raises(GraphError, match="layer 'm' has other shapes for other inputs"):
        graph.capture(np.array([[1, 0, 2], [0, 0, 2]], np.float32))
    with pytest.raises(GraphError, match=r"outputs have different shapes|axis"):
        graph.run(np.array([[[1, 0, 2]], [[0, 0, 2]]], np.float32))
