# SPDX-License-Identifier: Apache-2.0
"""How often a layer's data crosses the chip's boundary, given the sizes of the on-chip memories.

The paper (sections 4 and 6.4) sizes its memories after K. Siu et al., "Memory Requirements for Convolutional Neural Network
Hardware Accelerators", IISWC 2018, so that each weight and each activation moves once a layer, and reads some activations
again when they do not fit. How they are blocked then it does not say: the rules here are this project's (docs/memory.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.config import DesignConfig
from models.layer import ConvLayer
from models.memory.technologies import MemoryModelError

KIB = 8 * 1024  # bits


@dataclass(frozen=True)
class Hierarchy:
    """The on-chip memories, in KiB. None: as large as needed."""

    am_kib: int | None  # activation memory, shared by all tiles
    wm_kib: int | None  # weight memory of one tile
    tiles: int

    def __post_init__(self) -> None:
        for field in ("am_kib", "wm_kib", "tiles"):
            value = getattr(self, field)
            if value is None and field != "tiles":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise MemoryModelError(f"{field} = {value!r}: must be an integer of at least 1")

    def holds_acts(self, bits: int) -> bool:
        """Whether the AM holds so many bits."""
        return self.am_kib is None or bits <= self.am_kib * KIB

    def holds_weights(self, bits: int) -> bool:
        """Whether the WMs of all tiles hold so many bits."""
        return self.wm_kib is None or bits <= self.wm_kib * KIB * self.tiles

    def held_of_pass(self, bits: int) -> float:
        """Return the part of a pass's weights, `bits` a tile, that stays: half of a WM, the next pass fills the other."""
        return 1.0 if self.wm_kib is None else min(1.0, self.wm_kib * KIB / 2 / bits)


@dataclass(frozen=True)
class Repeats:
    """How many times each tensor of a layer crosses the chip's boundary; fractions where only parts are read again."""

    weights: float
    acts: float
    outputs: float
    rule: str  # which rule of docs/memory.md made it


@dataclass(frozen=True)
class Need:
    """What a layer asks of the on-chip memories. On chip a value has all its P bits, whatever the scheme (section 4)."""

    layer: ConvLayer
    bits: int  # P
    passes: int  # over the windows, each with other filters
    pallets: int  # of a pass: how often it goes through its weights
    pass_weights: int  # bits of the weights that a tile uses in a pass

    @property
    def acts(self) -> int:
        """Bits of the input activations."""
        return self.layer.H * self.layer.W * self.layer.C * self.bits

    @property
    def outputs(self) -> int:
        """Bits of the output activations."""
        return self.layer.windows * self.layer.K * self.bits

    @property
    def weights(self) -> int:
        """Bits of all weights."""
        return self.layer.K * self.layer.products * self.bits

    @property
    def row(self) -> int:
        """Bits of a row of input activations."""
        return self.acts // self.layer.H


def need(layer: ConvLayer, config: DesignConfig, tiles: int) -> Need:
    """Return what a layer asks for on `tiles` tiles of a design."""
    passes = layer.passes(config.rows * tiles, config.lanes)
    filters = min(config.rows, layer.K)
    return Need(layer, config.p, passes, layer.pallets(config.cols), filters * layer.products * config.p)


def fits(one: Need, chip: Hierarchy) -> bool:
    """Whether a layer's inputs and outputs are in the AM together."""
    return chip.holds_acts(one.acts + one.outputs)


def plan(needs: Sequence[Need], chip: Hierarchy, scheme_bits: Sequence[tuple[float, float]]) -> tuple[Repeats, ...]:
    """Return for each layer, in order, how often its tensors cross.

    scheme_bits: (weights, acts) of each layer as they travel, in bits: where there is a choice the smaller traffic wins.
    Activations that both the layer that makes them and the one that reads them can keep in the AM stay on chip; the first
    layer's inputs come from outside and the last layer's outputs go there.
    """
    resident = [fits(one, chip) for one in needs]
    found = []
    for i, one in enumerate(needs):
        from_outside = i == 0 or not (resident[i - 1] and resident[i])
        to_outside = i == len(needs) - 1 or not (resident[i] and resident[i + 1])
        found.append(_repeats(one, chip, scheme_bits[i], resident[i], from_outside, to_outside))
    return tuple(found)


def _repeats(
    one: Need, chip: Hierarchy, bits: tuple[float, float], resident: bool, from_outside: bool, to_outside: bool
) -> Repeats:
    written = float(to_outside)
    if resident:  # in the AM whole: read at most once, and weights pass by pass
        rule = "read once" if from_outside else "on chip"
        return Repeats(_weight_reads(one, chip, one.pallets), float(from_outside), written, rule)
    if one.passes == 1 or chip.holds_weights(one.weights):  # all weights stay while rows slide through the AM
        return Repeats(1.0, _row_reads(one, chip), written, "rows")
    rows, bands = _row_reads(one, chip), _bands(one, chip)
    by_pass = Repeats(_weight_reads(one, chip, one.pallets), one.passes * rows, written, "rows again for each pass")
    by_band = Repeats(bands * _weight_reads(one, chip, one.pallets / bands), rows, written, "weights again for each band")
    return min((by_pass, by_band), key=lambda each: each.weights * bits[0] + each.acts * bits[1])


def _weight_reads(one: Need, chip: Hierarchy, pallets: float) -> float:
    """Return how often a weight is read in a pass of so many pallets: what does not stay comes again for each of them."""
    return 1.0 + max(0.0, pallets - 1) * (1 - chip.held_of_pass(one.pass_weights))


def _row_reads(one: Need, chip: Hierarchy) -> float:
    """Return how often each activation is read while output rows are made in order.

    Once when the AM holds the rows of a window and those that come in meanwhile; else each output row reads its R rows.
    """
    layer = one.layer
    rows = min(layer.H, layer.R + layer.stride)
    if chip.holds_acts(rows * one.row):
        return 1.0
    return max(1.0, layer.Ho * min(layer.R, layer.H) / layer.H)


def _bands(one: Need, chip: Hierarchy) -> int:
    """Return into how many bands of output rows a layer is cut when each band is to stay in the AM for all passes."""
    held = chip.am_kib * KIB // one.row  # input rows; a layer that is not resident has a finite AM
    rows = max(1, (held - one.layer.R) // one.layer.stride)
    return -(-one.layer.Ho // rows)
