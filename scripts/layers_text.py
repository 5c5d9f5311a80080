# SPDX-License-Identifier: Apache-2.0
"""The comparison of the designs as plain text of at most 160 columns: a matrix of speedups, then a line a design."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from scripts.comparison import CONNECTED, CONVOLUTIONS, Comparison, CoreRow, Ratio
from scripts.comparison_check import held_up, stalls_of
from scripts.designs import DesignPoint

WIDTH = 158
_GAP = 2
_LEGEND = """\
cells: measured speedup over BASE / bound without fill and stalls; one number: RTL cycles (no BASE to compare with); -: not run
drain, weights, reduce, inputs: cycles that wait for the output, for weights, for a cascade's reduction, for activations
used: share of the multipliers that the layers' shapes occupy; RTL-model, differ: cycles and outputs unlike the model's
"""


def align(cells: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Set a table: the first `left` columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        (" " * _GAP)
        .join(
            text.ljust(width) if index < left else text.rjust(width)
            for index, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        .rstrip()
        for line in cells
    ]


def _room(columns: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) + _GAP for column in columns) - _GAP


def _blocks(first: Sequence[str], columns: Sequence[Sequence[str]]) -> Iterable[list[Sequence[str]]]:
    """Divide columns into tables that fit into WIDTH, each beginning with the column `first`."""
    block = [first]
    for column in columns:
        if _room([*block, column]) > WIDTH and len(block) > 1:
            yield block
            block = [first]
        block.append(column)
    yield block


def _cell(ratio: Ratio) -> str:
    return f"{ratio.speedup:.2f}/{ratio.bound:.2f}" if ratio.speedup and ratio.bound else "-"


def _layer_cell(comparison: Comparison, row: CoreRow | None) -> str:
    """The ratios; the cycles of a layer that BASE does not run."""
    if row is not None and comparison.base_of(row) is None:
        return str(row.rtl_cycles)
    return _cell(comparison.ratio(row))


def _share(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.0f}%"


def _design_column(comparison: Comparison, point: DesignPoint) -> list[str]:
    cells = [_layer_cell(comparison, comparison.row(layer, point.config)) for layer in comparison.layers]
    return [point.code, point.shape, *cells, *(_cell(comparison.total(point.config, kinds)) for _, kinds in comparison.sums)]


def _base_column(comparison: Comparison, point: DesignPoint) -> list[str]:
    rows = {layer: comparison.row(layer, point.config) for layer in comparison.layers}
    sums = [sum(row.rtl_cycles for row in rows.values() if row and row.kind in kinds) for _, kinds in comparison.sums]
    return [point.code, point.shape, *(str(row.rtl_cycles) if row else "-" for row in rows.values()), *map(str, sums)]


def _layer_column(comparison: Comparison) -> list[str]:
    names = [name if kind in name else f"{name} ({kind})" for name, kind in comparison.layers.items()]
    return ["layer", "", *names, *(name for name, _ in comparison.sums)]


def format_matrix(comparison: Comparison) -> str:
    """Layers down, designs across; a table for each width of the operands when one is too wide."""
    first = _layer_column(comparison)
    columns = [
        [
            *(_base_column(comparison, point) for point in comparison.baselines if point.p == p),
            *(_design_column(comparison, point) for point in comparison.designs if point.p == p),
        ]
        for p in dict.fromkeys(point.p for point in comparison.points.values())
    ]
    whole = [column for group in columns for column in group]
    groups = [whole] if _room([first, *whole]) <= WIDTH else columns
    tables = [block for group in groups for block in _blocks(first, group)]
    return "\n\n".join("\n".join(align(list(zip(*table, strict=True)))) for table in tables)


def utilisation(rows: Sequence[CoreRow]) -> float | None:
    """Mean utilisation of some layers, each weighted by its cycles without fill and stalls; None when it is not known."""
    if not rows or any(row.utilisation is None for row in rows):
        return None
    cycles = sum(row.bound_cycles for row in rows)
    return sum(row.bound_cycles * (row.utilisation or 0.0) for row in rows) / cycles if cycles else None


def _design_line(comparison: Comparison, point: DesignPoint) -> list[str]:
    rows = comparison.rows_of(point.config)
    stalls = stalls_of(rows)
    totals = [_cell(comparison.total(point.config, kinds)) for kinds in (CONVOLUTIONS, CONNECTED, CONVOLUTIONS | CONNECTED)]
    return [
        *(point.code, point.config, "" if rows[0].is_base else rows[0].baseline, *totals),
        *(str(sum(getattr(row, key) for row in rows)) for key in ("rtl_cycles", "fill")),
        *(str(stalls[cause]) for cause in ("output_drain", "weight_fetch", "reduce", "activation_fetch")),
        *(str(sum(abs(row.difference) for row in rows)), str(sum(row.mismatches for row in rows))),
        _share(utilisation(rows)),
    ]


def format_designs(comparison: Comparison) -> str:
    """A line a design: where its cycles go, and what differs from the model."""
    header = ["design", "configuration", "over", "convs", "connected", "all", "RTL", "fill"]
    header += ["drain", "weights", "reduce", "inputs", "RTL-model", "differ", "used"]
    points = [*comparison.baselines, *comparison.designs]
    return "\n".join(align([header, *(_design_line(comparison, point) for point in points)], left=3))


def _held_up(comparison: Comparison) -> list[str]:
    lines = []
    for layer, designs in held_up(comparison).items():
        named = ", ".join(f"{comparison.points[config].code} {100 * share:.0f}%" for config, share in designs)
        text = f"{layer} is below its bound by documented stalls (output, reduction): {named}"
        lines.append(textwrap.fill(text, WIDTH, subsequent_indent="  "))
    return lines


def format_comparison(comparison: Comparison) -> str:
    """Return the whole text."""
    head = f"the same layers on every design ({', '.join(filter(None, (comparison.title, comparison.images)))}):"
    notes = _held_up(comparison)
    parts = [head, "", format_matrix(comparison), "", format_designs(comparison), *([""] if notes else []), *notes]
    return "\n".join(parts) + "\n" + _LEGEND
