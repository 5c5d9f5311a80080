# SPDX-License-Identifier: Apache-2.0
"""The design parameters of SCNN.

Source: A. Parashar et al., "SCNN: An Accelerator for Compressed-sparse Convolutional Neural Networks", ISCA 2017: 8 x 8
processing elements (PEs) of 4 x 4 multipliers, accumulators of 32 banks x 32 entries a PE.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.config import DesignConfig, load_config
from models.cycles import fold_stride, layer_cycles
from models.layer import ConvLayer

BARRIERS = ("group", "channel")
HALOS = ("overlap", "serial", "none")


class ScnnError(ValueError):
    """A configuration or operands that SCNN cannot take; the message names the field and the fix."""


@dataclass(frozen=True)
class ScnnConfig:
    """An SCNN. Counts of units; raises ScnnError when one is illegal.

    barrier: where all PEs wait for the slowest: after each group of output channels (the ISCA paper), or after each input
    channel of it, which is the other extreme: its weights are broadcast through FIFOs of 50 entries, so PEs cannot drift far.
    halo: partial sums of neighbours are exchanged while the next group computes (accumulators are double-buffered), after
    it ("serial"), or for free ("none").
    """

    pe_rows: int = 8
    pe_cols: int = 8
    weights: int = 4  # F: weights that a PE multiplies in a cycle
    acts: int = 4  # I: activations that it multiplies with each of them
    accumulators: int = 1024  # of a PE, of one of its two sets: 32 banks x 32 entries
    barrier: str = "group"
    halo: str = "overlap"

    def __post_init__(self) -> None:
        for field in ("pe_rows", "pe_cols", "weights", "acts", "accumulators"):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ScnnError(f"{field} = {value!r}: must be an integer of at least 1")
        for field, legal in (("barrier", BARRIERS), ("halo", HALOS)):
            if getattr(self, field) not in legal:
                raise ScnnError(f"{field} = {getattr(self, field)!r}: must be one of {', '.join(legal)}")

    @property
    def pes(self) -> int:
        """Processing elements."""
        return self.pe_rows * self.pe_cols

    @property
    def multipliers(self) -> int:
        """Multipliers of all PEs: products a cycle at the peak."""
        return self.pes * self.weights * self.acts

    @property
    def baseline(self) -> DesignConfig:
        """The BASE of the same peak: `multipliers` / 16 inner-product units of 16 lanes (1024: four tiles of 16).

        Raises ScnnError when 16 does not divide the multipliers.
        """
        base = load_config("base16")
        if self.multipliers % base.lanes:
            raise ScnnError(f"{self.multipliers} multipliers: must be a multiple of {base.lanes}, the lanes of BASE's units")
        return replace(base, rows=self.multipliers // base.lanes)


def base_cycles(layer: ConvLayer, config: ScnnConfig, fold: bool) -> int:
    """Return the cycles of a layer on the BASE of the same peak; fold: with its stride folded into its channels.

    SCNN is indifferent to few channels; of BASE's 16 lanes they leave most idle, which folding (`fold_stride`) mends.
    """
    return layer_cycles(fold_stride(layer) if fold else layer, config.baseline).cycles
