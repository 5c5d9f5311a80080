# SPDX-License-Identifier: Apache-2.0
"""How uncovered points are named for reading."""

from __future__ import annotations

import pytest

from scripts.coverage.code import Point
from scripts.report.names import Gap, gaps, line_ranges, ranges, short_expression


def test_ranges() -> None:
    assert ranges([0, 1, 2, 7]) == "7, 2:0"
    assert ranges([]) == ""
    assert line_ranges([9, 4, 5]) == [(4, "4–5"), (9, "9")]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("(x[0]==0 && x[1]==0 && x[2]==0) => 0", "x[2:0]==0 → 0"),
        ("(go==1 && a[0]==1) => 1", "go==1 && a[0]==1 → 1"),
        ("((m >> n)[3]==1) => 1", "(m >> n)[3]==1 → 1"),
        ("(a[1]==1 && b[1]==1 && b[0]==1) => 1", "a[1]==1 && b[1:0]==1 → 1"),
    ],
)
def test_short_expression(name: str, short: str) -> None:
    assert short_expression(name) == short


def test_gaps_of_a_file() -> None:
    def missing(kind: str, line: int, name: str, column: int = 0) -> Point:
        return Point("rtl/a.v", line, kind, column, name)

    points = [missing("toggle", 1, f"a[{bit}]:{edge}") for bit in (0, 1, 4) for edge in ("0->1", "1->0")]
    points += [missing("toggle", 1, "a[2]:1->0"), missing("toggle", 2, "rst:0->1"), missing("line", 9, "")]
    points += [missing("expr", 7, f"(x[{i}]==1) => 1", 3) for i in range(3)] + [missing("branch", 8, "if: true", 5)]
    assert gaps(points) == [
        Gap(9, "line", "never ran", 1),
        Gap(8, "branch", "if: true", 1),
        Gap(7, "expr", "x[2:0]==1 → 1", 3),
        Gap(1, "toggle", "a[4, 1:0] never toggles", 6),
        Gap(1, "toggle", "a[2] no 1→0", 1),
        Gap(2, "toggle", "rst no 0→1", 1),
    ]
    assert sum(gap.points for gap in gaps(points)) == len(points)
