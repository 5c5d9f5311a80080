# SPDX-License-Identifier: Apache-2.0
"""The committed baseline: written from a whole regression, compared with the next, a mistake in it is one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.coverage.baseline import baseline_text, from_summary, write_baseline
from scripts.coverage.deltas import Baseline, compare, load_baseline
from scripts.errors import UserError

BEFORE = Baseline(
    "abc",
    "smoke",
    {"line": 100.0, "toggle": 98.5},
    {"rtl/a.v": {"line": 100.0, "toggle": 97.0}, "rtl/b.v": {"line": 100.0}},
    {"adder.width": 100.0, "adder.go": 50.0},
)


def tally(covered: int, total: int) -> dict[str, int]:
    return {"covered": covered, "total": total, "excluded": 0}


def summary(**changes: Any) -> dict[str, Any]:
    """What scripts/report writes of a whole regression that passed, as far as the baseline reads it."""
    file = {"line": tally(10, 10), "branch": tally(0, 0), "expr": tally(1, 3), "toggle": tally(199_999, 200_000)}
    kinds = {kind: tally(1, 1) for kind in ("line", "branch", "expr", "toggle", "functional")}
    return {
        "ok": True,
        "problems": [],
        "commit": "abc",
        "settings": {"regression": "smoke"},
        "coverage": {"judged": True, "kinds": kinds, "files": {"rtl/b.v": file | {"uncovered": []}, "rtl/a.v": file}},
        "functional": {"coverpoints": {"adder.width": tally(2, 3), "adder.go": tally(1, 1)}},
    } | changes


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(json.dumps(summary()))
    write_baseline(tmp_path / "summary.json", tmp_path / "baseline.json")
    baseline = load_baseline(tmp_path / "baseline.json")
    assert baseline == from_summary(summary())
    assert baseline.files["rtl/a.v"] == {"line": 100.0, "expr": 33.33, "toggle": 99.99}, "rounded down: 100 means all"
    assert baseline.points == {"adder.go": 100.0, "adder.width": 66.66}
    text = (tmp_path / "baseline.json").read_text()
    assert text == baseline_text(baseline)
    assert text.index("rtl/a.v") < text.index("rtl/b.v"), "sorted, a line a file: a change is a short diff"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"coverage": summary()["coverage"] | {"judged": False}}, "not whole or had no code coverage"),
        ({"ok": False, "problems": ["x: 1 mismatches"]}, "has problems, the first is: x: 1 mismatches"),
    ],
)
def test_a_part_or_a_failed_regression_is_no_baseline(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        from_summary(summary(**changes))


def test_a_missing_baseline_does_not_keep_the_first_one_from_being_written() -> None:
    problems = ["coverage_baseline.json: No such file or directory: write it"]
    assert from_summary(summary(ok=False, problems=problems)) == from_summary(summary())


def test_no_regression_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run a regression first"):
        write_baseline(tmp_path / "summary.json", tmp_path / "baseline.json")
    assert list(tmp_path.iterdir()) == []


def test_gains_and_losses() -> None:
    now = Baseline(
        "def",
        "smoke",
        {"line": 100.0, "toggle": 98.4},
        {"rtl/a.v": {"line": 100.0, "toggle": 97.5}, "rtl/c.v": {"line": 90.0}},
        {"adder.width": 99.0, "adder.go": 100.0},
    )
    deltas = compare(BEFORE, now)
    assert [row.text for row in deltas.lost] == [
        "toggle coverage: 98.5% -> 98.4%",
        "line coverage of rtl/b.v: 100% -> none",
        "functional coverage of adder.width: 100% -> 99%",
    ]
    assert [row.text for row in deltas.gained] == [
        "toggle coverage of rtl/a.v: 97% -> 97.5%",
        "line coverage of rtl/c.v: none -> 90%",
        "functional coverage of adder.go: 50% -> 100%",
    ]
    assert deltas.warnings()[0] == "warning: less than in the baseline: toggle coverage: 98.5% -> 98.4%"


def test_nothing_changed() -> None:
    assert compare(BEFORE, BEFORE).rows == []


def test_another_regression_is_not_compared() -> None:
    other = Baseline("def", "all", {"line": 1.0}, {}, {})
    deltas = compare(BEFORE, other)
    assert (deltas.rows, deltas.note) == ([], "the baseline is of the regression smoke, this is all")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "the fields must be commit, regression, totals, files, points"),
        ('{"commit": "a"}', "the fields must be"),
        ('{"commit": 1, "regression": "smoke", "totals": {}, "files": {}, "points": {}}', "commit must be a text"),
        ('{"commit": "a", "regression": "smoke", "totals": [], "files": {}, "points": {}}', "totals must be a table"),
        ('{"commit": "a", "regression": "smoke", "totals": {"line": 101}, "files": {}, "points": {}}', "totals: line = 101"),
        ('{"commit": "a", "regression": "smoke", "totals": {}, "files": {"x": 3}, "points": {}}', "files: x must be a table"),
        (
            '{"commit": "a", "regression": "s", "totals": {}, "files": {"x": {"line": true}}, "points": {}}',
            "files: x: line = True",
        ),
        ('{"commit": "a", "regression": "s", "totals": {}, "files": {}, "points": {"p": "9"}}', "points: p = '9'"),
    ],
)
def test_a_wrong_baseline_is_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "coverage_baseline.json").write_text(text)
    with pytest.raises(UserError) as caught:
        load_baseline(tmp_path / "coverage_baseline.json")
    assert str(caught.value).startswith("coverage_baseline.json: ")
    assert complaint in str(caught.value)
    assert "python -m scripts.coverage.baseline" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_baseline_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.json: No such file or directory: write it with python -m"):
        load_baseline(tmp_path / "none.json")
