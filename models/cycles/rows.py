# SPDX-License-Identifier: Apache-2.0
"""Cycles of whole networks: a row a layer and design, and the totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.cycles.core import LayerCycles
from models.dispatch_timing import BASE_LATENCY

KINDS = ("convolutions", "fully_connected")  # the two parts of a network's total


def part_of(kind: str) -> str:
    """Return the part of KINDS that a kind of layer counts to."""
    return KINDS[kind == "fc"]


@dataclass(frozen=True)
class LayerRow:
    """The cycles of one layer on one design, all inputs together.

    `exact` rows have fill and stalls, on both sides of the speedup: what the RTL takes. The others are bounds, steps times
    precision, which may be fractional, rounded up to whole cycles.
    """

    layer: str
    kind: str  # conv, depthwise, grouped, fc
    design: str  # its name in the totals
    config: str  # the configuration of models/configs.toml
    bits_per_cycle: int
    basis: str  # where the precisions are from: effective, profile, dynamic, or none (bit-parallel)
    exact: bool
    tiles: int
    cycles: int
    base_cycles: int  # of the bit-parallel design with the same peak
    bound_cycles: int  # without fill and without waiting for output and cascade
    base_bound: int
    p_a: float  # mean bits of a step's activations; P where the tile takes them bit-parallel
    p_w: float  # the same of the weights
    inputs: int = 1
    folded: bool = False  # the stride was folded into the channels, for the baseline too
    slices: int = 1  # columns that share an output (fully connected layers on trt)
    fill: int = 0
    stalls: dict[str, int] = field(default_factory=dict)
    utilisation: float | None = None  # part of the multipliers' slots that a product of the layer fills
    per_input: tuple[int, ...] = ()  # the cycles of each input
    digests: tuple[str, ...] = ()  # of the layer with each input's operands (TraceLayer.digests); empty without tensors

    @property
    def speedup(self) -> float:
        """Speedup over the bit-parallel design."""
        return self.base_cycles / self.cycles

    @property
    def bound_speedup(self) -> float:
        """The same without fill and without waiting."""
        return self.base_bound / self.bound_cycles

    @property
    def part(self) -> str:
        """The part of the network that it counts to, of KINDS."""
        return part_of(self.kind)

    def document(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        names = ("layer", "kind", "design", "config", "bits_per_cycle", "cycles", "base_cycles", "speedup", "bound_cycles")
        names += ("bound_speedup", "basis", "exact", "tiles", "slices", "folded", "inputs", "fill", "stalls")
        names += ("p_a", "p_w", "utilisation")
        found = {name: getattr(self, name) for name in names}
        if self.digests:
            found |= {"per_input": list(self.per_input), "digests": list(self.digests)}
        return found


@dataclass(frozen=True)
class Skipped:
    """A layer that a design cannot run, or whose precisions are not known, and why."""

    layer: str
    kind: str
    design: str
    reason: str

    @property
    def part(self) -> str:
        """As `LayerRow.part`."""
        return part_of(self.kind)


def exact_row(
    results: Sequence[LayerCycles], *, kind: str, design: str, basis: str, folded: bool = False, digests: tuple[str, ...] = ()
) -> LayerRow:
    """Return the row of a layer from its cycles for each input, all of one configuration and with the same slices."""
    first, count = results[0], len(results)
    stalls = {cause: sum(result.stalls[cause] for result in results) for cause in first.stalls}
    return LayerRow(
        layer=first.layer,
        kind=kind,
        design=design,
        config=first.config,
        bits_per_cycle=first.bits_per_cycle,
        basis=basis,
        exact=True,
        tiles=first.tiles,
        cycles=sum(result.cycles for result in results),
        base_cycles=first.base_cycles * count,
        bound_cycles=sum(result.bound_cycles for result in results),
        base_bound=(first.base_cycles - BASE_LATENCY) * count,
        p_a=sum(result.mean_p_a for result in results) / count,
        p_w=sum(result.mean_p_w for result in results) / count,
        inputs=count,
        folded=folded,
        slices=first.slices,
        fill=sum(result.fill for result in results),
        stalls=stalls,
        utilisation=first.utilisation,
        per_input=tuple(result.cycles for result in results),
        digests=digests,
    )


def total(rows: Iterable[LayerRow]) -> dict[str, dict[str, Any]]:
    """Return {design: {cycles, base_cycles, speedup, bound_speedup, layers, exact}} of the rows."""
    found: dict[str, list[LayerRow]] = {}
    for row in rows:
        found.setdefault(row.design, []).append(row)
    return {design: _sum(each) for design, each in found.items()}


def _sum(rows: list[LayerRow]) -> dict[str, Any]:
    cycles, base = sum(row.cycles for row in rows), sum(row.base_cycles for row in rows)
    bound, base_bound = sum(row.bound_cycles for row in rows), sum(row.base_bound for row in rows)
    return {
        "cycles": cycles,
        "base_cycles": base,
        "speedup": base / cycles,
        "bound_speedup": base_bound / bound,
        "layers": len(rows),
        "exact": all(row.exact for row in rows),
    }
