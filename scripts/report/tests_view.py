# SPDX-License-Identifier: Apache-2.0
"""The tests of a regression, one row a test, its runs below."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.sim.run import RunResult

PASSED = "passed"
SHOWN = 100  # runs of a test on the page: a night's thousands would make it too long to open


@dataclass
class TestRow:
    """All runs of one test."""

    name: str
    description: str
    runs: list[RunResult] = field(default_factory=list)

    @property
    def configs(self) -> list[str]:
        """The configurations that ran, in order of appearance."""
        return list(dict.fromkeys(run.config for run in self.runs))

    @property
    def failed(self) -> int:
        """Number of runs that did not pass."""
        return sum(run.status != PASSED for run in self.runs)

    @property
    def shown(self) -> list[RunResult]:
        """The runs that the page lists: failed ones first, not more than SHOWN."""
        return self.runs[:SHOWN]

    @property
    def checks(self) -> int:
        """Comparisons made in all runs."""
        return sum(run.checks for run in self.runs)

    @property
    def cycles(self) -> int:
        """Clock cycles simulated in all runs."""
        return sum(run.cycles for run in self.runs)

    @property
    def seconds(self) -> float:
        """Time of all runs, added up."""
        return sum(run.seconds for run in self.runs)


def test_rows(results: Sequence[RunResult], described: Mapping[str, str]) -> list[TestRow]:
    """Group the runs by test; failed tests first, failed runs first within a test."""
    rows: dict[str, TestRow] = {}
    for run in results:
        rows.setdefault(run.test, TestRow(run.test, described.get(run.test, ""))).runs.append(run)
    for row in rows.values():
        row.runs.sort(key=lambda run: (run.status == PASSED, run.config, run.sim, run.seed))
    return sorted(rows.values(), key=lambda row: row.failed == 0)


def failures(results: Sequence[RunResult]) -> list[RunResult]:
    """Return the runs that did not pass, in the order of the regression."""
    return [run for run in results if run.status != PASSED]


def reason(run: RunResult) -> str:
    """Why a run failed, one line."""
    return run.problems[0] if run.problems else f"ended as {run.status}"


def link(path: str, root: Path, out: Path) -> str:
    """Return the way from the report's folder to a file of the checkout, "" when there is no such file."""
    file = root / path
    return Path(os.path.relpath(file, out)).as_posix() if path and file.is_file() else ""
