# SPDX-License-Identifier: Apache-2.0
"""The last regressions: lines of build/history.jsonl, a table, and small charts of those that are alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.history import Entry
from scripts.report.lines import plural
from scripts.report.rows import from_row, parse_object

SHOWN = 20
_HEIGHT = 100.0  # of a chart, in its own units
_LEAST = 10  # places in a chart, also when there are fewer regressions
_SEED = re.compile(r" SEED=\S+")


@dataclass(frozen=True)
class Column:
    """A regression in the chart of runs; places and lengths in percent of its width and height, from the top."""

    entry: Entry
    x: float
    width: float
    failed_height: float
    passed_height: float


@dataclass(frozen=True)
class Trend:
    """A kind of coverage over the regressions: `points` of a line in a box of 100 by 100, the lowest and the last percent."""

    kind: str
    points: str
    end: tuple[float, float]
    low: float
    last: float


@dataclass(frozen=True)
class History:
    """The last regressions, newest first; `alike` counts those in the charts. `damaged` lines of the file are left out."""

    entries: list[Entry]
    columns: list[Column]
    trends: list[Trend]
    damaged: int = 0

    @property
    def alike(self) -> int:
        """Number of regressions in the charts."""
        return len(self.columns)


def _series(entry: Entry) -> str:
    """What regressions that can be compared have in common: the command but for its seed."""
    return _SEED.sub("", entry.command) if entry.command else f"{entry.regression} {entry.sim}"


def _columns(entries: Sequence[Entry]) -> list[Column]:
    most = max([1, *(entry.runs for entry in entries)])
    slot = 100 / max(len(entries), _LEAST)
    return [
        Column(
            entry,
            round(number * slot, 2),
            round(0.7 * slot, 2),
            round(_HEIGHT * entry.failed / most, 2),
            round(_HEIGHT * entry.passed / most, 2),
        )
        for number, entry in enumerate(entries)
    ]


def _trend(kind: str, entries: Sequence[Entry]) -> Trend | None:
    """A line through the percentages of a kind; its scale is from the lowest to the highest, at least one percent."""
    values = [(number, entry.coverage[kind]) for number, entry in enumerate(entries) if entry.coverage.get(kind) is not None]
    known = [(number, value) for number, value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = (choose(value for _, value in known) for choose in (min, max))
    span = max(1.0, high - low)
    slot = 100 / (max(len(entries), _LEAST) - 1)
    points = [(round(number * slot, 2), round(_HEIGHT * (high - value) / span, 2)) for number, value in known]
    return Trend(kind, " ".join(f"{x:g},{y:g}" for x, y in points), points[-1], low, known[-1][1])


def read_history(path: Path) -> tuple[list[Entry], int]:
    """Return the regressions of build/history.jsonl, oldest first, and how many lines are damaged; none without a file."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return [], 0
    entries, damaged = [], 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entries.append(from_row(Entry, parse_object(line), f"line {number}"))
        except ValueError:
            damaged += 1
    return entries, damaged


def history(entries: Sequence[Entry], current: Entry, damaged: int = 0) -> History:
    """Prepare the last regressions for the page: `entries`, oldest first, and `current`, of which the report is.

    A regression adds its own line when its report is written; a line of that command and not before `current` is that one.
    """
    before = [entry for entry in entries if entry.command != current.command or entry.date < current.date]
    every = [*before, current]
    alike = [entry for entry in every if _series(entry) == _series(current)][-SHOWN:]
    kinds = list(dict.fromkeys(kind for entry in reversed(alike) for kind in entry.coverage))
    trends = [trend for kind in kinds if (trend := _trend(kind, alike)) is not None]
    columns = _columns(alike) if len(alike) > 1 else []
    return History(every[-SHOWN:][::-1], columns, trends, damaged)


def judge_history(view: History) -> tuple[str, str]:
    """State and sentence: how many of the last regressions had a failed run."""
    failed = sum(entry.failed > 0 for entry in view.entries)
    text = f"{plural(len(view.entries), 'regression')}, {failed} with failed runs."
    return "shown", text if not view.damaged else f"{text} {plural(view.damaged, 'damaged line')} left out."
