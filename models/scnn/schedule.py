# SPDX-License-Identifier: Apache-2.0
"""From counts of non-zero values to cycles: barriers between PEs and the exchange of partial sums."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.layer import ConvLayer
from models.scnn.config import ScnnConfig
from models.scnn.partition import Partition
from models.scnn.result import ScnnCycles


@dataclass(frozen=True)
class Work:
    """Counts of a convolution. `channels` stands for that many channels of a group with the same counts each."""

    weights: np.ndarray  # non-zero weights [groups, filter groups, C_g, phases]
    acts: np.ndarray  # non-zero activations [groups, C_g, phases, blocks, PEs]
    products: float  # that the layer needs
    sizes: np.ndarray  # filters of each filter group, int64 [groups * filter groups]
    channels: int = 1


def conv_result(layer: ConvLayer, config: ScnnConfig, cut: Partition, work: Work, base: float) -> ScnnCycles:
    """Return the cycles of a convolution from its counts of non-zero values."""
    weights, acts = np.ceil(work.weights / config.weights), np.ceil(work.acts / config.acts)
    return loaded_result(layer, config, cut, replace(work, weights=weights, acts=acts), _pairs(work), base)


def loaded_result(layer: ConvLayer, config: ScnnConfig, cut: Partition, loads: Work, issued: float, base: float) -> ScnnCycles:
    """Return the cycles of a convolution; `loads` counts vectors of F weights and of I activations instead of values."""
    busy = _busy(loads)  # [groups, filter groups, blocks, PEs]
    slowest = busy.max(axis=-1) if config.barrier == "group" else _by_channel(loads)
    compute = np.moveaxis(slowest, -1, 0).ravel() * loads.channels  # in order: blocks, then filter groups
    halo = np.tile(loads.sizes * cut.halo, slowest.shape[-1])
    wait = exposed(compute, halo, config.halo)
    return _result(layer, config, compute.sum(), wait, busy.sum() * loads.channels, issued, loads.products, base)


def _busy(loads: Work) -> np.ndarray:
    """Return the cycles that each PE multiplies: a matrix product over channels and phases, exact in float64."""
    groups, parts, channels, phases = loads.weights.shape
    weights = loads.weights.reshape(groups, parts, channels * phases)
    found = weights @ loads.acts.reshape(groups, channels * phases, -1)
    return found.reshape(groups, parts, *loads.acts.shape[-2:])


def _by_channel(loads: Work) -> np.ndarray:
    """Return the cycles when all PEs wait for the slowest after each channel, [groups, filter groups, blocks]."""
    groups, parts = loads.weights.shape[:2]
    found = np.empty((groups, parts, loads.acts.shape[-2]))
    for part in range(parts):
        one = np.einsum("gcp,gcpbt->gcbt", loads.weights[:, part], loads.acts, optimize=True)
        found[:, part] = one.max(axis=-1).sum(axis=1)
    return found


def _pairs(work: Work) -> float:
    """Return the products that the arrays make: all pairs of a weight and an activation of one channel and phase."""
    weights = work.weights.sum(axis=1)  # [groups, C_g, phases]
    return float((weights * work.acts.sum(axis=(-1, -2))).sum()) * work.channels


def exposed(compute: np.ndarray, halo: np.ndarray, mode: str) -> float:
    """Return the cycles in which the exchange of partial sums is not hidden behind the next group's computation."""
    if mode == "none":
        return 0.0
    if mode == "serial":
        return float(halo.sum())
    return float(np.maximum(0, halo[:-1] - compute[1:]).sum() + halo[-1])


def fc_groups(layer: ConvLayer, config: ScnnConfig) -> np.ndarray:
    """Return the first output of each group of a fully connected layer: one accumulator an output."""
    return np.arange(0, layer.K, config.accumulators)


def fc_result(layer: ConvLayer, config: ScnnConfig, loads: np.ndarray, products: float, base: float) -> ScnnCycles:
    """Return the cycles of a fully connected layer; loads: cycles that an input takes, [output groups, inputs].

    The sums of a group then go from PE to PE, one a cycle.
    """
    share = -(-loads.shape[1] // config.pes)
    padded = np.pad(loads, ((0, 0), (0, share * config.pes - loads.shape[1])))
    busy = padded.reshape(len(loads), config.pes, share).sum(axis=-1)
    compute = busy.max(axis=-1)
    sizes = np.diff(np.append(fc_groups(layer, config), layer.K))
    return _result(layer, config, compute.sum(), exposed(compute, sizes, config.halo), busy.sum(), products, products, base)


def _result(layer: ConvLayer, config: ScnnConfig, compute, wait, busy, issued, products, base) -> ScnnCycles:
    sums = (float(compute), float(wait), float(busy), float(issued), float(products), float(base))
    return ScnnCycles(layer.name, 1, config.multipliers, config.pes, *sums)
