# SPDX-License-Identifier: Apache-2.0
"""Emulated networks against loops over exact fractions, one operation after the other."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from exact_rounding import exact_round
from onnx import helper, load, numpy_helper
from small_networks import classifier, random_tensors, saved

from models.floats.formats import FLOAT16, FLOAT32, FixedFormat, FloatFormat, Format
from models.floats.network import EmulatedNetwork
from models.graphs import GraphError, load_graph

FORMATS = [FloatFormat(3, 4), FloatFormat(7, 6, rounding="zero"), FloatFormat(12, 8), FixedFormat(2, 5)]


def emulate(path: Path, inputs: np.ndarray, number_format: Format) -> np.ndarray:
    return EmulatedNetwork(load_graph(path).network).run(inputs, number_format)


class Exact:
    """The arithmetic that the emulation must have, on Python's fractions."""

    def __init__(self, number_format: Format) -> None:
        self.format = number_format

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return an array of rounded fractions."""
        rounded = [exact_round(Fraction(each), self.format) for each in np.asarray(values, np.float64).ravel().tolist()]
        return np.array(rounded, dtype=object).reshape(np.shape(values))

    def dot(self, one: list, two: list) -> Fraction:
        acc = Fraction(0)
        for a, b in zip(one, two, strict=True):
            acc = self.sum(acc, exact_round(a * b, self.format))
        return acc

    def sum(self, a: Fraction, b: Fraction) -> Fraction:
        return exact_round(a + b, self.format)


Lengths = list[int]


def exact_convolution(
    exact: Exact, x: np.ndarray, w: np.ndarray, b: np.ndarray, strides: Lengths, pads: Lengths, dilations: Lengths, groups: int
) -> np.ndarray:
    """Loops over every output, filter position and channel."""
    (count, _, height, width), (filters, channels, rows, columns) = x.shape, w.shape
    out_h = (height + pads[0] + pads[2] - dilations[0] * (rows - 1) - 1) // strides[0] + 1
    out_w = (width + pads[1] + pads[3] - dilations[1] * (columns - 1) - 1) // strides[1] + 1
    result = np.empty((count, filters, out_h, out_w), dtype=object)
    for n, k, oy, ox in product(range(count), range(filters), range(out_h), range(out_w)):
        acts, weights = [], []
        for c, r, s in product(range(channels), range(rows), range(columns)):
            iy, ix = oy * strides[0] - pads[0] + r * dilations[0], ox * strides[1] - pads[1] + s * dilations[1]
            if 0 <= iy < height and 0 <= ix < width:
                acts.append(x[n, k // (filters // groups) * channels + c, iy, ix])
                weights.append(w[k, c, r, s])
        result[n, k, oy, ox] = exact.sum(exact.dot(weights, acts), b[k])
    return result


CONVOLUTIONS = [
    {"strides": [1, 1], "pads": [0, 0, 0, 0], "dilations": [1, 1], "group": 1},
    {"strides": [2, 1], "pads": [1, 0, 2, 1], "dilations": [1, 2], "group": 1},
    {"strides": [1, 2], "pads": [1, 1, 1, 1], "dilations": [1, 1], "group": 2},
    {"strides": [1, 1], "pads": [1, 1, 1, 1], "dilations": [1, 1], "group": 4},
]


@pytest.mark.parametrize("number_format", FORMATS, ids=str)
@pytest.mark.parametrize("attributes", CONVOLUTIONS, ids=str)
def test_convolution(tmp_path: Path, attributes: dict, number_format: Format) -> None:
    tensors = random_tensors(1, w=(4, 4 // attributes["group"], 3, 2), b=(4,))
    node = helper.make_node("Conv", ["x", "w", "b"], ["y"], **attributes)
    x = random_tensors(2, x=(2, 4, 5, 4))["x"]
    found = emulate(saved(tmp_path, [node], tensors, ["N", 4, 5, 4], "y"), x, number_format)
    exact = Exact(number_format)
    shape = [attributes[key] for key in ("strides", "pads", "dilations", "group")]
    expected = exact_convolution(exact, exact.of(x), exact.of(tensors["w"]), exact.of(tensors["b"]), *shape)
    np.testing.assert_array_equal(found.astype(np.float64), expected.astype(np.float64))


def test_the_loop_sees_another_order_and_a_missing_rounding(tmp_path: Path) -> None:
    """The bias first instead of last, or sums rounded only at the end, is another result."""
    number_format, tensors = FORMATS[0], random_tensors(1, w=(4, 4, 3, 2), b=(4,))
    exact, x = Exact(FORMATS[0]), random_tensors(2, x=(1, 4, 5, 4))["x"]
    node = helper.make_node("Conv", ["x", "w", "b"], ["y"])
    found = emulate(saved(tmp_path, [node], tensors, ["N", 4, 5, 4], "y"), x, number_format).astype(np.float64)
    weights, acts, bias = exact.of(tensors["w"])[0].ravel(), exact.of(x)[0, :, :3, :2].ravel(), exact.of(tensors["b"])[0]
    biased = exact.dot([Fraction(1), *weights], [bias, *acts])
    whole = exact_round(sum(a * b for a, b in zip(weights, acts, strict=True)) + bias, number_format)
    assert float(exact.sum(exact.dot(list(weights), list(acts)), bias)) == found[0, 0, 0, 0]
    assert found[0, 0, 0, 0] not in (float(biased), float(whole))


@pytest.mark.parametrize("number_format", FORMATS, ids=str)
def test_classifier(tmp_path: Path, number_format: Format) -> None:
    path, x, exact = classifier(tmp_path), random_tensors(5, x=(2, 2, 5, 5))["x"], Exact(number_format)
    tensors = {each.name: exact.of(numpy_helper.to_array(each)) for each in load(path).graph.initializer}
    hidden = exact_convolution(exact, exact.of(x), tensors["w"], tensors["b"], [2, 2], [1, 1, 1, 1], [1, 1], 1)
    hidden = np.maximum(hidden, Fraction(0)).reshape(2, -1)
    expected = [
        [exact.sum(exact.dot(list(row), list(v)), a) for v, a in zip(tensors["v"], tensors["a"], strict=True)] for row in hidden
    ]
    found = emulate(path, x, number_format)
    np.testing.assert_array_equal(found.astype(np.float64), np.array(expected, dtype=np.float64))


@pytest.mark.parametrize("number_format", FORMATS[:2], ids=str)
def test_elementwise_and_matrix_operators(tmp_path: Path, number_format: Format) -> None:
    """(x m + x) (x - c) and a Gemm with factors, whose two factors are rounded operations of their own."""
    nodes = [
        helper.make_node("MatMul", ["x", "m"], ["p"]),
        helper.make_node("Add", ["p", "x"], ["q"]),
        helper.make_node("Sub", ["x", "c"], ["r"]),
        helper.make_node("Mul", ["q", "r"], ["s"]),
        helper.make_node("Gemm", ["s", "m", "c"], ["y"], alpha=0.7, beta=0.3, transA=1),
    ]
    tensors = random_tensors(4, m=(3, 3), c=(3,))
    x, exact = random_tensors(6, x=(3, 3))["x"], Exact(number_format)
    found = emulate(saved(tmp_path, nodes, tensors, [3, 3], "y"), x, number_format)
    xs, m, c = (exact.of(each) for each in (x, tensors["m"], tensors["c"]))
    alpha, beta = (exact.of(np.array([each], np.float32))[0] for each in (0.7, 0.3))
    for i, j in product(range(3), range(3)):
        s = []
        for row in range(3):  # column i of s
            p = exact.dot(list(xs[row]), list(m[:, i]))
            s.append(exact_round(exact.sum(p, xs[row, i]) * exact.sum(xs[row, i], -c[i]), number_format))
        product_sum = exact_round(exact.dot(s, list(m[:, j])) * alpha, number_format)
        assert Fraction(float(found[i, j])) == exact.sum(product_sum, exact_round(c[j] * beta, number_format))


def test_batched_matmul_is_that_of_each_matrix(tmp_path: Path) -> None:
    node = helper.make_node("MatMul", ["x", "m"], ["y"])
    tensors, x = random_tensors(4, m=(2, 3, 4)), random_tensors(5, x=(2, 5, 3))["x"]
    found = emulate(saved(tmp_path, [node], tensors, [2, 5, 3], "y"), x, FloatFormat(3, 4))
    for index in range(2):
        single = saved(tmp_path, [node], {"m": tensors["m"][index]}, [5, 3], "y", "single")
        np.testing.assert_array_equal(found[index], emulate(single, x[index], FloatFormat(3, 4)))


def test_other_operators_are_rounded_once(tmp_path: Path) -> None:
    nodes = [helper.make_node("Tanh", ["x"], ["t"]), helper.make_node("GlobalAveragePool", ["t"], ["y"])]
    x, number_format = random_tensors(5, x=(3, 2, 4, 4))["x"], FloatFormat(4, 4)
    found = emulate(saved(tmp_path, nodes, {}, ["N", 2, 4, 4], "y"), x, number_format)
    tanh = number_format.round(np.tanh(number_format.round(x).astype(np.float32)))
    expected = number_format.round(tanh.astype(np.float32).mean(axis=(2, 3), keepdims=True))
    np.testing.assert_array_equal(found, expected)


def test_one_dimensional_convolution_and_automatic_padding(tmp_path: Path) -> None:
    tensors = random_tensors(4, w=(2, 3, 3), b=(2,))
    x = random_tensors(5, x=(2, 3, 7))["x"]
    node = helper.make_node("Conv", ["x", "w", "b"], ["y"], auto_pad="SAME_UPPER", strides=[2])
    path = saved(tmp_path, [node], tensors, ["N", 3, 7], "y")
    np.testing.assert_allclose(emulate(path, x, FLOAT32), load_graph(path).run(x), rtol=1e-5, atol=1e-6)


def test_float32_is_the_network_and_float16_is_near(tmp_path: Path) -> None:
    path, x = classifier(tmp_path), random_tensors(5, x=(70, 2, 5, 5))["x"]  # more than a batch
    exact = load_graph(path).run(x)
    np.testing.assert_allclose(emulate(path, x, FLOAT32), exact, rtol=1e-5, atol=1e-5)
    assert 1e-5 < np.abs(emulate(path, x, FLOAT16) - exact).max() < 0.02


def test_errors(tmp_path: Path) -> None:
    pair = [helper.make_node("Conv", ["x", "w"], ["y"])]
    path = saved(tmp_path, pair, random_tensors(1, w=(1, 1, 2, 2, 2)), ["N", 1, 3, 3, 3], "y")
    with pytest.raises(GraphError, match=r"Conv_0.*weights of 5 dimensions"):
        emulate(path, np.ones((1, 1, 3, 3, 3), np.float32), FLOAT16)
    fixed = saved(tmp_path, [helper.make_node("Relu", ["x"], ["y"])], {}, [2, 3], "y", "fixed")
    with pytest.raises(GraphError, match="takes 2 at a time"):
        emulate(fixed, np.ones((3, 3), np.float32), FLOAT16)
