# SPDX-License-Identifier: Apache-2.0
"""The groups whose precision is taken together, as the OR of their magnitudes, and how often each of them is used.

A group of 16 is a brick: 16 values along the channels (paper section 3). A larger one has n / 16 bricks:

* activations of a layer with several windows: the bricks that n / 16 consecutive windows read at the same step; 256 is a
  pallet, what DStripes detects (section 5.2). The last windows of a layer may be fewer.
* activations of a layer with one window: n / 16 consecutive bricks.
* weights: the bricks of n / 16 consecutive filters of a group of filters at the same step; 256 is a tile's row group.
  A depthwise layer's bricks lie across channels, and a larger group has the channels' further filters, if any.
"""

from __future__ import annotations

import numpy as np

from models.config import GROUP
from models.convolution import pad_channels, window_bricks
from models.layer import ConvLayer
from models.precision import magnitude


def position_uses(layer: ConvLayer) -> np.ndarray:
    """Return how many windows read each position, int64 [H, W]."""

    def along(size: int, kernel: int, windows: int) -> np.ndarray:
        reads = np.arange(windows)[:, None] * layer.stride + np.arange(kernel) - layer.pad
        return np.bincount(reads[(reads >= 0) & (reads < size)], minlength=size)

    return np.outer(along(layer.H, layer.R, layer.Ho), along(layer.W, layer.S, layer.Wo))


def _or_runs(values: np.ndarray, axis: int, count: int) -> np.ndarray:
    """Return the OR of each `count` consecutive entries of an axis (the last ones may be fewer)."""
    if count == 1:
        return values
    return np.bitwise_or.reduceat(values, np.arange(0, values.shape[axis], count), axis=axis)


def act_bricks(acts: np.ndarray, layer: ConvLayer) -> np.ndarray:
    """Return the OR of the magnitudes of each brick of activations [H, W, C]: unsigned [H, W, bricks].

    Bricks end at the channels of a group; those of a depthwise layer lie across 16 groups.
    """
    channels = layer.C if layer.depthwise else layer.group_channels
    bricks = pad_channels(magnitude(acts).reshape(layer.H, layer.W, -1, channels), GROUP)
    return np.bitwise_or.reduce(bricks.reshape(layer.H, layer.W, -1, GROUP), axis=-1)


def act_groups(bricks: np.ndarray, layer: ConvLayer, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (OR of each group's magnitudes, uses of each group) of bricks [H, W, bricks], see `act_bricks`.

    Groups that lie in the padding altogether have 0 uses: they hold no activation. The uses broadcast to the groups.
    """
    count = size // GROUP
    if layer.windows == 1:
        window = window_bricks(bricks, layer)[0]
        inside = window_bricks(np.ones_like(bricks, dtype=bool), layer)[0]
        return _or_runs(window, 0, count), _or_runs(inside, 0, count)
    if count == 1:
        return bricks, position_uses(layer)[:, :, None]
    positions = np.ones((layer.H, layer.W, 1), dtype=bool)
    inside = _or_runs(window_bricks(positions, layer), 0, count)
    gathered = _or_runs(window_bricks(bricks, layer), 0, count)
    return gathered.reshape(len(gathered), layer.R * layer.S, -1), inside[:, :, None]


def weight_groups(weights: np.ndarray, layer: ConvLayer, size: int) -> np.ndarray:
    """Return the OR of the magnitudes of each group of weights [K, R, S, C / groups]; all are used alike."""
    values = magnitude(weights)
    if layer.depthwise:  # [channels, multiplier, R * S] with the channels last
        values = values.reshape(layer.C, layer.group_filters, -1).transpose(1, 2, 0)[None]
    else:
        values = values.reshape(layer.groups, layer.group_filters, layer.R * layer.S, layer.group_channels)
    values = pad_channels(values, GROUP)
    bricks = np.bitwise_or.reduce(values.reshape(*values.shape[:3], -1, GROUP), axis=-1)
    return _or_runs(bricks, 1, size // GROUP)
