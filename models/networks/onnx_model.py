# SPDX-License-Identifier: Apache-2.0
"""Float networks as ONNX: a chain of convolutions and fully connected layers, written without the training library.

Nodes are named after their layer: "conv1" computes, "conv1_relu" or "conv1_tanh" follows. The batch is symbolic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

OPSET = 17
IR_VERSION = 8  # the version of the file format that came with that operator set
BATCH = "N"
ACTIVATIONS = ("Relu", "Tanh")


@dataclass(frozen=True)
class OnnxLayer:
    """A layer of a float network: a convolution when its weights have four dimensions, else fully connected."""

    name: str
    weights: np.ndarray  # float32 [K, C, R, S] or [K, C]
    bias: np.ndarray  # float32 [K]
    activation: str | None = None  # one of ACTIVATIONS
    stride: int = 1
    pad: int = 0

    @property
    def convolution(self) -> bool:
        """Whether a window moves over the input."""
        return self.weights.ndim == 4


def _layer_nodes(layer: OnnxLayer, source: str) -> list[onnx.NodeProto]:
    """Return the layer's nodes; the output of the last has that node's name."""
    from onnx import helper  # noqa: PLC0415 (slow to import)

    operands, settings = [source, f"{layer.name}.weight", f"{layer.name}.bias"], {"transB": 1}
    if layer.convolution:
        rows, columns = layer.weights.shape[2:]
        settings = {"kernel_shape": [rows, columns], "strides": [layer.stride] * 2, "pads": [layer.pad] * 4}
    operator = "Conv" if layer.convolution else "Gemm"
    nodes = [helper.make_node(operator, operands, [layer.name], layer.name, **settings)]
    if layer.activation is not None:
        follower = f"{layer.name}_{layer.activation.lower()}"
        nodes.append(helper.make_node(layer.activation, [layer.name], [follower], follower))
    return nodes


def _layer_tensors(layer: OnnxLayer) -> list[onnx.TensorProto]:
    """Return weights and bias as the model stores them."""
    from onnx import numpy_helper  # noqa: PLC0415 (slow to import)

    arrays = {f"{layer.name}.weight": layer.weights, f"{layer.name}.bias": layer.bias}
    return [numpy_helper.from_array(np.ascontiguousarray(array, np.float32), label) for label, array in arrays.items()]


def chain_model(
    name: str,
    layers: Sequence[OnnxLayer],
    input_shape: tuple[int, ...],
    output_shape: tuple[int, ...],
    *,
    residual: bool = False,
) -> onnx.ModelProto:
    """Return the model that applies `layers` in order; it has passed ONNX's checker.

    input_shape and output_shape: of one sample, the batch goes before them. A picture that meets a fully connected layer
    is flattened. residual: the input is added to the output of the last layer. Input and output are float32 tensors
    called "input" and "output".
    """
    from onnx import TensorProto, checker, helper  # noqa: PLC0415 (slow to import)

    nodes: list[Any] = []
    source, picture = "input", len(input_shape) > 1
    for layer in layers:
        if picture and not layer.convolution:
            nodes.append(helper.make_node("Flatten", [source], ["flatten"], "flatten", axis=1))
            source, picture = "flatten", False
        nodes += _layer_nodes(layer, source)
        source = nodes[-1].output[0]
    if residual:
        nodes.append(helper.make_node("Add", [source, "input"], ["residual"], "residual"))
    nodes[-1].output[0] = "output"
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [BATCH, *input_shape])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [BATCH, *output_shape])],
        [tensor for layer in layers for tensor in _layer_tensors(layer)],
    )
    operators = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=operators, producer_name="dpred", ir_version=IR_VERSION)
    checker.check_model(model, full_check=True)
    return model
