# SPDX-License-Identifier: Apache-2.0
"""The page of `make paper`: self-contained, in the look of the regression's report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from models.paper.published import Inconsistency, inconsistencies
from models.paper.results import BASES, Item, Row
from scripts.paper.charts import bars_svg, data_link
from scripts.report.page import page_policy, style_and_script, template_environment

WORDS = {"yes": "reproduced", "partly": "in part", "no": "not here"}
STATES = {"yes": "passed", "partly": "partly", "no": "missing"}


@dataclass(frozen=True)
class Picture:
    """A chart as a link, with what it says for those who do not see it."""

    title: str
    link: str


@dataclass(frozen=True)
class ItemView:
    """A table or figure as the page shows it."""

    item: Item
    pictures: tuple[Picture, ...]
    doubts: tuple[Inconsistency, ...]

    @property
    def compared(self) -> list[Row]:
        """Rows that have both numbers."""
        return [row for row in self.item.rows if row.deviation is not None]

    @property
    def says(self) -> str:
        """A line for the overview: how many numbers, how far off."""
        deviations = sorted(abs(row.deviation) for row in self.compared)
        if not deviations:
            ours = sum(row.ours is not None for row in self.item.rows)
            return f"{ours} numbers of ours" if ours else self.item.about.missing
        middle = deviations[len(deviations) // 2]
        within = f"half of them within {100 * middle:.1f}%, all within {100 * deviations[-1]:.1f}%"
        return f"{len(deviations)} number{'s' if len(deviations) > 1 else ''} compared, {within}"


def cell(value: float | None, unit: str) -> str:
    """Return a number as the tables have it."""
    if value is None:
        return "–"
    return f"{100 * value:.1f}%" if unit == "fraction" else f"{value:.2f}" + ("×" if unit == "x" else f" {unit}")


def view(item: Item) -> ItemView:
    """Return an item with its charts drawn."""
    pictures = tuple(Picture(chart.title, data_link(bars_svg(chart))) for chart in item.charts)
    return ItemView(item, pictures, inconsistencies(item.name))


def page(items: Sequence[Item], facts: dict[str, str]) -> str:
    """Return the page of the items; facts: version, date and the like, for its head."""
    style, script = style_and_script()
    environment = template_environment()
    return environment.get_template("paper.html.j2").render(
        views=[view(item) for item in items],
        facts=facts,
        bases=BASES,
        cell=cell,
        words=WORDS,
        states=STATES,
        style=Markup(style),  # ours, not input
        script=Markup(script),
        policy=page_policy(style, script),
    )
