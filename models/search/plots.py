# SPDX-License-Identifier: Apache-2.0
"""Accuracy against footprint as a picture (docs/precision_search.md)."""

from __future__ import annotations

from matplotlib.ticker import PercentFormatter

from models.charts import COLOURS, PALE, figure, svg
from models.search.steps import SearchResult


def pareto_svg(result: SearchResult, name: str, metric: str) -> str:
    """Return loss over footprint: the Pareto list, the descent, all layers alike, and the result."""
    scale = 100 if metric == "top1" else 1
    series = [("layer by layer, best", result.pareto, {"color": COLOURS[0], "marker": "o", "markersize": 3.5})]
    series.append(("descent", result.path, {"color": COLOURS[1], "linestyle": "--", "linewidth": 1.2}))
    if result.uniform is not None:
        series.append(("all layers alike", [result.uniform], {"color": COLOURS[2], "marker": "s", "linestyle": "none"}))
    series.append(("16 bits", [result.full], {"color": PALE, "marker": "s", "linestyle": "none"}))
    series.append(("found", [result.best], {"color": COLOURS[4], "marker": "D", "linestyle": "none"}))
    shown = max([abs(result.best.loss), *(found.loss for found in result.path), 1e-3]) * scale
    with figure(6.4, 3.6) as (made, (axes,)):
        for label, found, style in series:
            axes.plot([each.footprint for each in found], [each.loss * scale for each in found], label=label, **style)
        axes.set(xlabel="footprint, of 32-bit floats", ylabel=f"loss, {'%' if metric == 'top1' else 'dB'}")
        axes.set(xlim=(0, 0.55), ylim=(min(0, axes.get_ylim()[0]), 2.5 * shown))
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.legend()
        return svg(made, f"{name}: loss against footprint")
