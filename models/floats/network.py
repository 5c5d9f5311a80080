# SPDX-License-Identifier: Apache-2.0
"""A network computed in a number format: weights, inputs and the result of every operation are values of the format.

Operators of models/floats/operators.py are rounded after each product and each sum. Any other operator (activation
functions, pooling, normalisation that no convolution absorbs, data movement) is computed by ONNX's reference evaluator
on the values as they are stored (float32), and its result rounded once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from models.floats.arithmetic import Arithmetic, arithmetic_of
from models.floats.formats import FloatFormat, Format
from models.floats.operators import OPERATORS, OperatorError
from models.graphs.errors import GraphError

if TYPE_CHECKING:
    from models.graphs.source import Network

BATCH = 64  # inputs computed at once: bounds the memory
_PARAMETERS = {"Resize", "Upsample", "Dropout", "Range", "Pad"}  # their small float operands are settings, not data


class EmulatedNetwork:
    """An ONNX network (`models.graphs.source.Network`) that runs in any format.

    Raises GraphError for a network with branches, loops or several inputs.
    """

    def __init__(self, network: Network) -> None:
        self.where = network.where
        self._tensors = network.tensors
        graph = network.model.graph
        inputs = [each for each in graph.input if each.name not in network.tensors]
        if len(inputs) != 1:
            raise GraphError(f"{self.where}: has {len(inputs)} inputs: formats are emulated on networks of one input")
        self._input, self._output = inputs[0].name, graph.output[0].name
        first = inputs[0].type.tensor_type.shape.dim[:1]
        self._batch = first[0].dim_value if first and first[0].dim_value > 0 else 0
        self._steps = [_step(node, network) for node in graph.node]

    def run(self, inputs: np.ndarray, number_format: Format) -> np.ndarray:
        """Return the first output, [N, ...] of the type `storage_dtype` names, of float32 inputs [N, ...] in a format.

        Raises GraphError when a node fails.
        """
        arithmetic = arithmetic_of(number_format)
        stored = {name: _rounded(number_format, values) for name, values in self._tensors.items()}
        batch = self._batch or BATCH
        if len(inputs) % batch and self._batch:
            raise GraphError(f"{self.where}: {len(inputs)} inputs: the network takes {batch} at a time, give a multiple")
        with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
            parts = [self._run(inputs[first : first + batch], arithmetic, stored) for first in range(0, len(inputs), batch)]
        return np.concatenate(parts)

    def _run(self, inputs: np.ndarray, arithmetic: Arithmetic, stored: dict[str, np.ndarray]) -> np.ndarray:
        values = {self._input: _rounded(arithmetic.format, inputs)}

        def value_of(name: str, raw: bool) -> np.ndarray | None:
            if not name:
                return None
            return values[name] if name in values else (self._tensors if raw else stored)[name]

        for step in self._steps:
            step(arithmetic, value_of, values)
        return values[self._output]


Step = Callable[[Arithmetic, Callable[[str, bool], np.ndarray | None], dict[str, np.ndarray]], None]


def storage_dtype(number_format: Format) -> np.dtype:
    """Return the type of tensors between nodes: float32, or float64 where float32 does not hold all values of the format."""
    narrow = not isinstance(number_format, FloatFormat) or (
        number_format.mantissa <= 23 and number_format.quantum >= 2.0**-149 and number_format.largest < 2.0**128
    )
    return np.dtype(np.float32 if narrow else np.float64)


def _rounded(number_format: Format, values: np.ndarray) -> np.ndarray:
    """Return float tensors in the format; others as they are."""
    return number_format.round(values).astype(storage_dtype(number_format)) if values.dtype.kind == "f" else values


def _step(node: onnx.NodeProto, network: Network) -> Step:
    """Return what computes a node's outputs from named values and stores them."""
    where = f"{network.where}: node {node.name!r} ({node.op_type})"
    if any(each.HasField("g") or each.graphs for each in node.attribute):
        raise GraphError(f"{where}: has branches or loops, which are not emulated: export the network without them")
    if node.op_type in OPERATORS and not node.domain:
        return _arithmetic_step(node, where)
    return _reference_step(node, network, where)


def _arithmetic_step(node: onnx.NodeProto, where: str) -> Step:
    operator, attributes = OPERATORS[node.op_type], {each.name: _attribute(each) for each in node.attribute}

    def step(arithmetic: Arithmetic, value_of: Callable, values: dict[str, np.ndarray]) -> None:
        operands = [value_of(name, False) for name in node.input]
        if operands[0].dtype.kind != "f":
            raise GraphError(f"{where}: computes with {operands[0].dtype}: only floats are emulated")
        try:
            result = operator(arithmetic, attributes, *operands)
        except (OperatorError, ValueError) as error:
            raise GraphError(f"{where}: {error}") from None
        values[node.output[0]] = result.astype(storage_dtype(arithmetic.format), copy=False)

    return step


def _attribute(attribute: onnx.AttributeProto) -> Any:
    value = helper.get_attribute_value(attribute)
    return value.decode() if isinstance(value, bytes) else value


def _reference_step(node: onnx.NodeProto, network: Network, where: str) -> Step:
    raw = node.op_type in _PARAMETERS
    names = [name for name in node.input if name]
    ports = [onnx.ValueInfoProto(name=name) for name in dict.fromkeys(names)]
    outputs = [name for name in node.output if name]
    graph = onnx.GraphProto(node=[node], name=node.name, input=ports, output=[onnx.ValueInfoProto(name=n) for n in outputs])
    model = onnx.ModelProto(graph=graph, ir_version=network.model.ir_version, opset_import=network.model.opset_import)
    try:
        evaluator = ReferenceEvaluator(model)
    except Exception as error:  # the evaluator has no exceptions of its own
        raise GraphError(f"{where}: ONNX's reference evaluator does not take it: {error}") from None

    def step(arithmetic: Arithmetic, value_of: Callable, values: dict[str, np.ndarray]) -> None:
        try:
            found = evaluator.run(None, {name: value_of(name, raw) for name in names})
        except Exception as error:
            raise GraphError(f"{where}: fails on these inputs: {error}") from None
        values.update(
            (name, _rounded(arithmetic.format, np.asarray(value))) for name, value in zip(outputs, found, strict=True)
        )

    return step
