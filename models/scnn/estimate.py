# SPDX-License-Identifier: Apache-2.0
"""SCNN's cycles from densities alone, for networks whose tensors are not at hand.

Each value is non-zero with the layer's density, independently of all others. Expected are the vectors that a PE takes,
E[ceil(n / 4)], exactly; the slowest PE is the one with the largest expectation, so PEs that are unequal by chance
(the real imbalance) are missing: an estimate is a bound from above on speed.
"""

from __future__ import annotations

import numpy as np

from models.layer import ConvLayer
from models.scnn.config import ScnnConfig, ScnnError, base_cycles
from models.scnn.cycles import act_counts
from models.scnn.partition import Partition, partition
from models.scnn.result import ScnnCycles
from models.scnn.schedule import Work, fc_groups, fc_result, loaded_result


def scnn_estimate(
    layer: ConvLayer, act_density: float, weight_density: float, config: ScnnConfig | None = None, *, fold: bool = False
) -> ScnnCycles:
    """Return the expected cycles of a layer whose values are non-zero with these probabilities, 0 to 1.

    fold: as in `scnn_cycles`.
    Raises ScnnError when a density is out of range.
    """
    config = config or ScnnConfig()
    for field, value in (("act_density", act_density), ("weight_density", weight_density)):
        if not 0 <= value <= 1:
            raise ScnnError(f"layer {layer.name!r}: {field} = {value}: must be in 0..1")
    base = base_cycles(layer, config, fold)
    if layer.fully_connected:
        return _fully_connected(layer, act_density, weight_density, config, base)
    cut = partition(layer, config)
    acts, weights, sizes = _plane(layer, cut), _kernel(layer, cut), _sizes(layer, cut)
    both = act_density * weight_density
    loads = Work(  # all groups of the convolution are alike, and all channels
        weights=np.repeat(expected_vectors(weights, weight_density, config.weights), layer.groups, axis=0),
        acts=np.repeat(expected_vectors(acts, act_density, config.acts), layer.groups, axis=0),
        products=both * _in_plane(layer, cut),
        sizes=np.tile(sizes, layer.groups),
        channels=layer.group_channels,
    )
    issued = both * float((weights.sum(axis=1) * acts.sum(axis=(-1, -2))).sum()) * layer.C
    return loaded_result(layer, config, cut, loads, issued, base)


def _plane(layer: ConvLayer, cut: Partition) -> np.ndarray:
    """Return the activations of one channel, by phase and tile: [1, 1, phases, blocks, PEs]."""
    one = ConvLayer(layer.name, 1, layer.H, layer.W, 1, layer.R, layer.S, layer.stride, layer.pad)
    return act_counts(one, np.ones((layer.H, layer.W, 1), bool), cut)


def _sizes(layer: ConvLayer, cut: Partition) -> np.ndarray:
    """Return the filters of each filter group of one group of the convolution."""
    starts = np.arange(0, layer.group_filters, cut.group)
    return np.diff(np.append(starts, layer.group_filters))


def _kernel(layer: ConvLayer, cut: Partition) -> np.ndarray:
    """Return the weights of one channel, by filter group and phase: [1, filter groups, 1, phases]."""
    step = layer.stride
    rows, cols = (np.bincount(np.arange(n) % step, minlength=step) for n in (layer.R, layer.S))
    return (_sizes(layer, cut)[:, None] * np.outer(rows, cols).ravel()).astype(np.float64)[None, :, None]


def _in_plane(layer: ConvLayer, cut: Partition) -> int:
    """Return the products of the dense layer without those of the padding."""
    total = layer.group_channels * layer.K
    for axis in (cut.rows, cut.cols):
        at = np.arange(axis.outputs)[:, None] * axis.stride + np.arange(axis.kernel) - axis.pad
        total *= int(((at >= 0) & (at < axis.size)).sum())
    return total


def _fully_connected(layer: ConvLayer, a: float, w: float, config: ScnnConfig, base: float) -> ScnnCycles:
    sizes = np.diff(np.append(fc_groups(layer, config), layer.K)).astype(np.float64)
    live = _live_inputs(layer)
    loads = a * expected_vectors(sizes, w, config.weights)[:, None] * live
    return fc_result(layer, config, loads, a * w * layer.K * int(live.sum()), base)


def _live_inputs(layer: ConvLayer) -> np.ndarray:
    """Return which inputs of the only window are no padding, bool [R * S * C]."""
    inside = np.pad(np.ones((layer.H, layer.W), bool), layer.pad)[: layer.R, : layer.S]
    return np.repeat(inside.ravel(), layer.C)


def expected_vectors(counts: np.ndarray, density: float, width: int) -> np.ndarray:
    """Return E[ceil(X / width)] for X of a binomial distribution of `counts` trials, each elementwise; float64.

    counts: whole numbers of any shape.
    """
    sizes, where = np.unique(counts, return_inverse=True)
    means = np.array([_expected(int(n), density, width) for n in sizes])
    return means[where].reshape(counts.shape)


def _expected(n: int, density: float, width: int) -> float:
    if density in {0.0, 1.0} or n == 0:
        return float(-(-n // width)) if density else 0.0
    logs = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, n + 1)))))  # log k!
    k = np.arange(n + 1)
    chance = np.exp(logs[n] - logs[k] - logs[n - k] + k * np.log(density) + (n - k) * np.log1p(-density))
    return float((chance * -(-k // width)).sum())
