# SPDX-License-Identifier: Apache-2.0
"""Which nodes of a network the hardware computes, and which of those that multiply it cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx

from models.graphs.forms import ConvForm, ProductForm
from models.graphs.source import Network, branches

# Operators whose time is in multiplications, and which are no layers of the hardware. Others run in float and are no layers.
_UNSUPPORTED = {
    *("ConvTranspose", "DeformConv", "CausalConvWithState", "LSTM", "GRU", "RNN", "Einsum", "Attention", "LinearAttention"),
    *("ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul", "QGemm", "QLinearConvTranspose"),
    *("MatMulInteger16", "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM", "QAttention"),
    *("FusedConv", "FusedGemm", "FusedMatMul", "TransposeMatMul", "GemmFastGelu", "NhwcConv", "SparseToDenseMatMul"),
    *("MatMulNBits", "MatMulFpQ4", "MatMulBnb4", "MultiHeadAttention", "GroupQueryAttention", "PackedAttention"),
    *("PackedMultiHeadAttention", "DecoderAttention", "DecoderMaskedMultiHeadAttention", "DecoderMaskedSelfAttention"),
    *("SparseAttention", "LongformerAttention", "AttnLSTM", "QMoE", "MoE"),
}
_QUANTISED = {"QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "QGemm", "QLinearConvTranspose"}
_OPERATORS = {"Conv", "Gemm", "MatMul"}
_PASSING = {"BatchNormalization", "Add", "Sum", "Mul", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose"}


@dataclass(frozen=True, eq=False)
class GraphLayer:
    """A node that the hardware computes. Batch normalisation that follows a convolution is part of its weights and bias."""

    name: str  # the node's, unique
    operator: str  # Conv, Gemm or MatMul
    weights: np.ndarray | None  # float32 [K, R, S, C / groups]; None: both operands are computed
    bias: np.ndarray | None  # float32 [K]; None: there is none, or it is not one number a filter
    relu: bool  # whether its output goes through a ReLU
    form: ConvForm | ProductForm  # how its operands become those of a ConvLayer
    acts_input: int  # which input of the node the activations are: 0, or 1 where the constant comes first
    acts_name: str  # the tensors
    weights_name: str
    stored: np.ndarray | None  # the constant operand as the node has it, alpha of a Gemm included


class _RefusedError(ValueError):
    """Why a node is no layer."""


def find_layers(network: Network) -> tuple[tuple[GraphLayer, ...], tuple[str, ...]]:
    """Return (layers, unsupported): the latter name node, operator and reason, also of nodes inside branches."""
    relus, types = _relus(network), _element_types(network)
    layers, unsupported = [], []
    for node in network.model.graph.node:
        unsupported += [f"{_shown(each)}: is within a branch of {node.name!r}" for each in _inner(node) if _multiplies(each)]
        if not _multiplies(node):
            continue
        try:
            layer = _layer(node, network, types, node.output[0] in relus)
            layers += [layer] if layer else []
        except _RefusedError as error:
            unsupported.append(f"{_shown(node)}: {error}")
    return tuple(layers), tuple(unsupported)


def _shown(node: onnx.NodeProto) -> str:
    return f"node {node.name or node.output[0]!r} ({node.op_type})"


def _multiplies(node: onnx.NodeProto) -> bool:
    return node.op_type in _UNSUPPORTED or (node.op_type in _OPERATORS and node.domain in ("", "ai.onnx"))


def _inner(node: onnx.NodeProto) -> list[onnx.NodeProto]:
    """Return the nodes inside a node's branches, at any depth."""
    inner = [each for graph in branches(node) for each in graph.node]
    return inner + [deep for each in inner for deep in _inner(each)]


def _layer(node: onnx.NodeProto, network: Network, types: dict[str, int], relu: bool) -> GraphLayer | None:
    """Return the layer of a node; None when its operands are both constant."""
    if node.op_type in _QUANTISED:
        raise _RefusedError("computes on integers that are quantised already: import the float network")
    if node.op_type in _UNSUPPORTED:
        raise _RefusedError("is no layer of the hardware, it runs in float")
    constant = [name in network.tensors for name in node.input[:2]]
    if all(constant):
        return None
    kinds = {types.get(name, onnx.TensorProto.FLOAT) for name in node.input[:2]}
    if kinds != {onnx.TensorProto.FLOAT}:
        raise _RefusedError(
            f"computes in {', '.join(sorted(map(onnx.TensorProto.DataType.Name, kinds)))}: convert it to float32"
        )
    acts_input = 1 if constant[0] else 0
    attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    stored = network.tensors.get(node.input[1 - acts_input])
    if node.op_type == "Conv":
        if constant[0]:
            raise _RefusedError("convolves a constant with computed weights")
        form = _conv_form(attributes, stored)
    else:
        form = _product_form(node, attributes, acts_input)
    alpha = attributes.get("alpha", 1.0) if node.op_type == "Gemm" else 1.0
    if alpha != 1 and stored is not None:
        stored = stored * np.float32(alpha)
    weights = None if stored is None else form.weights(stored)
    bias = _bias(node, network, attributes, weights)
    names = node.input[acts_input], node.input[1 - acts_input]
    return GraphLayer(node.name, node.op_type, weights, bias, relu, form, acts_input, *names, stored)


def _conv_form(attributes: dict, stored: np.ndarray | None) -> ConvForm:
    shape = attributes.get("kernel_shape") or (None if stored is None else stored.shape[2:])
    if shape is None:
        raise _RefusedError("has computed weights of unknown shape: give the node a kernel_shape")
    if len(shape) not in (1, 2):
        raise _RefusedError(f"convolves over {len(shape)} axes: the hardware has 1 and 2")
    flat = len(shape) == 1
    strides, dilations = (tuple(attributes.get(key) or [1] * len(shape)) for key in ("strides", "dilations"))
    auto = attributes.get("auto_pad", b"NOTSET").decode()
    pads = tuple(attributes.get("pads") or [0] * 2 * len(shape))
    pads = (0, 0, 0, 0) if auto == "VALID" else None if auto.startswith("SAME") else (pads[0], 0, pads[1], 0) if flat else pads
    if flat:
        strides, dilations = (strides[0], strides[0]), (dilations[0], 1)
    return ConvForm(len(shape), strides, dilations, attributes.get("group", 1), pads, auto if pads is None else "")


def _product_form(node: onnx.NodeProto, attributes: dict, acts_input: int) -> ProductForm:
    """Return the form; with the constant first, Y = W X is taken as Y^T = X^T W^T."""
    swapped = acts_input == 1
    first, second = (bool(attributes.get(key, 0)) if node.op_type == "Gemm" else False for key in ("transA", "transB"))
    return ProductForm(not second, not first) if swapped else ProductForm(first, second)


def _bias(node: onnx.NodeProto, network: Network, attributes: dict, weights: np.ndarray | None) -> np.ndarray | None:
    if node.op_type == "MatMul" or len(node.input) < 3 or weights is None:
        return None
    values = network.tensors.get(node.input[2])
    if values is None or values.dtype != np.float32:
        return None
    if node.op_type == "Conv":
        return values
    values, row = values * np.float32(attributes.get("beta", 1.0)), len(weights)
    per_filter = values.size in (1, row) and (values.ndim < 2 or values.shape[0] == 1) and node.input[0] not in network.tensors
    return np.broadcast_to(values.reshape(-1), row) if per_filter else None


def _element_types(network: Network) -> dict[str, int]:
    """Return the element type of each tensor, as far as shape inference tells."""
    graph = network.model.graph
    try:
        graph = onnx.shape_inference.infer_shapes(network.model).graph
    except Exception:  # it is a help only: onnxruntime judges the network
        graph = network.model.graph
    known = {each.name: each.type.tensor_type.elem_type for each in (*graph.value_info, *graph.input, *graph.output)}
    stored = {name: onnx.helper.np_dtype_to_tensor_dtype(values.dtype) for name, values in network.tensors.items()}
    return {name: kind for name, kind in (known | stored).items() if kind}


def _relus(network: Network) -> set[str]:
    """Return the tensors that go through a ReLU: all users are one, or the only user hands its result on to one."""
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in network.model.graph.node:
        for name in set(node.input):
            users.setdefault(name, []).append(node)
    outputs, found = {each.name for each in network.model.graph.output}, set()
    for node in reversed(network.model.graph.node):
        for name in node.output:
            after = users.get(name, [])
            direct = bool(after) and all(_is_relu(each, network.tensors) for each in after)
            handed = len(after) == 1 and after[0].op_type in _PASSING and after[0].output[0] in found
            if name not in outputs and (direct or handed):
                found.add(name)
    return found


def _is_relu(node: onnx.NodeProto, tensors: dict[str, np.ndarray]) -> bool:
    """Return whether a node is a ReLU, or a Clip from 0."""
    if node.op_type != "Clip":
        return node.op_type == "Relu"
    if len(node.input) > 1:
        low = tensors.get(node.input[1])
        return low is not None and low.size == 1 and float(low.reshape(())) == 0
    return any(each.name == "min" and each.f == 0 for each in node.attribute)
