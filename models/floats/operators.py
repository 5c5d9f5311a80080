# SPDX-License-Identifier: Apache-2.0
"""ONNX operators in rounded arithmetic: every product and every sum is rounded to the format (models/floats/arithmetic.py).

The order of the sums is part of the definition. Convolution: channels, then rows, then columns of the filter, as the
weights lie in memory, the bias last. Gemm and MatMul: the shared axis from its first entry, then alpha, then beta C.
Products with padding are zero and change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from models.floats.arithmetic import Arithmetic

Attributes = dict[str, Any]


class OperatorError(ValueError):
    """An operator that cannot be emulated as it stands; the message says what and why."""


def add(arithmetic: Arithmetic, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a + b, broadcast, rounded."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    acc = np.broadcast_to(a, shape).astype(arithmetic.dtype)
    arithmetic.add_to(acc, np.broadcast_to(b, shape).astype(arithmetic.dtype))
    return acc


def multiply(arithmetic: Arithmetic, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a times b, broadcast, rounded."""
    out = np.empty(np.broadcast_shapes(a.shape, b.shape), arithmetic.dtype)
    arithmetic.multiply(a.astype(arithmetic.dtype), b.astype(arithmetic.dtype), out)
    return out


def matmul(arithmetic: Arithmetic, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the matrix products of a [..., M, K] and b [..., K, N], with the rules of numpy.matmul for other ranks."""
    wide_a, wide_b = (a[None, :] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)
    if wide_b.ndim == 2:  # one matrix for all rows: results as columns, of which there may be many
        rows = wide_a.reshape(-1, wide_a.shape[-1])
        result = arithmetic.matmul(wide_b.T, rows.T).T.reshape(*wide_a.shape[:-1], wide_b.shape[1])
    else:
        lead = np.broadcast_shapes(wide_a.shape[:-2], wide_b.shape[:-2])
        pairs = (np.broadcast_to(each, (*lead, *each.shape[-2:])).reshape(-1, *each.shape[-2:]) for each in (wide_a, wide_b))
        parts = [arithmetic.matmul(one, two) for one, two in zip(*pairs, strict=True)]
        result = np.array(parts).reshape(*lead, wide_a.shape[-2], wide_b.shape[-1])
    result = result[..., 0, :] if a.ndim == 1 else result
    return result[..., 0] if b.ndim == 1 else result


def gemm(arithmetic: Arithmetic, attributes: Attributes, a: np.ndarray, b: np.ndarray, c: np.ndarray | None) -> np.ndarray:
    """Return alpha a b + beta c of matrices, transposed as transA and transB say."""
    a = a.T if attributes.get("transA", 0) else a
    b = b.T if attributes.get("transB", 0) else b
    result = _scaled(arithmetic, matmul(arithmetic, a, b), attributes.get("alpha", 1.0))
    return result if c is None else add(arithmetic, result, _scaled(arithmetic, c, attributes.get("beta", 1.0)))


def _scaled(arithmetic: Arithmetic, values: np.ndarray, factor: float) -> np.ndarray:
    if factor == 1:
        return values
    return multiply(arithmetic, values, arithmetic.format.round(np.array(factor)))


def convolution(
    arithmetic: Arithmetic, attributes: Attributes, x: np.ndarray, w: np.ndarray, bias: np.ndarray | None
) -> np.ndarray:
    """Return the convolution [N, K, Ho, Wo] of x [N, C, H, W] with w [K, C / groups, R, S]; one-dimensional ones too.

    Raises OperatorError for more dimensions.
    """
    if w.ndim == 3:
        wide = {key: _widened(key, value) for key, value in attributes.items()}
        return convolution(arithmetic, wide, x[:, :, None], w[:, :, None], bias)[:, :, 0]
    if w.ndim != 4:
        raise OperatorError(f"weights of {w.ndim} dimensions: convolutions have 3 or 4")
    groups = attributes.get("group", 1)
    windows = _windows(attributes, x, w.shape[2:])  # [N, C, R, S, Ho, Wo]
    count, height, width = windows.shape[0], *windows.shape[4:]
    filters, channels = w.shape[0] // groups, w.shape[1]
    result = np.empty((count, w.shape[0], height, width), arithmetic.dtype)
    for group in range(groups):
        columns = windows[:, group * channels : (group + 1) * channels].transpose(1, 2, 3, 0, 4, 5)
        columns = columns.reshape(channels * w.shape[2] * w.shape[3], -1)
        own = slice(group * filters, (group + 1) * filters)
        sums = arithmetic.matmul(w[own].reshape(filters, -1), columns)
        result[:, own] = sums.reshape(filters, count, height, width).transpose(1, 0, 2, 3)
    return result if bias is None else add(arithmetic, result, bias[:, None, None])


def _widened(key: str, value: Any) -> Any:
    """Return an attribute of a one-dimensional convolution for two dimensions, the first of size 1."""
    if key == "pads":
        return [0, value[0], 0, value[1]]
    return [1, *value] if key in ("strides", "dilations", "kernel_shape") else value


def _windows(attributes: Attributes, x: np.ndarray, kernel: tuple[int, int]) -> np.ndarray:
    """Return what each filter position sees, a view of the padded input, [N, C, R, S, Ho, Wo]."""
    strides, dilations = attributes.get("strides") or [1, 1], attributes.get("dilations") or [1, 1]
    spans = [dilation * (size - 1) + 1 for dilation, size in zip(dilations, kernel, strict=True)]
    pads = _pads(attributes, x.shape[2:], spans, strides)
    padded = np.pad(x, ((0, 0), (0, 0), *pads))
    view = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=(2, 3))
    view = view[:, :, :: strides[0], :: strides[1], :: dilations[0], :: dilations[1]]
    return view.transpose(0, 1, 4, 5, 2, 3)


def _pads(attributes: Attributes, sizes: tuple[int, ...], spans: list[int], strides: list[int]) -> list[tuple[int, int]]:
    """Return (before, after) of rows and columns."""
    mode = attributes.get("auto_pad", "NOTSET")
    if mode in ("NOTSET", ""):
        pads = attributes.get("pads") or [0, 0, 0, 0]
        return [(pads[0], pads[2]), (pads[1], pads[3])]
    if mode == "VALID":
        return [(0, 0), (0, 0)]
    found = []
    for size, span, stride in zip(sizes, spans, strides, strict=True):
        total = max(0, (-(-size // stride) - 1) * stride + span - size)
        found.append((total // 2, total - total // 2) if mode == "SAME_UPPER" else (total - total // 2, total // 2))
    return found


Operator = Callable[..., np.ndarray]
OPERATORS: dict[str, Operator] = {  # (arithmetic, attributes, *inputs): the operators whose every operation is rounded
    "Conv": lambda arithmetic, attributes, x, w, bias=None: convolution(arithmetic, attributes, x, w, bias),
    "Gemm": lambda arithmetic, attributes, a, b, c=None: gemm(arithmetic, attributes, a, b, c),
    "MatMul": lambda arithmetic, attributes, a, b: matmul(arithmetic, a, b),
    "Add": lambda arithmetic, attributes, a, b: add(arithmetic, a, b),
    "Sub": lambda arithmetic, attributes, a, b: add(arithmetic, a, -b),
    "Mul": lambda arithmetic, attributes, a, b: multiply(arithmetic, a, b),
}
