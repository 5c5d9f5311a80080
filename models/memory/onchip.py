# SPDX-License-Identifier: Apache-2.0
"""An estimate of the energy of the on-chip memories. It is not the paper's: that one comes from 65 nm layouts.

Counted are the words that the cores read from AM and WM, at the published energy of an SRAM access: M. Horowitz,
"Computing's Energy Problem (and what we can do about it)", ISSCC 2014: 100 pJ for 64 bits of a 1 MB cache, 45 nm, 0.9 V.
Multipliers, registers, wires, the codec and leakage are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.config import DesignConfig
from models.layer import ConvLayer
from models.tile_shape import is_serial, tile_shape

SRAM_PJ_PER_BIT = 100 / 64


@dataclass(frozen=True)
class OnChipReads:
    """Bits that a layer reads on chip, for one input."""

    am: int
    wm: int

    @property
    def energy(self) -> float:
        """Joules at the energy of a 1 MB SRAM."""
        return (self.am + self.wm) * SRAM_PJ_PER_BIT * 1e-12


def on_chip_reads(layer: ConvLayer, config: DesignConfig, tiles: int) -> OnChipReads:
    """Return what the cores of `tiles` tiles read for a layer: per step the bricks of all columns, broadcast to all tiles,
    and a weight for each lane of each row.

    All P bits of a word count, whatever the precision. Where a fully connected layer has an output a SIP (trt, loom), all
    columns share one brick and each has weights of its own.
    """
    rows = config.rows * tiles
    serial = is_serial(layer, config)
    shape = tile_shape(layer, replace(config, rows=rows), serial)
    acts, weights = (1, config.cols) if serial else (config.cols, 1)
    word = shape.all_steps * config.lanes * config.p
    return OnChipReads(am=word * acts, wm=word * rows * weights)
