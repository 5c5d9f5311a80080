# SPDX-License-Identifier: Apache-2.0
"""Cycles of a layer with data on SCNN (paper section 6.2; Parashar et al., ISCA 2017; docs/scnn.md).

For a group of output channels and an input channel a PE takes ceil(weights / F) * ceil(activations / I) cycles, counted
in non-zero values. Summed over channels that is a product of two matrices, so no product is looked at on its own.
"""

from __future__ import annotations

import numpy as np

from models.convolution import check_activations, check_weights
from models.layer import ConvLayer
from models.scnn.config import ScnnConfig, base_cycles
from models.scnn.partition import Partition, group_starts, partition
from models.scnn.result import ScnnCycles
from models.scnn.schedule import Work, conv_result, fc_groups, fc_result
from models.traces import Format, TraceLayer


def scnn_cycles(
    layer: ConvLayer, acts: np.ndarray, weights: np.ndarray, config: ScnnConfig | None = None, *, fold: bool = False
) -> ScnnCycles:
    """Return the cycles of a layer on SCNN.

    Args:
        layer: any convolution, grouped and depthwise too, or a fully connected layer.
        acts: integers [H, W, C]; only zero or not matters.
        weights: the same, [K, R, S, C / groups].
        config: the SCNN; None: that of the ISCA paper.
        fold: BASE, to which the speedup refers, folds the layer's stride (`base_cycles`).

    Raises ScnnError or LayerError when they do not fit.
    """
    config = config or ScnnConfig()
    check_activations(acts[None], layer)
    check_weights(weights, layer)
    a, w = np.asarray(acts) != 0, np.asarray(weights) != 0
    base = base_cycles(layer, config, fold)
    if layer.fully_connected:
        return _fully_connected(layer, a, w, config, base)
    cut = partition(layer, config)
    filters = _filter_counts(layer, w, cut.group)
    starts = group_starts(layer, cut.group)
    work = Work(
        weights=_weight_counts(layer, filters),
        acts=act_counts(layer, a, cut),
        products=_needed(layer, a, w),
        sizes=np.diff(np.append(starts, layer.K)),
    )
    return conv_result(layer, config, cut, work, base)


def trace_layer_cycles(entry: TraceLayer, config: ScnnConfig | None = None, *, fold: bool = False) -> list[ScnnCycles]:
    """Return the cycles of a layer of a trace for each of its inputs.

    Zero is what stands for 0.0, and what has no bits left from the profile's n_low up.
    """
    found = []
    for i in range(entry.inputs):
        acts = _non_zero(entry.acts_of(i), entry.act_format)
        weights = _non_zero(entry.weights_of(i), entry.weight_format)
        found.append(scnn_cycles(entry.layer, acts, weights, config, fold=fold))
    return found


def _non_zero(values: np.ndarray, form: Format) -> np.ndarray:
    """Return which values the multipliers would see, uint8 of the same shape."""
    return (np.abs(np.asarray(values).astype(np.int64) - form.zero_point) >> form.n_low != 0).astype(np.uint8)


def act_counts(layer: ConvLayer, a: np.ndarray, cut: Partition) -> np.ndarray:
    """Return non-zero activations by channel, phase and tile: float64 [groups, C_g, phases, blocks, PEs]. a: bool [H, W, C]."""
    counts = np.einsum("aphwc,bqw->cpqab", _rows(a, cut), cut.cols.membership, optimize=True)
    channels = counts.shape[0]
    counts = cut.by_block(counts.reshape(channels, layer.stride**2, *counts.shape[-2:])).astype(np.float64)
    return counts.reshape(layer.groups, channels // layer.groups, *counts.shape[1:])


def _rows(a: np.ndarray, cut: Partition) -> np.ndarray:
    """Return the plane summed over the rows of each tile and phase, float32 [tiles, phases, 1, W, C]."""
    member = cut.rows.membership
    flat = member.reshape(-1, member.shape[-1]) @ a.reshape(len(a), -1).astype(np.float32)
    return flat.reshape(*member.shape[:2], 1, *a.shape[1:])


def _filter_counts(layer: ConvLayer, w: np.ndarray, group: int) -> np.ndarray:
    """Return non-zero weights of each group of filters, int64 [filter groups of all groups, R, S, C_g]."""
    return np.add.reduceat(w, group_starts(layer, group), axis=0, dtype=np.int64)


def _weight_counts(layer: ConvLayer, filters: np.ndarray) -> np.ndarray:
    """Return them by channel and phase: float64 [groups, filter groups, C_g, phases]."""
    step = layer.stride
    phases = [filters[:, p::step, q::step].sum(axis=(1, 2)) for p in range(step) for q in range(step)]
    counts = np.stack(phases, axis=-1).astype(np.float64)
    return counts.reshape(layer.groups, -1, *counts.shape[1:])


def _windows(layer: ConvLayer, a: np.ndarray) -> np.ndarray:
    """Return in how many windows each filter position meets a non-zero activation, int64 [R, S, C]."""
    padded = np.pad(a, ((layer.pad, layer.pad), (layer.pad, layer.pad), (0, 0)))
    rows, cols = layer.stride * layer.Ho, layer.stride * layer.Wo
    found = np.empty((layer.R, layer.S, layer.C), np.int64)
    for r in range(layer.R):
        for s in range(layer.S):
            found[r, s] = padded[r : r + rows : layer.stride, s : s + cols : layer.stride].sum(axis=(0, 1))
    return found


def _needed(layer: ConvLayer, a: np.ndarray, w: np.ndarray) -> int:
    """Return the products of two non-zero values that the layer's outputs sum."""
    weights = w.reshape(layer.groups, layer.group_filters, *w.shape[1:]).sum(axis=1, dtype=np.int64)  # [groups, R, S, C_g]
    acts = np.moveaxis(_windows(layer, a).reshape(layer.R, layer.S, layer.groups, -1), 2, 0)
    return int((weights * acts).sum())


def _fully_connected(layer: ConvLayer, a: np.ndarray, w: np.ndarray, config: ScnnConfig, base: int) -> ScnnCycles:
    """Each PE has a share of the inputs and takes one of them at a time, with F of its weights."""
    live = np.pad(a, ((layer.pad,) * 2, (layer.pad,) * 2, (0, 0)))[: layer.R, : layer.S].ravel()
    counts = np.add.reduceat(w.reshape(layer.K, -1), fc_groups(layer, config), axis=0, dtype=np.int64) * live
    return fc_result(layer, config, -(-counts // config.weights), int(counts.sum()), base)
