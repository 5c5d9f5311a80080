# SPDX-License-Identifier: Apache-2.0
"""The same layers on every design, as the page shows them: a panel of bars a layer, and the rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.comparison import CONNECTED, CONVOLUTIONS, Comparison, CoreRow, Ratio, comparisons
from scripts.comparison_check import held_up, missing_baselines, stalls_of
from scripts.designs import DesignPoint
from scripts.layers_text import utilisation

_CHART_END = 98.0  # percent of a panel's width that the highest bound takes


@dataclass(frozen=True)
class Bar:
    """A design in a panel; positions in percent of the width for bars."""

    point: DesignPoint
    ratio: Ratio
    speedup_x: float
    bound_x: float


@dataclass(frozen=True)
class Panel:
    """A layer, or a sum of layers, on every design."""

    name: str
    kind: str
    bars: list[Bar]


@dataclass(frozen=True)
class DesignLine:
    """All layers of a design: speedups over the convolutions, over the fully connected layers, over both; what it lost."""

    point: DesignPoint
    baseline: str
    totals: list[Ratio]
    cycles: int
    fill: int
    stalls: dict[str, int]
    difference: int
    mismatches: int
    utilisation: float | None


@dataclass(frozen=True)
class ComparisonView:
    """One simulator. `base_x` is where BASE = 1 is in a panel, in percent.

    `below` says which layers stay below their bound by documented stalls, `without_base` which designs have no speedup.
    """

    comparison: Comparison
    sums: list[Panel]
    panels: list[Panel]
    designs: list[DesignLine]
    base_x: float
    families: list[DesignPoint]
    below: list[str]
    without_base: list[str]

    def rows(self) -> list[tuple[CoreRow, Ratio, CoreRow | None]]:
        """Every layer on every design, by layer: the row, its speedup and its BASE."""
        found = [self.comparison.row(layer, config) for layer in self.comparison.layers for config in self.comparison.points]
        return [(row, self.comparison.ratio(row), self.comparison.base_of(row)) for row in found if row is not None]


def _ratios(comparison: Comparison) -> list[tuple[str, str, list[Ratio]]]:
    """Name, kind ("" for a sum) and the designs' ratios of the sums, then of the layers that BASE runs."""
    designs = [point.config for point in comparison.designs]
    sums = [(name, "", [comparison.total(config, kinds) for config in designs]) for name, kinds in comparison.sums]
    layers = [
        (layer, kind, [comparison.ratio(comparison.row(layer, config)) for config in designs])
        for layer, kind in comparison.layers.items()
    ]
    return [*sums, *layers]


def _design_line(comparison: Comparison, point: DesignPoint) -> DesignLine:
    rows = comparison.rows_of(point.config)
    return DesignLine(
        point=point,
        baseline="" if rows[0].is_base else rows[0].baseline,
        totals=[comparison.total(point.config, kinds) for kinds in (CONVOLUTIONS, CONNECTED, CONVOLUTIONS | CONNECTED)],
        cycles=sum(row.rtl_cycles for row in rows),
        fill=sum(row.fill for row in rows),
        stalls=stalls_of(rows),
        difference=sum(abs(row.difference) for row in rows),
        mismatches=sum(row.mismatches for row in rows),
        utilisation=utilisation(rows),
    )


def _below(comparison: Comparison) -> list[str]:
    return [
        f"{layer}: " + ", ".join(f"{config} {100 * share:.0f}%" for config, share in designs)
        for layer, designs in held_up(comparison).items()
    ]


def _view(comparison: Comparison) -> ComparisonView:
    ratios = _ratios(comparison)
    highest = max([1.0, *(value for *_, found in ratios for ratio in found for value in (ratio.speedup, ratio.bound) if value)])
    scale = _CHART_END / highest
    panels = [
        Panel(
            name,
            kind,
            [
                Bar(point, ratio, round(scale * (ratio.speedup or 0), 2), round(scale * (ratio.bound or 0), 2))
                for point, ratio in zip(comparison.designs, found, strict=True)
            ],
        )
        for name, kind, found in ratios
        if any(ratio.speedup for ratio in found)
    ]
    families = {point.family: point for point in comparison.designs}
    return ComparisonView(
        comparison=comparison,
        sums=[panel for panel in panels if not panel.kind],
        panels=[panel for panel in panels if panel.kind],
        designs=[_design_line(comparison, point) for point in (*comparison.baselines, *comparison.designs)],
        base_x=round(scale, 2),
        families=list(families.values()),
        below=_below(comparison),
        without_base=missing_baselines(comparison),
    )


def compare(rows: Sequence[Mapping[str, Any]]) -> list[ComparisonView]:
    """Return a view for each simulator among rows of level "core". Raises ValueError for an incomplete row."""
    return [_view(comparison) for comparison in comparisons(rows)]
