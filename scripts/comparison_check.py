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


def _images(comparison: Comparison, row: CoreRow) -> list[str]:
    base = comparison.base_of(row)
    if base is None or base.images == row.images:
        return []
    return [f"{_where(row)}: {row.images} images, its baseline {base.config} had {base.images}: not comparable"]


def _gap(comparison: Comparison, row: CoreRow, causes: tuple[str, ...]) -> float | None:
    """How far the speedup without the fill and some stalls is from the bound, as a fraction; None: nothing to compare."""
    base, bound = comparison.base_of(row), comparison.ratio(row).bound
    if base is None or bound is None or row.without(causes) <= 0:
        return None
    return base.without(causes) / row.without(causes) / bound - 1


def _fully_used(row: CoreRow) -> bool:
    return row.utilisation is not None and row.utilisation > 1 - 1e-9


def _against_bound(comparison: Comparison, row: CoreRow) -> list[str]:
    if not _fully_used(row):
        return []
    if row.without(DOCUMENTED) <= 0:
        return [f"{_where(row)}: fill and stalls are all of its {row.rtl_cycles} cycles"]
    gap = _gap(comparison, row, DOCUMENTED)
    if gap is None or abs(gap) <= TOLERANCE:
        return []
    bound = comparison.ratio(row).bound or 0.0
    side = "below" if gap < 0 else "above"
    text = f"{bound * (1 + gap):.3f}x over {row.baseline or row.config} without fill and documented stalls"
    return [f"{_where(row)}: {text}, {100 * abs(gap):.1f}% {side} its bound {bound:.3f}x"]


def problems_of(comparison: Comparison, *, restricted: bool = False) -> list[str]:
    """Everything that breaks the contract, one line each.

    Outputs and cycles unlike the model's; a missing BASE, unless the run was `restricted` to a part of the configurations; a
    fully used layer whose speedup, without fill and the documented stalls, is not within 1% of its bound.
    """
    problems = [] if restricted else missing_baselines(comparison)
    for row in comparison.rows.values():
        problems += _against_model(row) + _images(comparison, row) + _against_bound(comparison, row)
    return problems


def held_up(comparison: Comparison) -> dict[str, list[tuple[str, float]]]:
    """The fully used layers that documented stalls keep from their bound by more than 1%: (configuration, fraction) a layer."""
    found: dict[str, list[tuple[str, float]]] = {}
    for row in comparison.rows.values():
        gap = _gap(comparison, row, ()) if _fully_used(row) else None
        if gap is not None and gap < -TOLERANCE:
            found.setdefault(row.layer, []).append((row.config, -gap))
    return found


def stalls_of(rows: list[CoreRow]) -> dict[str, int]:
    """Stalls of some rows by cause; the known causes first."""
    causes = dict.fromkeys([*CAUSES, *(cause for row in rows for cause in row.stalls)])
    return {cause: sum(row.stalls.get(cause, 0) for row in rows) for cause in causes}
