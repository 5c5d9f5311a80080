# SPDX-License-Identifier: Apache-2.0
"""SCNN among the designs whose cycles are compared layer by layer (models/cycles/designs.py)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from models.cycles.designs import OTHERS, DesignError
from models.cycles.rows import LayerRow
from models.dispatch_timing import BASE_LATENCY
from models.layer import ConvLayer, LayerError
from models.layer_precisions import LayerPrecisions
from models.scnn.config import ScnnConfig
from models.scnn.cycles import trace_layer_cycles
from models.scnn.result import total
from models.traces import TraceLayer

LABEL = "scnn"
PES_PER_TILE = 16  # of 16 multipliers, which are the 256 of a tile of BASE
TILES = 4  # the chip of the ISCA paper: 64 PEs


@dataclass(frozen=True)
class ScnnDesign:
    """SCNN of 16 PEs for each tile of BASE that it is compared with; 4 tiles are the chip of the ISCA paper."""

    bits: int
    label: str = LABEL

    def tiles(self, chip: int) -> int:
        """Return 4: a larger plane of PEs only has more idle ones, so the published chip is compared, with as large a BASE."""
        return TILES

    def from_precisions(
        self, layer: ConvLayer, precisions: LayerPrecisions, basis: str, *, tiles: int = 1, folded: bool = False
    ) -> LayerRow:
        """Raise LayerError: precisions do not say which values are zero."""
        raise LayerError(f"layer {layer.name!r} on scnn: needs tensors: name a network or a trace with data")

    def from_tensors(self, entry: TraceLayer, basis: str, *, tiles: int = 1, folded: bool = False) -> LayerRow:
        """Return the row of a layer with its operands, all inputs together.

        bound_cycles leaves the exchange of partial sums out. A folded layer is the same work: what are phases of the
        stride become channels.
        """
        results = trace_layer_cycles(entry, grid(tiles))
        all_inputs = total(entry.name, results)
        return LayerRow(
            layer=entry.name,
            kind=entry.kind,
            design=self.label,
            config=LABEL,
            bits_per_cycle=self.bits,
            basis="none",
            exact=False,
            tiles=tiles,
            cycles=int(all_inputs.cycles),
            base_cycles=int(all_inputs.base_cycles),
            bound_cycles=int(all_inputs.compute),
            base_bound=int(all_inputs.base_cycles) - BASE_LATENCY * len(results),
            p_a=float(self.bits),
            p_w=float(self.bits),
            inputs=len(results),
            folded=folded,
            stalls={"halo": int(all_inputs.halo_wait)},
            utilisation=all_inputs.utilisation,
            per_input=tuple(int(result.cycles) for result in results),
            digests=entry.digests,
        )


def grid(tiles: int) -> ScnnConfig:
    """Return the SCNN of as many multipliers as `tiles` tiles of BASE, its PEs in a rectangle as square as can be."""
    pes = PES_PER_TILE * tiles
    rows = next(rows for rows in range(isqrt(pes), 0, -1) if pes % rows == 0)
    return ScnnConfig(pe_rows=rows, pe_cols=pes // rows)


def _design(bits: int) -> ScnnDesign:
    if bits != 16:
        raise DesignError(f"design {LABEL!r} has 16 bits: use it with networks of 16 bits")
    return ScnnDesign(bits)


OTHERS[LABEL] = _design
