# SPDX-License-Identifier: Apache-2.0
"""Charts as SVG that reads on a light and on a dark page, byte for byte the same in every run.

matplotlib is slow to import: only what draws imports this module.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, _FAINT = "#0a0b0c", "#0d0e0f"  # of text and of lines behind; stand-ins that the SVG's own style sheet replaces
COLOURS = ("#2f81c7", "#d9822b", "#3a9d5d", "#a463c9", "#c94f5d", "#8c8c3a")  # of series: readable on white and on black
PALE = "#8c96a1"  # what series are compared with
_STYLE = """<style>
svg { color: #1c2128; }
.card { color: #ffffff; }
.faint { color: #d0d7de; }
text { font-family: system-ui, "Segoe UI", "Liberation Sans", "DejaVu Sans", Arial, sans-serif !important; }
@media (prefers-color-scheme: dark) { svg { color: #dfe5ec; } .card { color: #161b21; } .faint { color: #3a444f; } }
</style>"""
_CARD = '<rect class="card" width="100%" height="100%" fill="currentColor"/>'
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "dpred",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": _FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": _FAINT,
    "ytick.color": _FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


@contextmanager
def figure(
    width: float, height: float, rows: int = 1, columns: int = 1, **options: object
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Give (a figure of width x height inches, its axes row by row); drawing happens within the block.

    options: of `matplotlib.figure.Figure.subplots`, such as sharey.
    """
    with mpl.rc_context(_SETTINGS):
        made = Figure(figsize=(width, height), layout="constrained")
        yield made, list(made.subplots(rows, columns, squeeze=False, **options).flat)


def svg(made: Figure, title: str) -> str:
    """Return the figure as an SVG document; `title` is what screen readers say. Call it within the block of `figure`."""
    with mpl.rc_context(_SETTINGS):
        buffer = io.StringIO()
        made.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\n?", "", text, flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(rf'style="([^"]*{_FAINT})', r'class="faint" style="\1', text)
    text = text.replace(INK, "currentColor").replace(_FAINT, "currentColor")
    head = f' role="img"><title>{html.escape(title)}</title>\n{_STYLE}\n{_CARD}'
    return re.sub(r"^(<svg[^>]*)>", lambda found: found.group(1) + head, text, count=1)
