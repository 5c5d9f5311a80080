# SPDX-License-Identifier: Apache-2.0
"""Max pooling exactly as the TRT tile computes it: the products with weight 1 are compared instead of added."""

from __future__ import annotations

import numpy as np

from models.convolution import check_activations
from models.layer import ConvLayer, LayerError, PoolLayer
from models.precision import trim


def check_pooling(layer: PoolLayer | ConvLayer, negative: bool) -> None:
    """Raise LayerError when a padding of zeros would win against negative activations."""
    if negative and layer.pad > 0:
        message = f"pad = {layer.pad} with negative activations: must be 0, the padding counts as 0"
        raise LayerError(f"layer {layer.name!r}: {message}")


def max_pool(acts: np.ndarray, layer: PoolLayer | ConvLayer, n_low: int = 0) -> np.ndarray:
    """Return the largest activation of each window and channel; positions in the padding count as 0.

    acts: [..., H, W, C] integers of at most 16 bits, signed or unsigned by value; leading axes are a batch. Their
    magnitude bits below n_low are dropped first. Of a ConvLayer only C, the sizes of input and window, stride and pad
    count. Returns int64 [..., windows, C]. Raises LayerError when the activations do not fit the layer, or are negative
    on a layer with padding.
    """
    acts = trim(check_activations(acts, layer), n_low).astype(np.int64)
    check_pooling(layer, negative=bool((acts < 0).any()))
    pad, stride, batch = layer.pad, layer.stride, acts.shape[:-3]
    acts = np.pad(acts, [(0, 0)] * len(batch) + [(pad, pad), (pad, pad), (0, 0)])
    largest = np.full((*batch, layer.Ho, layer.Wo, layer.C), np.iinfo(np.int64).min)
    for r in range(layer.R):
        for s in range(layer.S):
            bottom, right = r + stride * layer.Ho, s + stride * layer.Wo
            np.maximum(largest, acts[..., r:bottom:stride, s:right:stride, :], out=largest)
    return largest.reshape(*batch, layer.windows, layer.C)
