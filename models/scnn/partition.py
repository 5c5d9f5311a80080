# SPDX-License-Identifier: Apache-2.0
"""How SCNN cuts a layer: the input plane into tiles, one a PE, and the filters into groups that the accumulators hold.

Planar tiling with output halos (Parashar et al., ISCA 2017): a PE owns the activations of its tile through all channels
and makes all their products, also those of outputs that a neighbour owns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.layer import ConvLayer
from models.scnn.config import ScnnConfig, ScnnError


@dataclass(frozen=True)
class Axis:
    """One axis of the plane: `size` activations in `tiles` tiles, a filter of `kernel`, `outputs` outputs."""

    size: int
    kernel: int
    stride: int
    pad: int
    outputs: int
    tiles: int

    @property
    def tile(self) -> int:
        """Activations of a tile; the last tiles may have fewer or none."""
        return -(-self.size // self.tiles)

    @cached_property
    def membership(self) -> np.ndarray:
        """Which activation is in which tile and phase, float32 [tiles, stride, size] of 0 and 1.

        A product of activation y and filter position r belongs to an output only when y + pad and r are equal modulo the
        stride. SCNN multiplies such sets ("phases") with each other, so no product of other pairs is made.
        """
        member = np.zeros((self.tiles, self.stride, self.size), np.float32)
        y = np.arange(self.size)
        member[y // self.tile, (y + self.pad) % self.stride, y] = 1
        return member

    @cached_property
    def reach(self) -> np.ndarray:
        """Outputs that a tile's products belong to, by the tile that owns the output: int64 [tiles, owners].

        Outputs are dealt out like the activations of the next layer: equal tiles in order.
        """
        y, owned = np.arange(self.size), -(-self.outputs // self.tiles)
        found = np.zeros((self.tiles, self.outputs), bool)
        for r in range(self.kernel):
            output, rest = np.divmod(y + self.pad - r, self.stride)
            legal = (rest == 0) & (output >= 0) & (output < self.outputs)
            found[y[legal] // self.tile, output[legal]] = True
        counts = np.zeros((self.tiles, self.tiles), np.int64)
        tiles, outputs = np.nonzero(found)
        np.add.at(counts, (tiles, outputs // owned), 1)
        return counts


@dataclass(frozen=True)
class Partition:
    """A layer on SCNN: `block_rows` x `block_cols` blocks of the plane one after the other, each spread over all PEs."""

    rows: Axis
    cols: Axis
    block_rows: int
    block_cols: int
    group: int  # K_c: filters (output channels) that the accumulators hold at once

    @property
    def halo(self) -> int:
        """Partial sums of one filter that the busiest link carries: from one PE to the one that owns the outputs."""
        pairs = np.multiply.outer(self.rows.reach, self.cols.reach)  # [tile, owner, tile, owner]
        own = np.eye(len(self.rows.reach), dtype=bool)[:, :, None, None] & np.eye(len(self.cols.reach), dtype=bool)
        return int(np.where(own, 0, pairs).max())

    def by_block(self, tiles: np.ndarray) -> np.ndarray:
        """Return values [..., tile rows, tile columns] as [..., blocks, PEs]."""
        lead, (rows, cols) = tiles.shape[:-2], tiles.shape[-2:]
        shape = (*lead, self.block_rows, rows // self.block_rows, self.block_cols, cols // self.block_cols)
        blocks = np.moveaxis(tiles.reshape(shape), -2, -3)
        return blocks.reshape(*lead, self.block_rows * self.block_cols, -1)


def _axis(layer: ConvLayer, axis: str, tiles: int) -> Axis:
    size, kernel, outputs = {"H": (layer.H, layer.R, layer.Ho), "W": (layer.W, layer.S, layer.Wo)}[axis]
    return Axis(size, kernel, layer.stride, layer.pad, outputs, tiles)


def partition(layer: ConvLayer, config: ScnnConfig) -> Partition:
    """Return how the layer is cut.

    K_c is as many filters as fit the accumulators, each with all outputs that a tile reaches, halo included. A plane of
    which not even one filter fits is cut into blocks, the longer side of a tile first. Raises ScnnError when the
    accumulators cannot hold the outputs of a single activation.
    """
    blocks = [1, 1]
    while True:
        rows, cols = _axis(layer, "H", config.pe_rows * blocks[0]), _axis(layer, "W", config.pe_cols * blocks[1])
        reached = int(rows.reach.sum(axis=1).max() * cols.reach.sum(axis=1).max())
        if reached <= config.accumulators:
            group = min(layer.group_filters, config.accumulators // max(1, reached))
            return Partition(rows, cols, blocks[0], blocks[1], group)
        if rows.tile == cols.tile == 1:
            raise ScnnError(
                f"layer {layer.name!r}: accumulators = {config.accumulators}: must be at least {reached}, the outputs that one "
                "activation reaches"
            )
        blocks[0 if rows.tile >= cols.tile else 1] += 1


def group_starts(layer: ConvLayer, group: int) -> np.ndarray:
    """Return the first filter of each group of `group` filters, int64; no group crosses a group of the convolution."""
    inside = np.arange(0, layer.group_filters, group)
    return (np.arange(layer.groups)[:, None] * layer.group_filters + inside).ravel()
