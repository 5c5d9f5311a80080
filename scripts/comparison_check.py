# SPDX-License-Identifier: Apache-2.0
"""What must hold when the same layers run on several designs; a line for each thing that does not."""

from __future__ import annotations

from scripts.comparison import CAUSES, DOCUMENTED, TOLERANCE, Comparison, CoreRow


def _where(row: CoreRow) -> str:
    return f"layer {row.layer} on {row.config}"


def _against_model(row: CoreRow) -> list[str]:
    wrong = [f"{_where(row)}: {row.mismatches} outputs differ from the model"] if row.mismatches else []
    if row.difference:
        wrong.append(f"{_where(row)}: {row.rtl_cycles} cycles, the model says {row.model_cycles}")
    return wrong


def missing_baselines(comparison: Comparison) -> list[str]:
    """One line a design without a speedup. A pooling layer has none: BASE does not pool."""
    lines = []
    for point in comparison.designs:
        rows = [row for row in comparison.rows_of(point.config) if row.kind != "pool"]
        missing = [row.layer for row in rows if comparison.base_of(row) is None]
        if missing:
            which = f"{rows[0].baseline} has no {'rows' if len(missing) == len(rows) else ', '.join(missing)}"
            lines.append(f"layers on {point.config} have no speedup: its baseline {which} ({comparison.title})")
    return lines


def _against_base(comparison: Comparison, row: CoreRow) -> list[str]:
    base = comparison.base_of(row)
    if base is None or base is row:
        return []
    wrong = []
    if base.images != row.images:
        wrong.append(f"{_where(row)}: {row.images} images, its baseline {base.config} had {base.images}: not comparable")
    elif row.base_cycles is not None and row.base_cycles != base.without(()):
        steps = f"{base.without(())} cycles without fill, the model says {row.base_cycles}"
        wrong.append(f"{_where(row)}: {base.config} took {steps}")
    return wrong


def _gap(comparison: Comparison, row: CoreRow, cycles: int) -> float | None:
    """How far the speedup is from the bound, as a fraction, had the layer taken `cycles` and its BASE no fill."""
    base, bound = comparison.base_of(row), comparison.ratio(row).bound
    return base.without(()) / cycles / bound - 1 if base and bound and cycles > 0 else None


def _fully_used(row: CoreRow) -> bool:
    return row.utilisation is not None and row.utilisation > 1 - 1e-9


def _against_bound(comparison: Comparison, row: CoreRow) -> list[str]:
    """Hold a fully used layer to its bound.

    Neither may documented losses hide others, nor may it be faster than its bound. Where weights load bit-serially the
    losses overlap: the bound counts the first load, which is fill, and the next pass loads while a cascade is added. There
    only the whole time must not be below the bound's.
    """
    if not _fully_used(row):
        return []
    least = row.without(DOCUMENTED)
    if least <= 0:
        return [f"{_where(row)}: fill and stalls are all of its {row.rtl_cycles} cycles"]
    below = _gap(comparison, row, least)
    above = _gap(comparison, row, row.rtl_cycles if row.serial else least)
    if below is not None and below < -TOLERANCE:
        return [_bound_line(comparison, row, below)]
    return [_bound_line(comparison, row, above)] if above is not None and above > TOLERANCE else []


def _bound_line(comparison: Comparison, row: CoreRow, gap: float) -> str:
    bound = comparison.ratio(row).bound or 0.0
    text = f"{bound * (1 + gap):.3f}x over {row.baseline} without fill and documented stalls"
    return f"{_where(row)}: {text}, {100 * abs(gap):.1f}% {'below' if gap < 0 else 'above'} its bound {bound:.3f}x"


def _base_at_work(row: CoreRow) -> list[str]:
    """BASE never waits: what it takes beside its fill is one cycle a step."""
    if not row.is_base or row.without(()) == row.bound_cycles:
        return []
    return [f"{_where(row)}: {row.without(())} cycles without fill, {row.bound_cycles} steps"]


def problems_of(comparison: Comparison, *, restricted: bool = False) -> list[str]:
    """Everything that breaks the contract, one line each.

    Outputs and cycles unlike the model's; a missing BASE, unless the run was `restricted` to a part of the configurations; a
    BASE that waits; a fully used layer whose speedup, without fill and the documented stalls, is not within 1% of its bound.
    """
    problems = [] if restricted else missing_baselines(comparison)
    for row in comparison.rows.values():
        problems += _against_model(row) + _base_at_work(row) + _against_base(comparison, row) + _against_bound(comparison, row)
    return problems


def held_up(comparison: Comparison) -> dict[str, list[tuple[str, float]]]:
    """The fully used layers that documented stalls keep from their bound by more than 1%: (configuration, fraction) a layer."""
    found: dict[str, list[tuple[str, float]]] = {}
    for row in comparison.rows.values():
        gap = _gap(comparison, row, row.without(())) if _fully_used(row) else None
        if gap is not None and gap < -TOLERANCE:
            found.setdefault(row.layer, []).append((row.config, -gap))
    return found


def stalls_of(rows: list[CoreRow]) -> dict[str, int]:
    """Stalls of some rows by cause; the known causes first."""
    causes = dict.fromkeys([*CAUSES, *(cause for row in rows for cause in row.stalls)])
    return {cause: sum(row.stalls.get(cause, 0) for row in rows) for cause in causes}
