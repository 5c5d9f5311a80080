# SPDX-License-Identifier: Apache-2.0
"""A layer's operands as the hardware takes them: a ConvLayer, activations [H, W, C], weights [K, R, S, C / groups].

A ConvLayer has one stride, and the same padding on all sides. What does not fit is brought into a form with the same sums
and the same brick steps:

- padding that differs between sides or axes: the activations are kept padded, pad = 0;
- strides that differ, or dilation: window form. Each window's values lie side by side: H = windows, W = S = R * S, R = 1;
- a matrix product: tokens are windows, H = tokens, W = 1, filters of 1 x 1;
- a product of two computed matrices, one a head (attention): heads are groups, C = heads * d, K = heads * columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.layer import ConvLayer


@dataclass(frozen=True, eq=False)
class Operands:
    """One input's operands of a layer, float32."""

    layer: ConvLayer
    acts: np.ndarray  # [H, W, C]
    weights: np.ndarray  # [K, R, S, C / groups]
    raw_acts: int  # activations as the network stores them, in values


def padded(operands: Operands) -> Operands:
    """Return the same layer with the zeros of its padding among its activations; acts may have leading axes."""
    pad = operands.layer.pad
    if not pad:
        return operands
    acts = np.pad(operands.acts, [(0, 0)] * (operands.acts.ndim - 3) + [(pad, pad), (pad, pad), (0, 0)])
    layer = replace(operands.layer, H=operands.layer.H + 2 * pad, W=operands.layer.W + 2 * pad, pad=0)
    return replace(operands, layer=layer, acts=acts)


@dataclass(frozen=True)
class ConvForm:
    """A convolution over one or two axes; one axis is a second one of length 1. Pairs are (vertical, horizontal)."""

    axes: int  # 1 or 2
    strides: tuple[int, int]
    dilations: tuple[int, int]
    groups: int
    pads: tuple[int, int, int, int] | None  # top, left, bottom, right; None: as `same` says
    same: str = ""  # SAME_UPPER or SAME_LOWER: where the odd one of the zeros goes

    def weights(self, stored: np.ndarray) -> np.ndarray:
        """Return the node's weights [K, C / groups, R(, S)] as [K, R, S, C / groups]."""
        return np.moveaxis(stored[..., None] if self.axes == 1 else stored, 1, -1)

    def operands(self, name: str, acts: np.ndarray, stored: np.ndarray) -> Operands:
        """Return the operands of the node `name` for acts [B, C, H(, W)]. Raises LayerError."""
        raw, weights = acts.size, self.weights(stored)
        acts = np.moveaxis(acts[..., None] if self.axes == 1 else acts, 1, -1)
        size, kernel = acts.shape[1:3], weights.shape[1:3]
        pads = self._pads(size, kernel)
        stride = self._common_stride(size, kernel, pads)
        if len(acts) == 1 and stride:
            pad, acts = self._kept_pad(acts[0], pads)
            return Operands(self._layer(name, acts, weights, stride, pad), acts, weights, raw)
        windows = self._windows(acts, kernel, pads)
        weights = weights.reshape(len(weights), 1, -1, weights.shape[-1])
        return Operands(self._layer(name, windows, weights, 1, 0), windows, weights, raw)

    def _pads(self, size: tuple[int, ...], kernel: tuple[int, ...]) -> tuple[int, int, int, int]:
        if self.pads is not None:
            return self.pads
        before, after = [], []
        for length, taps, stride, dilation in zip(size, kernel, self.strides, self.dilations, strict=True):
            total = max(0, (-(-length // stride) - 1) * stride + (taps - 1) * dilation + 1 - length)
            small, large = total // 2, total - total // 2
            before.append(large if self.same == "SAME_LOWER" else small)
            after.append(small if self.same == "SAME_LOWER" else large)
        return (*before, *after)

    def _slack(self, size: tuple[int, ...], kernel: tuple[int, ...], pads: tuple[int, ...]) -> list[int]:
        """Return how far a window can move along each axis, in positions."""
        ends = zip(size, kernel, self.dilations, pads[:2], pads[2:], strict=True)
        return [length + before + after - (taps - 1) * gap - 1 for length, taps, gap, before, after in ends]

    def _common_stride(self, size: tuple[int, ...], kernel: tuple[int, ...], pads: tuple[int, ...]) -> int:
        """Return a stride that serves both axes, 0 when there is none or when the taps are apart.

        An axis along which windows do not move takes any stride that keeps them from moving.
        """
        if any(gap > 1 and taps > 1 for gap, taps in zip(self.dilations, kernel, strict=True)):
            return 0
        slack = self._slack(size, kernel, pads)
        for stride in sorted(set(self.strides)):
            pairs = zip(self.strides, slack, strict=True)
            if all(stride == own if free >= own else free < stride for own, free in pairs):
                return stride
        return 0

    def _kept_pad(self, acts: np.ndarray, pads: tuple[int, ...]) -> tuple[int, np.ndarray]:
        """Return (pad, activations): the padding where it is the same on all sides, else 0 and the padded activations."""
        if len(set(pads)) == 1:
            return pads[0], acts
        return 0, np.pad(acts, [(pads[0], pads[2]), (pads[1], pads[3]), (0, 0)])

    def _layer(self, name: str, acts: np.ndarray, weights: np.ndarray, stride: int, pad: int) -> ConvLayer:
        (H, W, C), (K, R, S, _) = acts.shape, weights.shape
        return ConvLayer(name, C=C, H=H, W=W, K=K, R=R, S=S, stride=stride, pad=pad, groups=self.groups)

    def _windows(self, acts: np.ndarray, kernel: tuple[int, ...], pads: tuple[int, ...]) -> np.ndarray:
        """Return acts [B, H, W, C] as [B * windows, R * S, C]."""
        slack = self._slack(acts.shape[1:3], kernel, pads)
        rows, columns = (free // step + 1 for free, step in zip(slack, self.strides, strict=True))
        acts = np.pad(acts, [(0, 0), (pads[0], pads[2]), (pads[1], pads[3]), (0, 0)])
        (down, right), (gap_down, gap_right) = self.strides, self.dilations
        taps = [
            acts[:, r * gap_down :: down, s * gap_right :: right][:, :rows, :columns]
            for r in range(kernel[0])
            for s in range(kernel[1])
        ]
        return np.stack(taps, axis=3).reshape(-1, len(taps), acts.shape[-1])


@dataclass(frozen=True)
class ProductForm:
    """A matrix product of activations [..., T, d] and weights [..., d, K], after the transpositions that are asked for."""

    acts_transposed: bool = False
    weights_transposed: bool = False

    def weights(self, stored: np.ndarray) -> np.ndarray:
        """Return constant weights [..., d, K] as [heads * K, 1, 1, d]."""
        matrices = self._matrices(stored, self.weights_transposed, column=True)
        return self._filters(matrices.reshape(-1, *matrices.shape[-2:]))

    def operands(self, name: str, acts: np.ndarray, stored: np.ndarray) -> Operands:
        """Return the operands of the node `name`. Raises LayerError."""
        left = self._matrices(acts, self.acts_transposed, column=False)
        right = self._matrices(stored, self.weights_transposed, column=True)
        if right.size == right.shape[-2] * right.shape[-1]:  # one matrix for all: every row is a token
            left, right = left.reshape(1, -1, left.shape[-1]), right.reshape(1, *right.shape[-2:])
        else:
            heads = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
            left, right = (
                np.broadcast_to(each, (*heads, *each.shape[-2:])).reshape(-1, *each.shape[-2:]) for each in (left, right)
            )
        heads, tokens, depth = left.shape
        tensor = np.moveaxis(left, 0, 1).reshape(tokens, 1, heads * depth)
        weights = self._filters(right)
        layer = ConvLayer(name, C=heads * depth, H=tokens, W=1, K=len(weights), R=1, S=1, groups=heads)
        return Operands(layer, tensor, weights, acts.size)

    @staticmethod
    def _matrices(values: np.ndarray, transposed: bool, column: bool) -> np.ndarray:
        """Return values with at least two axes, the last two in the product's order; a vector is a row or a column."""
        if values.ndim == 1:
            return values[:, None] if column else values[None, :]
        return np.swapaxes(values, -1, -2) if transposed else values

    @staticmethod
    def _filters(matrices: np.ndarray) -> np.ndarray:
        """Return matrices [heads, d, K] as [heads * K, 1, 1, d]."""
        heads, depth, columns = matrices.shape
        return np.swapaxes(matrices, 1, 2).reshape(heads * columns, 1, 1, depth)
