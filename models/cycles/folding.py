# SPDX-License-Identifier: Apache-2.0
"""Space to depth: a strided layer of few channels as a layer of stride 1 that fills the lanes.

An image has 3 channels, of which a brick of 16 lanes is 13 parts empty. Each square of stride x stride positions becomes one
position of stride^2 times the channels, and the filter shrinks by the stride; the sums are the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.convolution import check_activations, check_weights
from models.layer import ConvLayer, LayerError


def fold_stride(layer: ConvLayer) -> ConvLayer:
    """Return the layer of stride 1 with the same sums: stride^2 C channels, filters of ceil(R / stride) x ceil(S / stride).

    Its input is just as large as its windows need, so it has no padding. A layer of stride 1 is returned as it is. Raises
    LayerError when the layer has groups.
    """
    if layer.groups != 1:
        raise LayerError(f"layer {layer.name!r}: groups = {layer.groups}: must be 1 to be folded")
    if layer.stride == 1:
        return layer
    R, S = -(-layer.R // layer.stride), -(-layer.S // layer.stride)
    H, W = layer.Ho + R - 1, layer.Wo + S - 1
    return replace(layer, C=layer.C * layer.stride**2, H=H, W=W, R=R, S=S, stride=1, pad=0)


def fold_acts(acts: np.ndarray, layer: ConvLayer) -> np.ndarray:
    """Return acts [..., H, W, C] of `layer` for `fold_stride(layer)`, same dtype; a batch may lead.

    Channel (dy * stride + dx) * C + c of a position is the one of row dy and column dx of its square. Raises LayerError
    when the activations do not fit the layer.
    """
    acts, folded = check_activations(acts, layer), fold_stride(layer)
    return acts if layer.stride == 1 else _squares(acts, layer.stride, folded.H, folded.W, layer.pad)


def fold_weights(weights: np.ndarray, layer: ConvLayer) -> np.ndarray:
    """Return weights [K, R, S, C] of `layer` for `fold_stride(layer)`, same dtype; places past the filter are 0.

    Raises LayerError when the weights do not fit the layer.
    """
    weights, folded = check_weights(weights, layer), fold_stride(layer)
    return weights if layer.stride == 1 else _squares(weights, layer.stride, folded.R, folded.S, 0)


def _squares(values: np.ndarray, stride: int, rows: int, columns: int, pad: int) -> np.ndarray:
    """Return values [..., H, W, C], with `pad` zeros before, as [..., rows, columns, stride^2 C]."""
    batch, channels = values.shape[:-3], values.shape[-1]
    sizes = (rows * stride, columns * stride)
    after = [(pad, max(0, size - pad - values.shape[axis])) for axis, size in zip((-3, -2), sizes, strict=True)]
    values = np.pad(values, [(0, 0)] * len(batch) + after + [(0, 0)])[..., : sizes[0], : sizes[1], :]
    squares = values.reshape(*batch, rows, stride, columns, stride, channels)
    return np.moveaxis(squares, -4, -3).reshape(*batch, rows, columns, stride * stride * channels)
