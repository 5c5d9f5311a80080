# SPDX-License-Identifier: Apache-2.0
"""What SCNN's model returns of a layer: cycles, and where the multipliers' slots go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import reduce


@dataclass(frozen=True)
class ScnnCycles:
    """A layer, or several, on SCNN. Whole numbers from tensors; expected values from densities."""

    layer: str
    inputs: int  # images over which all counts are summed
    multipliers: int
    pes: int
    compute: float  # cycles: for each group of output channels those of the slowest PE
    halo_wait: float  # cycles in which the exchange of partial sums is not hidden
    busy: float  # cycles in which a PE multiplies, summed over PEs
    issued: float  # products of two non-zero values that the arrays make
    products: float  # those of them that belong to an output: what the layer needs
    base_cycles: float  # of the BASE with as many multipliers

    @property
    def cycles(self) -> float:
        """Cycles of the layer."""
        return self.compute + self.halo_wait

    @property
    def speedup(self) -> float:
        """Speedup over BASE; infinite when all activations are zero."""
        return self.base_cycles / self.cycles if self.cycles else float("inf")

    @property
    def slots(self) -> dict[str, float]:
        """The multipliers' slots (multipliers x cycles) by use; they add up.

        products: needed. outside: made for outputs that do not exist (borders; Cartesian products make them too).
        fragmentation: no weight or no activation left for a multiplier. imbalance: the PE waits for a slower one.
        halo: all wait for the exchange.
        """
        a_pe = self.multipliers / self.pes
        return {
            "products": self.products,
            "outside": self.issued - self.products,
            "fragmentation": self.busy * a_pe - self.issued,
            "imbalance": max(0.0, self.pes * self.compute - self.busy) * a_pe,  # of expected values rounding may be left
            "halo": self.halo_wait * self.multipliers,
        }

    def _share(self, use: str) -> float:
        whole = self.multipliers * self.cycles
        return self.slots[use] / whole if whole else 0.0

    @property
    def utilisation(self) -> float:
        """Part of the slots with a product that the layer needs."""
        return self._share("products")

    @property
    def fragmentation(self) -> float:
        """Part of the slots left over by ceil(nnz / 4) within PEs."""
        return self._share("fragmentation")

    @property
    def imbalance(self) -> float:
        """Part of the slots in which a PE waits for a slower one."""
        return self._share("imbalance")


_CHIP = ("layer", "multipliers", "pes")


def _add(first: ScnnCycles, second: ScnnCycles) -> ScnnCycles:
    names = [each.name for each in fields(first) if each.name not in _CHIP]
    sums = {name: getattr(first, name) + getattr(second, name) for name in names}
    return ScnnCycles(**sums, **{name: getattr(first, name) for name in _CHIP})


def total(name: str, results: Iterable[ScnnCycles], *, inputs: int | None = None) -> ScnnCycles:
    """Return the sum of results of one chip under `name`; inputs: its images (None: the sum of theirs).

    Raises ValueError when there is none, or when they are of different chips.
    """
    found = list(results)
    if len({(each.multipliers, each.pes) for each in found}) != 1:
        raise ValueError("the results must be of one chip, and one at least")
    added = reduce(_add, found)
    values = {each.name: getattr(added, each.name) for each in fields(added)}
    return ScnnCycles(**values | {"layer": name, "inputs": added.inputs if inputs is None else inputs})
