# SPDX-License-Identifier: Apache-2.0
"""The paper's numbers as they are stored: each column's geometric mean is the printed one, each sum the printed sum."""

from __future__ import annotations

import math

import pytest

from models.paper.published import GEOMEAN, inconsistencies, quoted, table
from models.paper.results import item_names


@pytest.mark.parametrize(
    ("item", "column", "digits"),
    [
        ("table4", "dstripes_vs_base", 0.011),
        ("table4", "dstripes_vs_stripes", 0.011),
        ("table5", "fc_perf", 0.006),
        ("table5", "fc_eff", 0.006),
        ("table5", "conv_perf", 0.006),
        ("table5", "conv_eff", 0.006),
        ("table8", "oblivious", 0.006),
        ("table8", "precision_aware_iso_area", 0.006),
        ("table10", "loom", 0.006),
    ],
)
def test_a_column_has_the_printed_geometric_mean(item: str, column: str, digits: float) -> None:
    """A number that was copied wrong would move the mean; `digits` is what the paper's rounding allows."""
    numbers = table(item, column)
    mean = numbers.pop(GEOMEAN)
    assert math.prod(numbers.values()) ** (1 / len(numbers)) == pytest.approx(mean, abs=digits)


@pytest.mark.parametrize("column", ["fc_vs_base_pct", "fc_vs_1b_pct", "conv_vs_base_pct", "conv_vs_1b_pct"])
def test_percentages_have_the_printed_geometric_mean(column: str) -> None:
    numbers = {name: 1 + percent / 100 for name, percent in table("table7", column).items()}
    mean = numbers.pop(GEOMEAN)
    assert math.prod(numbers.values()) ** (1 / len(numbers)) == pytest.approx(mean, abs=0.006)


@pytest.mark.parametrize(("column", "off"), [("DStripes_T", 0), ("DStripes_T_2bit", 0.01), ("BASE", 0)])
def test_areas_add_up(column: str, off: float) -> None:
    """But for the 0.01 that the paper itself is off."""
    numbers = table("table6", column)
    total, _ = numbers.pop("total"), numbers.pop("normalized_total")
    assert total - sum(numbers.values()) == pytest.approx(off, abs=1e-6)


def test_text_numbers_agree_with_their_tables() -> None:
    assert quoted("dstripes_8b_speedup").value == table("table8", "precision_aware_iso_area")[GEOMEAN]
    assert quoted("loom_8b_speedup").value == table("table10", "loom")[GEOMEAN]
    assert quoted("dstripes_efficiency").value == table("table4", "dstripes_vs_base")[GEOMEAN]


def test_inconsistencies_name_items_of_the_page() -> None:
    """A wrong name would hide an inconsistency."""
    named = {item for each in inconsistencies() for item in each.items}
    assert named <= set(item_names())
    assert len(inconsistencies()) == sum(1 for each in inconsistencies() if each.note.endswith("."))


def test_inconsistencies_of_an_item() -> None:
    assert {each.where for each in inconsistencies("table6")} == {"Table 6"}
    assert not inconsistencies("table0")
