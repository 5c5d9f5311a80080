# SPDX-License-Identifier: Apache-2.0
"""Coverage closure of a regression: by test, by testpoint, against the baseline, ranked. What scripts/report shows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.coverage.by_test import (
    PlannedTest,
    PlannedTestpoint,
    TestCoverage,
    TestpointCoverage,
    coverage_by_test,
    coverage_by_testpoint,
    open_testpoints,
)
from scripts.coverage.deltas import BASELINE_FILE, Deltas, baseline_of, compare, load_baseline
from scripts.coverage.hits import CoveredRun, Merged, hits_of
from scripts.coverage.rank import Ranking, rank
from scripts.errors import UserError


@dataclass(frozen=True)
class Facts:
    """What is needed beside the coverage: what tests and testpoints aim at, which regression this was.

    judged: whether it was the whole regression with code coverage; root: the checkout, which the runs' paths are relative to.
    """

    tests: Mapping[str, PlannedTest]
    testpoints: Mapping[str, PlannedTestpoint]
    regression: str
    commit: str
    judged: bool
    root: Path
    baseline: Path = BASELINE_FILE


@dataclass(frozen=True)
class Closure:
    """Everything by test and testpoint. problems fail a whole regression; warnings are printed and do not."""

    tests: list[TestCoverage]
    testpoints: list[TestpointCoverage]
    ranking: Ranking
    deltas: Deltas
    problems: list[str]
    warnings: list[str]

    def summary(self) -> dict[str, Any]:
        """Return what summary.json has of it: `by_test`, `testpoints`, `ranking`, `deltas` (docs/coverage.md)."""
        rows = [asdict(row) | {"lost": row.lost} for row in self.deltas.rows]
        return {
            "by_test": [asdict(test) for test in self.tests],
            "testpoints": [asdict(point) for point in self.testpoints],
            "ranking": asdict(self.ranking),
            "deltas": {"commit": self.deltas.commit, "note": self.deltas.note, "rows": rows},
        }


def _deltas(merged: Merged, facts: Facts) -> tuple[Deltas, list[str]]:
    """Return the deltas, and what is wrong with the baseline; only a whole regression can be compared."""
    if not facts.judged:
        return Deltas(note="only a whole regression with code coverage is compared with the baseline"), []
    now = baseline_of(facts.commit, facts.regression, merged.code_result, merged.functional_result)
    try:
        return compare(load_baseline(facts.baseline), now), []
    except UserError as error:
        return Deltas(note=str(error)), [str(error)]


def closure(runs: Sequence[CoveredRun], merged: Merged, facts: Facts) -> Closure:
    """Return the closure of a regression; a mistake in the baseline's file is a problem, never an exception."""
    hits = hits_of(runs, merged, facts.root)
    testpoints = coverage_by_testpoint(hits, facts.testpoints)
    deltas, problems = _deltas(merged, facts)
    problems += open_testpoints(testpoints) if facts.judged else []
    return Closure(coverage_by_test(hits, facts.tests), testpoints, rank(hits), deltas, problems, deltas.warnings())
