# SPDX-License-Identifier: Apache-2.0
"""The steps of a layer on a tile and their precisions, by plain loops over Python integers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig
from models.layer import ConvLayer

Step = tuple[int, int, bool]  # precision of the activations, precision of the weights, last of its pallet
Place = tuple[int, int, int]  # row and column of the filter, first channel of the brick


def precision(values: list[int], bits: int, signed: bool, n_low: int = 0) -> int:
    """The definition: bits of the largest magnitude after trimming, and one for the sign."""
    largest = max((abs(value) >> n_low for value in values), default=0)
    return 0 if largest == 0 else min(bits - n_low, largest.bit_length() + signed)


@dataclass
class PlainLayer:
    """A layer with its operands on a tile, every index spelled out."""

    layer: ConvLayer
    config: DesignConfig
    acts: np.ndarray  # [H, W, C]
    weights: np.ndarray  # [K, R, S, C / groups]
    signed: bool
    n_low: int

    def value(self, window: int, r: int, s: int, channel: int) -> int:
        """What the filter's place (r, s) meets in a window: 0 in the padding and past the last window."""
        layer = self.layer
        y, x = window // layer.Wo * layer.stride + r - layer.pad, window % layer.Wo * layer.stride + s - layer.pad
        inside = 0 <= y < layer.H and 0 <= x < layer.W and window < layer.windows
        return int(self.acts[y, x, channel]) if inside else 0

    def of_acts(self, windows: range, r: int, s: int, channels: range) -> int:
        found = [self.value(window, r, s, channel) for window in windows for channel in channels]
        return precision(found, self.config.p, self.signed, self.n_low)

    def of_weights(self, filters: range, r: int, s: int, channels: range) -> int:
        """channels: within the group."""
        found = [int(self.weights[k, r, s, channel]) for k in filters if k < self.layer.K for channel in channels]
        return precision(found, self.config.p, True)

    def places(self, channels: int) -> list[Place]:
        kernel = [(r, s) for r in range(self.layer.R) for s in range(self.layer.S)]
        return [(r, s, c) for r, s in kernel for c in range(0, channels, self.config.lanes)]

    def pallets(self) -> list[range]:
        return [range(first, first + self.config.cols) for first in range(0, self.layer.windows, self.config.cols)]

    def serial_steps(self, slices: int) -> Iterator[Step]:
        """Fully connected on trt or loom: slice n of the columns takes the n-th part of the bricks."""
        layer, config = self.layer, self.config
        bricks, outputs = self.places(layer.C), config.rows * (config.cols // slices)
        steps = -(-len(bricks) // slices)
        for first in range(0, layer.K, outputs):
            filters = range(first, first + outputs)
            for i in range(steps):
                taken = [bricks[n * steps + i] for n in range(slices) if n * steps + i < len(bricks)]
                taken = [(r, s, range(c, min(c + config.lanes, layer.C))) for r, s, c in taken]
                p_a = max(self.of_acts(range(1), *place) for place in taken)
                yield p_a, max(self.of_weights(filters, *place) for place in taken), i == steps - 1

    def depthwise_steps(self) -> Iterator[Step]:
        """One channel a row; filter j of each of them in a pass."""
        n, m = min(self.config.rows, self.config.lanes), self.layer.K // self.layer.C
        passes = [(first, j) for first in range(0, self.layer.C, n) for j in range(m)]
        for (first, j), windows in [(one, windows) for one in passes for windows in self.pallets()]:
            channels = range(first, min(first + n, self.layer.C))
            for r, s, _ in self.places(1):
                mine = [int(self.weights[c * m + j, r, s, 0]) for c in channels]
                last = (r, s) == (self.layer.R - 1, self.layer.S - 1)
                yield self.of_acts(windows, r, s, channels), precision(mine, self.config.p, True), last

    def group_steps(self, group: int) -> Iterator[Step]:
        """A convolution's group, a pass for each `rows` of its filters."""
        C, K = self.layer.C // self.layer.groups, self.layer.K // self.layer.groups
        bricks = self.places(C)
        for first in range(0, K, self.config.rows):
            filters = range(group * K + first, group * K + min(first + self.config.rows, K))
            for windows, (r, s, c) in [(windows, brick) for windows in self.pallets() for brick in bricks]:
                lanes = range(c, min(c + self.config.lanes, C))
                p_a = self.of_acts(windows, r, s, range(group * C + lanes.start, group * C + lanes.stop))
                yield p_a, self.of_weights(filters, r, s, lanes), (r, s, c) == bricks[-1]

    def steps(self, serial: bool, slices: int) -> list[Step]:
        if serial:
            return list(self.serial_steps(slices))
        if self.layer.C == self.layer.groups > 1:
            return list(self.depthwise_steps())
        return [step for group in range(self.layer.groups) for step in self.group_steps(group)]
