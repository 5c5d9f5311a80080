# SPDX-License-Identifier: Apache-2.0
"""How a layer is laid on a tile, once more: one multiplier at a time, in Python integers, close to the words of
docs/architecture.md. It shares no line with models/mapping.py, and is the independent expectation of its tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig
from models.layer import ConvLayer


def ceil(value: int, by: int) -> int:
    return (value + by - 1) // by


@dataclass
class Place:
    """Where a value of the layer is on the tile; np columns share an output of a fully connected layer."""

    layer: ConvLayer
    config: DesignConfig
    serial: bool
    np: int = 1

    def __post_init__(self) -> None:
        layer, rows, lanes, cols = self.layer, self.config.rows, self.config.lanes, self.config.cols
        self.C_g, self.K_g = layer.C // layer.groups, layer.K // layer.groups
        self.depthwise = self.C_g == 1 and layer.groups > 1
        self.CB = ceil(self.C_g, lanes)
        Ho, self.Wo = (
            (layer.H + 2 * layer.pad - layer.R) // layer.stride + 1,
            (layer.W + 2 * layer.pad - layer.S) // layer.stride + 1,
        )
        self.windows = Ho * self.Wo
        self.pallets, self.steps = ceil(self.windows, cols), layer.R * layer.S * self.CB
        if self.serial:
            self.G, self.B, self.pallets = cols // self.np, self.steps, 1
            self.passes, self.steps = ceil(layer.K, rows * self.G), ceil(self.B, self.np)
        elif self.depthwise:
            self.n, self.m = min(rows, lanes), self.K_g
            self.passes = ceil(layer.C, self.n) * self.m
        else:
            self.J = ceil(self.K_g, rows)
            self.passes = layer.groups * self.J

    def _brick(self, step: int) -> tuple[int, int, int]:
        """Return (r, s, channel brick) of a step."""
        rs, cb = divmod(step, self.CB)
        return rs // self.layer.S, rs % self.layer.S, cb

    def act(self, run: int, pallet: int, step: int, col: int, lane: int) -> tuple[int, int, int] | None:
        """Return (y, x, channel) of the activation of a multiplier, None where it must be zero."""
        layer, window = self.layer, pallet * self.config.cols + col
        if self.serial:
            j, s = divmod(col, self.np)
            window, step = 0, s * self.steps + step
            if j >= self.G or step >= self.B:
                return None
        r, s, cb = self._brick(step)
        if self.depthwise:
            c = run // self.m * self.n + lane
            inside = lane < self.n and c < layer.C
        else:
            group = 0 if self.serial else run // self.J
            c = group * self.C_g + cb * self.config.lanes + lane
            inside = cb * self.config.lanes + lane < self.C_g
        y = window // self.Wo * layer.stride - layer.pad + r
        x = window % self.Wo * layer.stride - layer.pad + s
        inside = inside and window < self.windows and 0 <= y < layer.H and 0 <= x < layer.W
        return (y, x, c) if inside else None

    def weight(self, run: int, step: int, row: int, col: int, lane: int) -> tuple[int, int, int, int] | None:
        """Return (k, r, s, channel of the group) of the weight of a multiplier, None where it must be zero."""
        k = self.filter(run, row, col)
        if self.serial:
            s = col % self.np
            step = s * self.steps + step
            if step >= self.B:
                return None
        r, s, cb = self._brick(step)
        c = cb * self.config.lanes + lane
        if self.depthwise:
            return (k, r, s, 0) if k is not None and lane == row else None
        return (k, r, s, c) if k is not None and c < self.C_g else None

    def filter(self, run: int, row: int, col: int) -> int | None:
        """Return the filter that a row of a column computes in a pass."""
        rows = self.config.rows
        if self.serial:
            j = col // self.np
            k = run * rows * self.G + j * rows + row
            return k if j < self.G and k < self.layer.K else None
        if self.depthwise:
            brick, j = divmod(run, self.m)
            channel = brick * self.n + row
            return channel * self.m + j if row < self.n and channel < self.layer.C else None
        group, j = divmod(run, self.J)
        nth = j * rows + row
        return group * self.K_g + nth if nth < self.K_g else None

    def output(self, run: int, pallet: int, col: int, row: int) -> tuple[int, int] | None:
        """Return (window, filter) of the sum that a row of a column gives, None where there is no result."""
        k = self.filter(run, row, col)
        if self.serial:
            return (0, k) if k is not None and col % self.np == self.np - 1 else None
        window = pallet * self.config.cols + col
        return (window, k) if k is not None and window < self.windows else None


def weight_bits(config: DesignConfig, serial: bool, p_w: int) -> int:
    """Return the bits of a weight that a step sends."""
    if config.design != "loom" and not serial:
        return config.p
    b = 1 if config.design == "loom" else config.bits_per_cycle
    return ceil(max(1, p_w), b) * b


def words_of_step(config: DesignConfig, serial: bool, p_w: int) -> int:
    """Return the words of the weight memory that a step takes."""
    if config.design == "loom":
        return max(1, p_w) * (config.cols if serial else 1)
    return ceil(max(1, p_w), config.bits_per_cycle) if serial else 1


def bit_of_weight(config: DesignConfig, serial: bool, p_w: int, place: tuple[int, int, int], bit: int) -> tuple[int, int]:
    """Return (word from the step's first, bit of the word) of bit `bit` of the weight at (row, col, lane)."""
    row, col, lane = place
    position = row * config.lanes + lane
    highest = weight_bits(config, serial, p_w) - 1
    if config.design == "loom":
        plane = highest - bit
        return (plane * config.cols + col, position) if serial else (plane, position)
    if not serial:
        return 0, position * config.p + bit
    b = config.bits_per_cycle
    return (highest - bit) // b, position * config.p + col * b + bit % b


def decode(words: np.ndarray, config: DesignConfig, serial: bool, step: tuple[int, int], place: tuple[int, int, int]) -> int:
    """Return the weight at place = (row, col, lane) from single-bit words [words, bits]; step = (waddr, p_w)."""
    (waddr, p_w), value = step, 0
    width = weight_bits(config, serial, p_w)
    for bit in range(width):
        word, position = bit_of_weight(config, serial, p_w, place, bit)
        value |= int(words[waddr + word, position]) << bit
    return value - (1 << width) if value >> (width - 1) else value


def convolution(acts: list, weights: list, layer: ConvLayer) -> list[list[int]]:
    """Return the sums [windows][K] by the definition of a grouped convolution; acts, weights: nested lists."""
    Ho, Wo = (layer.H + 2 * layer.pad - layer.R) // layer.stride + 1, (layer.W + 2 * layer.pad - layer.S) // layer.stride + 1
    C_g, K_g = layer.C // layer.groups, layer.K // layer.groups
    sums = [[0] * layer.K for _ in range(Ho * Wo)]
    for window, k, r, s in np.ndindex(Ho * Wo, layer.K, layer.R, layer.S):
        y, x = window // Wo * layer.stride - layer.pad + r, window % Wo * layer.stride - layer.pad + s
        if 0 <= y < layer.H and 0 <= x < layer.W:
            first = k // K_g * C_g
            sums[window][k] += sum(acts[y][x][first + c] * weights[k][r][s][c] for c in range(C_g))
    return sums
