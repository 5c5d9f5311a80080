# SPDX-License-Identifier: Apache-2.0
"""The coverage of a regression: merged, judged, and by test and testpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.coverage.closure import Closure, Facts, closure
from scripts.coverage.code import code_coverage
from scripts.coverage.deltas import Delta
from scripts.coverage.functional import functional_coverage
from scripts.coverage.hits import Merged
from scripts.coverage.result import CodeResult, FunctionalResult, code_result, functional_result
from scripts.coverage.thresholds import FUNCTIONAL, Tally, Thresholds, judge, judge_files, load_thresholds
from scripts.coverage.verilator_data import CoverageData
from scripts.errors import UserError
from scripts.report.plan_view import PlanSource
from scripts.sim.run import RunResult

_ABSENT = "no simulation reported coverage of it; is it in a bench of tb/benches.toml?"
_PARTLY = "only lines and branches were collected; toggle and expr need a run on a small configuration"


@dataclass(frozen=True)
class CoverageScope:
    """What the coverage is held against: the checkout, its minimums and baseline; `judged` when it is held at all."""

    root: Path
    threshold_file: Path
    baseline_file: Path
    regression: str
    commit: str
    judged: bool


@dataclass(frozen=True)
class Coverage:
    """Coverage of all runs with what is wrong with it."""

    code: CodeResult
    functional: FunctionalResult
    thresholds: Thresholds
    closure: Closure
    problems: list[str]

    @property
    def tallies(self) -> dict[str, Tally]:
        """Coverage by kind: code, then functional."""
        return {**self.code.tallies, FUNCTIONAL: self.functional.tally}

    def deltas_of(self, level: str, name: str = "") -> dict[str, Delta]:
        """What changed against the baseline, by kind: of level "total", or of a "file" or "coverpoint" by name."""
        return {row.kind: row for row in self.closure.deltas.rows if (row.level, row.name) == (level, name)}


def _thresholds(path: Path) -> tuple[Thresholds, list[str]]:
    try:
        return load_thresholds(path), []
    except UserError as error:
        return Thresholds({}), [str(error)]


def _below(code: CodeResult, functional: FunctionalResult, thresholds: Thresholds) -> list[str]:
    """What a whole regression with coverage leaves uncovered: below a minimum, or RTL of which nothing was collected."""
    absent = [path for path in code.untouched if path not in code.exempt]
    partly = [path for path, file in code.files.items() if not file.has_toggles]
    problems = [f"{path}: {_ABSENT}" for path in absent] + [f"{path}: {_PARTLY}" for path in partly]
    problems += judge_files({path: file.tallies for path, file in code.files.items()}, thresholds.minimum_per_file)
    return judge({**code.tallies, FUNCTIONAL: functional.tally}, thresholds.minimum) + problems


def coverage(results: Sequence[RunResult], testplan: PlanSource, scope: CoverageScope) -> Coverage:
    """Merge and judge the coverage of the runs; what cannot be read becomes a problem, never an exception."""
    root = scope.root
    thresholds, problems = _thresholds(scope.threshold_file)
    data = CoverageData(root / run.coverage_dat for run in results if run.coverage_dat)
    bins = functional_coverage(root / run.functional for run in results if run.functional)
    raw = code_coverage(data, root)
    code, functional = code_result(raw, thresholds, root), functional_result(bins, thresholds)
    facts = Facts(testplan.tests, testplan.testpoints, scope.regression, scope.commit, scope.judged, root, scope.baseline_file)
    closed = closure(results, Merged(raw, bins, code, functional), facts)
    problems += data.problems + bins.problems
    problems += _below(code, functional, thresholds) if scope.judged else []
    return Coverage(code, functional, thresholds, closed, problems + closed.problems)
