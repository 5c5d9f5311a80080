# SPDX-License-Identifier: Apache-2.0
"""The last regressions in the report: which are shown, which are drawn, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.history import Entry
from scripts.report.history_view import history, read_history
from scripts.report.rows import from_row
from tests.report.files import history as lines
from tests.report.files import past
from tests.report.project import filled, read, relaxed, report


def entry(number: int, **changes: object) -> Entry:
    return from_row(Entry, past(number, **changes), "entry")


def test_the_last_twenty_newest_first() -> None:
    every = [entry(number) for number in range(1, 26)]
    shown = history(every, entry(26)).entries
    assert [one.seed for one in shown] == list(range(26, 6, -1))


def test_only_what_can_be_compared_is_drawn() -> None:
    others = [entry(2, command="make SIM=icarus"), entry(3, command=entry(3).command + " TEST=adder_random")]
    view = history([entry(1), *others], entry(4))
    assert [column.entry.seed for column in view.columns] == [1, 4], "the same command but for the seed"
    assert view.alike == 2
    assert len(view.entries) == 4


def test_columns_and_lines() -> None:
    """Four regressions of 3 runs, the second with a failure; line coverage 51, 52, 53, 54% and functional 75% throughout."""
    view = history([entry(1), entry(2, passed=2, failed=1), entry(3)], entry(4))
    assert [column.x for column in view.columns] == [0, 10, 20, 30], "ten places when there are fewer"
    assert [(column.passed_height, column.failed_height) for column in view.columns[:2]] == [(100, 0), (66.67, 33.33)]
    line, functional = view.trends
    assert (line.kind, line.low, line.last, line.points) == ("line", 51, 54, "0,100 11.11,66.67 22.22,33.33 33.33,0")
    assert functional.points == "0,0 11.11,0 22.22,0 33.33,0", "a line that does not move"


def test_one_regression_is_no_history_to_draw() -> None:
    view = history([], entry(1))
    assert (view.columns, view.trends) == ([], [])


def test_a_kind_that_was_not_always_collected() -> None:
    view = history([entry(1), entry(2, coverage={"line": None})], entry(3))
    (line,) = [trend for trend in view.trends if trend.kind == "line"]
    assert line.points == "0,100 22.22,0", "nothing at the second place"


def test_the_line_of_this_regression_is_not_shown_twice(tmp_path: Path) -> None:
    """The regression adds its line after the report: a report that is written again finds it."""
    this = entry(4)
    own = entry(4, date="2026-01-04 03:00:07 UTC", seconds=65.0)
    before = entry(3, command=this.command)
    assert [one.date for one in history([before, own], this).entries] == [this.date, before.date]


def test_a_missing_file_is_no_history(tmp_path: Path) -> None:
    assert read_history(tmp_path / "history.jsonl") == ([], 0)


def test_a_half_line_and_other_bytes_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_bytes(lines([past(1)]).encode() + b"\xff\xfe\n\n" + lines([past(2)]).encode()[:40])
    entries, damaged = read_history(file)
    assert ([one.seed for one in entries], damaged) == ([1], 2)


def test_the_page_has_the_regression_itself_first(tmp_path: Path) -> None:
    project = relaxed(filled(tmp_path))
    project.write("build/history.jsonl", lines([past(1), past(2, failed=1, passed=2)]))
    html, summary = read(report(project))
    (this, second, first) = summary["history"]
    assert (this["runs"], this["seconds"], this["coverage"]["line"]) == (3, 75.0, 50.0)
    assert (second["failed"], first["failed"]) == (1, 0)
    assert "3 regressions like this one" in html
    assert {"anchor": "history", "title": "History", "state": "shown", "text": "3 regressions, 1 with failed runs."} in summary[
        "overview"
    ]


@pytest.mark.parametrize("kind", ["line", "functional"])
def test_every_kind_has_its_picture(tmp_path: Path, kind: str) -> None:
    project = relaxed(filled(tmp_path))
    project.write("build/history.jsonl", lines([past(1), past(2)]))
    html, _ = read(report(project))
    assert f'aria-label="{kind.capitalize()} coverage of the last regressions' in html
