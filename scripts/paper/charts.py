# SPDX-License-Identifier: Apache-2.0
"""Charts of the paper's page: bars by network, as SVG."""

from __future__ import annotations

import base64

import numpy as np

from models.charts import COLOURS, PALE, figure, svg
from models.paper.results import UNITS, Bars

_WIDTH, _HEIGHT = 7.4, 2.9  # inches


def bars_svg(chart: Bars) -> str:
    """Return the chart as an SVG document: for each label a bar of each series; "paper" is what ours is compared with."""
    with figure(_WIDTH, _HEIGHT) as (made, (axes,)):
        places, width = np.arange(len(chart.labels)), 0.8 / len(chart.series)
        colours = iter(COLOURS)
        for index, (name, values) in enumerate(chart.series.items()):
            colour = PALE if name == "paper" else next(colours)
            shift = (index - (len(chart.series) - 1) / 2) * width
            heights = [np.nan if value is None else value for value in values]
            drawn = axes.bar(places + shift, heights, width * 0.92, label=name, color=colour)
            axes.bar_label(drawn, ["" if value is None else f"{value:.2f}" for value in values], fontsize=7, padding=1)
        if chart.unit == "x":
            axes.axhline(1, color=PALE, linewidth=1)
        axes.set_xticks(places, chart.labels)
        axes.grid(visible=False, axis="x")
        axes.set_ylabel(UNITS[chart.unit])
        axes.margins(y=0.12)
        if len(chart.series) > 1:
            made.legend(loc="outside upper right", ncols=len(chart.series), fontsize=9)
        return svg(made, chart.title)


def data_link(document: str) -> str:
    """Return an SVG document as a link that an <img> takes."""
    return "data:image/svg+xml;base64," + base64.b64encode(document.encode()).decode()
