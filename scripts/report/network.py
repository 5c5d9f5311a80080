# SPDX-License-Identifier: Apache-2.0
"""A network's layers in a regression: what the page shows of build/layers.json, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.comparison_check import problems_of
from scripts.report.compare_view import ComparisonView, compare
from scripts.report.layers_view import Chart, Classification, charts


@dataclass(frozen=True)
class Network:
    """The layers through the engine, the layers on every design, what the network says about images, and what is wrong."""

    rows: Sequence[Mapping[str, Any]]
    charts: list[Chart]
    comparisons: list[ComparisonView]
    classification: list[Classification]
    problems: list[str]


def network(rows: Sequence[Mapping[str, Any]], classification: Sequence[Mapping[str, Any]], restricted: bool) -> Network:
    """Judge the rows of build/layers.json; an incomplete one is a problem. `restricted`: a design may lack its BASE."""
    try:
        found = charts([row for row in rows if row.get("level") != "core"])
        compared = compare([row for row in rows if row.get("level") == "core"])
        classified = [Classification.from_row(row) for row in classification]
    except ValueError as error:
        return Network(rows, [], [], [], [str(error)])
    judged = [*(layer for chart in found for layer in chart.layers), *classified]
    problems = [problem for one in judged for problem in one.problems()]
    problems += [problem for view in compared for problem in problems_of(view.comparison, restricted=restricted)]
    return Network(rows, found, compared, classified, problems)
