# SPDX-License-Identifier: Apache-2.0
"""Pictures of precision statistics like Fig. 1 of the paper, as SVG or as a page (docs/statistics.md)."""

from __future__ import annotations

import html

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from models.charts import COLOURS, INK, PALE, figure, svg
from models.statistics.layers import LayerStatistics, TensorStatistics
from models.statistics.network import TENSORS, NetworkStatistics

_TITLES = {"acts": "activations", "weights": "weights"}
_COLUMNS = 3
_PANEL = (3.6, 2.6)  # inches
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2em auto; padding: 0 1em; }}
figure {{ margin: 2em 0; }}
svg {{ width: 100%; height: auto; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{note}</p>
{body}
</body>
</html>
"""


def _cumulative(axes: Axes, tensor: TensorStatistics, title: str) -> None:
    """Draw the cumulative distribution of each group size, and the static and a dynamic precision (Fig. 1a to 1d)."""
    most = max(tensor.form.precision, tensor.static)
    for colour, (size, found) in zip(COLOURS, tensor.groups.items(), strict=False):
        axes.step(np.arange(most + 1), found.cumulative[: most + 1], where="post", color=colour, label=f"{size}")
    axes.axvline(tensor.form.precision, color=PALE, linewidth=3, label="static")
    if len(tensor.dynamic) > 1:
        axes.axvline(tensor.dynamic[0], color=INK, linewidth=1.2, linestyle="--", label="dynamic, input 0")
    axes.set(xlim=(0, most + 0.4), ylim=(0, 1.03), title=title)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1))


def _panels(drawn: list[tuple[TensorStatistics, str]], title: str) -> str:
    columns = min(_COLUMNS, len(drawn))
    rows = -(-len(drawn) // columns)
    width, height = max(columns * _PANEL[0], 5.4), rows * _PANEL[1] + 0.5
    with figure(width, height, rows, columns) as (made, panels):
        for axes, (tensor, name) in zip(panels, drawn, strict=False):
            _cumulative(axes, tensor, name)
        for axes in panels[len(drawn) :]:
            axes.set_visible(False)
        made.supxlabel("precision, bits", fontsize=10)
        made.supylabel("groups that need no more", fontsize=10)
        lines = max((axes.get_legend_handles_labels() for axes in panels[: len(drawn)]), key=lambda found: len(found[0]))
        made.legend(*lines, loc="outside upper center", ncols=len(lines[0]), title=None, handlelength=1.4, columnspacing=1.2)
        return svg(made, title)


def network_svg(found: NetworkStatistics) -> str:
    """Return the distributions of all layers' activations; of a single layer those of its weights, too."""
    if len(found.layers) == 1:
        return layer_svg(found.layers[0])
    title = f"{found.name}: precision of activations, cumulative, by size of group"
    return _panels([(layer.acts, layer.name) for layer in found.layers], title)


def layer_svg(layer: LayerStatistics) -> str:
    """Return the distributions of a layer's activations and weights."""
    drawn = [(getattr(layer, what), f"{layer.name}: {_TITLES[what]}") for what in TENSORS]
    return _panels(drawn, f"{layer.name}: precision of activations and weights, cumulative, by size of group")


def bars_svg(found: NetworkStatistics) -> str:
    """Return the effective precisions of each layer and of the network as bars (Fig. 1e)."""
    names = [layer.name for layer in found.layers] + ["all"]
    kinds = ["profile", *(f"groups of {size}" for size in sorted({found.sizes[0], found.sizes[-1]}, reverse=True)), "values"]
    with figure(max(6.5, 1.5 + 0.75 * len(names)), 5.2, 2, 1, sharex=True) as (made, panels):
        for axes, what in zip(panels, TENSORS, strict=True):
            for index, (kind, bits) in enumerate(zip(kinds, _bars(found, what), strict=True)):
                colour = PALE if index == 0 else COLOURS[index - 1]
                places = np.arange(len(names)) + (index - (len(kinds) - 1) / 2) * 0.8 / len(kinds)
                axes.bar(places, bits, 0.8 / len(kinds), color=colour, label=kind)
            axes.set(title=_TITLES[what], ylabel="bits")
            axes.grid(axis="x", visible=False)
        panels[-1].set_xticks(range(len(names)), names, rotation=45 if len(names) > 10 else 0)
        lines = panels[0].get_legend_handles_labels()
        made.legend(*lines, loc="outside upper center", ncols=len(kinds), handlelength=1)
        return svg(made, f"{found.name}: effective precision by layer")


def _bars(found: NetworkStatistics, what: str) -> list[list[float]]:
    """Return the bits of each kind of bar: one a layer, then the network's mean."""
    tensors = [getattr(layer, what) for layer in found.layers]
    bars = [[tensor.form.precision for tensor in tensors] + [found.profile(what)]]
    for size in sorted({found.sizes[0], found.sizes[-1]}, reverse=True):
        bars.append([tensor.groups[size].mean for tensor in tensors] + [found.per_group(what, size)])
    return [*bars, [tensor.values.mean for tensor in tensors] + [found.per_value(what)]]


def page(found: NetworkStatistics) -> str:
    """Return all pictures of a network as one HTML page that needs no other file."""
    title = f"{html.escape(found.name)}: precisions"
    parts = [bars_svg(found), *(layer_svg(layer) for layer in found.layers)]
    parts = [part.replace("<svg ", f'<svg id="chart{index}" ', 1) for index, part in enumerate(parts)]
    body = "\n".join(f"<figure>{part}</figure>" for part in parts)
    note = f"{html.escape(found.source)}, {found.inputs} inputs"
    return _PAGE.format(title=title, note=note, body=body)
