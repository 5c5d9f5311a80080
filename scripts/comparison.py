# SPDX-License-Identifier: Apache-2.0
"""The same layers on several designs: measured speedups over BASE, their bounds, totals, and what is wrong with them.

A speedup is the ratio of the cycles of two RTL runs, those of the design's BASE configuration over its own. The bound is the
same ratio without fill and stalls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scripts.designs import DesignPoint, design_point

CONVOLUTIONS = frozenset({"conv", "depthwise", "grouped"})
CONNECTED = frozenset({"fc"})
KINDS = CONVOLUTIONS | CONNECTED | {"pool"}
TOTALS = (("convolutions", CONVOLUTIONS), ("fully connected", CONNECTED), ("all layers", CONVOLUTIONS | CONNECTED))
SERIAL_DESIGNS = ("trt", "loom")  # with weight registers: the weights of fully connected layers come bit by bit
CAUSES = ("output_drain", "weight_fetch", "reduce", "activation_fetch")
DOCUMENTED = ("output_drain", "reduce")  # stalls of the cycle contract that are not part of the bound
TOLERANCE = 0.01  # of a fully used layer's speedup from its bound

_REQUIRED = ("layer", "kind", "design", "config", "baseline", "rtl_cycles", "model_cycles", "bound_cycles")


@dataclass(frozen=True)
class CoreRow:
    """One layer on one design: cycles of all its images, precisions in bits, `utilisation` 0..1. None: not in the row."""

    layer: str
    kind: str
    design: str
    config: str
    baseline: str
    rtl_cycles: int
    model_cycles: int
    bound_cycles: int
    detection: str = "dynamic"
    bits_per_cycle: int = 1
    sim: str = ""
    images: int | None = None
    base_cycles: int | None = None
    fill: int = 0
    stalls: Mapping[str, int] = field(default_factory=dict)
    mismatches: int = 0
    mean_p_a: float | None = None
    mean_p_w: float | None = None
    slices: int | None = None
    utilisation: float | None = None
    outputs: int | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> CoreRow:
        """Take a row of level "core" of build/layers.json apart. Raises ValueError that names the layer and what is wrong."""
        for key in _REQUIRED:
            if key not in row:
                raise ValueError(f"layers: row {row.get('layer', '?')!r} has no {key!r}")
        if row["kind"] not in KINDS:
            raise ValueError(f"layers: row {row['layer']!r} is of kind {row['kind']!r}: use one of {', '.join(sorted(KINDS))}")
        return cls(**{key: row[key] for key in cls.__dataclass_fields__ if row.get(key) is not None})

    @property
    def is_base(self) -> bool:
        """Whether the row is of a design that others refer to."""
        return self.design == "base"

    @property
    def serial(self) -> bool:
        """Whether the columns take outputs instead of windows."""
        return self.kind in CONNECTED and self.design in SERIAL_DESIGNS

    @property
    def difference(self) -> int:
        """Cycles of the RTL minus cycles of the model; 0 is the contract."""
        return self.rtl_cycles - self.model_cycles

    def without(self, causes: Sequence[str]) -> int:
        """Cycles without the fill and the stalls of the given causes."""
        return self.rtl_cycles - self.fill - sum(self.stalls.get(cause, 0) for cause in causes)


@dataclass(frozen=True)
class Ratio:
    """Measured speedup over BASE and its bound; None where BASE did not run the layer."""

    speedup: float | None
    bound: float | None


def _ratio(above: Iterable[CoreRow], below: Iterable[CoreRow]) -> Ratio:
    above, below = list(above), list(below)
    cycles = [sum(row.rtl_cycles for row in rows) for rows in (above, below)]
    bounds = [sum(row.bound_cycles for row in rows) for rows in (above, below)]
    return Ratio(*(a / b if a and b else None for a, b in (cycles, bounds)))


@dataclass(frozen=True)
class Comparison:
    """The rows of one simulator. `layers` and `designs` are in the order of the tables."""

    sim: str
    rows: dict[tuple[str, str], CoreRow]

    @cached_property
    def layers(self) -> dict[str, str]:
        """Kind of each layer."""
        return {row.layer: row.kind for row in self.rows.values()}

    @cached_property
    def points(self) -> dict[str, DesignPoint]:
        """Every configuration that ran, in the order of the tables."""
        rows = {row.config: row for row in self.rows.values()}
        points = [design_point(name, row.design, row.detection, row.bits_per_cycle) for name, row in rows.items()]
        return {point.config: point for point in sorted(points, key=lambda point: point.order)}

    @cached_property
    def baselines(self) -> list[DesignPoint]:
        """The bit-parallel designs."""
        return [point for point in self.points.values() if point.family == "base"]

    @cached_property
    def designs(self) -> list[DesignPoint]:
        """All others."""
        return [point for point in self.points.values() if point.family != "base"]

    @property
    def title(self) -> str:
        """Where the rows come from."""
        return self.sim or "simulator not known"

    @property
    def images(self) -> str:
        """How many images the layers saw, "" when that is not known; synthetic layers see one."""
        counts = sorted({row.images for row in self.rows.values() if row.images is not None})
        return f"{' or '.join(map(str, counts))} image{'s' if counts != [1] else ''} a layer" if counts else ""

    def row(self, layer: str, config: str) -> CoreRow | None:
        """The layer on the configuration, None when it did not run there."""
        return self.rows.get((layer, config))

    def rows_of(self, config: str) -> list[CoreRow]:
        """All layers of a configuration."""
        return [row for row in self.rows.values() if row.config == config]

    def base_of(self, row: CoreRow) -> CoreRow | None:
        """The same layer on the configuration's BASE; a BASE refers to itself."""
        return row if row.is_base else self.row(row.layer, row.baseline)

    def ratio(self, row: CoreRow | None) -> Ratio:
        """Speedup and bound of a row."""
        base = self.base_of(row) if row else None
        return _ratio([base], [row]) if row and base else Ratio(None, None)

    def total(self, config: str, kinds: frozenset[str]) -> Ratio:
        """Speedup and bound over all layers of some kinds; None unless the design and its BASE ran every one of them."""
        wanted = [layer for layer, kind in self.layers.items() if kind in kinds]
        rows = [row for layer in wanted if (row := self.row(layer, config))]
        bases = [base for row in rows if (base := self.base_of(row))]
        return _ratio(bases, rows) if len(rows) == len(bases) == len(wanted) else Ratio(None, None)

    @property
    def totals(self) -> list[tuple[str, frozenset[str]]]:
        """The groups of layers to add up: those that have a layer, and all when there are both."""
        parts = [(name, kinds) for name, kinds in TOTALS[:2] if kinds & set(self.layers.values())]
        return [*parts, TOTALS[2]] if len(parts) == 2 else parts

    @property
    def sums(self) -> list[tuple[str, frozenset[str]]]:
        """The totals of more than one layer: the others repeat a layer."""
        return [(name, kinds) for name, kinds in self.totals if sum(kind in kinds for kind in self.layers.values()) > 1]


def comparisons(rows: Iterable[Mapping[str, Any]]) -> list[Comparison]:
    """Group the rows of level "core" by simulator. Raises ValueError for an incomplete row or a second one."""
    found: dict[str, Comparison] = {}
    for row in map(CoreRow.from_row, rows):
        comparison = found.setdefault(row.sim, Comparison(row.sim, {}))
        if (row.layer, row.config) in comparison.rows:
            raise ValueError(f"layers: row {row.layer!r} of {row.config} is there twice")
        comparison.rows[row.layer, row.config] = row
    return list(found.values())


def with_speedups(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with `speedup` and `bound_speedup`, None where BASE did not run the layer. Raises as `comparisons`."""
    by_sim = {one.sim: one for one in comparisons(rows)}
    full = []
    for row in rows:
        one = CoreRow.from_row(row)
        ratio = by_sim[one.sim].ratio(one)
        full.append(dict(row) | {"speedup": ratio.speedup, "bound_speedup": ratio.bound})
    return full
