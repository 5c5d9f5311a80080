# SPDX-License-Identifier: Apache-2.0
"""Rows and items of the paper's page."""

from __future__ import annotations

import pytest

from models.paper.results import About, Row, about, geomean, item_names, with_geomean


def row(theirs: float | None, ours: float | None, network: str = "net", **changes: str) -> Row:
    return Row(network, "speedup", theirs, ours, "paper", **changes)


def test_deviation() -> None:
    assert row(2.0, 2.5).deviation == pytest.approx(0.25)
    assert row(2.0, None).deviation is None
    assert row(None, 2.0).deviation is None
    assert row(2.0, 1.0, limit="at most").deviation is None


@pytest.mark.parametrize(("basis", "unit"), [("guess", "x"), ("paper", "furlongs")])
def test_a_row_without_a_known_basis_or_unit_is_refused(basis: str, unit: str) -> None:
    with pytest.raises(ValueError, match="basis"):
        Row("net", "speedup", 1, 1, basis, unit)


def test_geometric_mean() -> None:
    assert geomean([1.0, 4.0]) == pytest.approx(2.0)
    rows = with_geomean([row(1, 2, "a"), row(1, 8, "b")], 3.0)
    assert (rows[-1].network, rows[-1].theirs, rows[-1].ours) == ("geometric mean", 3.0, pytest.approx(4.0))


def test_no_mean_of_a_part() -> None:
    """A mean over other networks than the paper's would compare two different things."""
    assert with_geomean([row(1, 2, "a"), row(1, None, "b")], 3.0)[-1].ours is None


@pytest.mark.parametrize(
    ("reproduced", "missing"),
    [("perhaps", ""), ("no", ""), ("partly", ""), ("yes", "something")],
)
def test_what_is_not_reproduced_says_why(reproduced: str, missing: str) -> None:
    with pytest.raises(ValueError, match="reproduced"):
        About("table1", "title", "1", reproduced, "method", missing)


def test_every_item_has_a_text_and_a_label() -> None:
    labels = [about(name).label for name in item_names()]
    assert len(set(labels)) == len(labels)
    assert about("table5").label == "Table 5" and about("figure5b").label == "Figure 5b"
