# SPDX-License-Identifier: Apache-2.0
"""Everything a report says, gathered and judged before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from scripts.coverage.result import CodeResult, FunctionalResult
from scripts.coverage.thresholds import Tally, Thresholds
from scripts.history import Entry
from scripts.report.coverage_view import Coverage, CoverageScope, coverage
from scripts.report.facts import commit, now, simulators
from scripts.report.findings import Findings, read_findings
from scripts.report.groups_view import Cause, causes_of
from scripts.report.history_view import History, history, read_history
from scripts.report.network import Network, network
from scripts.report.plan_view import Plan, PlanSource, plan_view
from scripts.report.tests_view import TestRow, failures, reason, test_rows
from scripts.sim.run import RunResult


class ReportSettings(Protocol):
    """What the report needs of the variables of `make` (scripts/settings.py)."""

    @property
    def sim(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def coverage(self) -> bool: ...
    @property
    def regression(self) -> str: ...
    @property
    def restricted(self) -> bool: ...
    @property
    def judges_coverage(self) -> bool: ...


@dataclass(frozen=True)
class Origin:
    """Where a regression ran, and when.

    The checkout with its minimums and baseline, the build folder; seconds that it took, the line that repeats it. `date` and
    `commit` are None for those of now.
    """

    root: Path
    build: Path
    threshold_file: Path
    baseline_file: Path
    wall_seconds: float | None
    command: str
    date: str | None = None
    commit: str | None = None


@dataclass(frozen=True)
class Report:
    """What happened in a regression. The `no_*` texts say why a section is empty."""

    results: Sequence[RunResult]
    settings: ReportSettings
    origin: Origin
    tests: list[TestRow]
    causes: list[Cause]
    plan: Plan
    coverage: Coverage
    network: Network
    findings: Findings
    history: History
    run_problems: list[str]
    commit: str
    simulators: dict[str, str]
    date: str

    @property
    def problems(self) -> list[str]:
        """All that is wrong, one line each; empty means that the regression passed."""
        return self.run_problems + self.network.problems + self.coverage.problems

    @property
    def ok(self) -> bool:
        """Whether the regression passed."""
        return not self.problems

    @property
    def code(self) -> CodeResult:
        """Code coverage."""
        return self.coverage.code

    @property
    def functional(self) -> FunctionalResult:
        """Functional coverage."""
        return self.coverage.functional

    @property
    def thresholds(self) -> Thresholds:
        """Minimums and exclusions."""
        return self.coverage.thresholds

    @property
    def tallies(self) -> dict[str, Tally]:
        """Coverage by kind: code, then functional."""
        return self.coverage.tallies

    @property
    def failures(self) -> list[RunResult]:
        """Runs that did not pass."""
        return failures(self.results)

    @property
    def no_layers(self) -> str:
        """Why there are no layers."""
        if self.network.charts or self.network.comparisons:
            return ""
        return "No layer ran in this regression: `make layers` runs a network's layers through the RTL."

    @property
    def no_functional(self) -> str:
        """Why there is no functional coverage."""
        return "" if self.functional.groups else "No run exported functional coverage; a run that crashes exports none."

    @property
    def no_code(self) -> str:
        """Why there is no code coverage."""
        if self.code.files:
            return ""
        if self.settings.coverage:
            return "Code coverage was asked for, but no run left a readable coverage.dat: see the logs of the runs."
        if self.settings.sim != "verilator":
            return f"No code coverage: SIM={self.settings.sim}; only Verilator collects it (SIM=verilator)."
        return "No code coverage: it is off (COV=0). COV=1 turns it on."

    @property
    def not_judged(self) -> str:
        """Why the coverage is not held against its minimum, "" when it is."""
        if self.settings.judges_coverage:
            return ""
        why = "TEST or CONFIG leaves a part of the regression out" if self.settings.restricted else "code coverage is off"
        return f"Minimums are not judged in this run: {why}."


def _run_problems(results: Sequence[RunResult]) -> list[str]:
    if not results:
        return ["no test ran"]
    return [f"{run.id}: {reason(run)}" for run in failures(results)]


def _history(results: Sequence[RunResult], settings: ReportSettings, origin: Origin, found: Coverage) -> History:
    """The regressions before, and this one."""
    entries, damaged = read_history(origin.build / "history.jsonl")
    failed = len(failures(results))
    percents = {kind: tally.percent for kind, tally in found.tallies.items() if tally.percent is not None}
    this = Entry(
        date=origin.date or now(),
        regression=settings.regression,
        sim=settings.sim,
        seed=settings.seed,
        runs=len(results),
        passed=len(results) - failed,
        failed=failed,
        seconds=origin.wall_seconds,
        commit=origin.commit or "",
        coverage=percents,
        command=origin.command,
        restricted=settings.restricted,
    )
    return history(entries, this, damaged)


def collect(
    results: Sequence[RunResult],
    settings: ReportSettings,
    layers: tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]],
    testplan: PlanSource,
    origin: Origin,
) -> Report:
    """Gather and judge a regression; what cannot be read becomes a problem, never an exception.

    `layers` are the rows and the classification of build/layers.json.
    """
    here = commit(origin.root) if origin.commit is None else origin.commit
    scope = CoverageScope(
        origin.root, origin.threshold_file, origin.baseline_file, settings.regression, here, settings.judges_coverage
    )
    covered = coverage(results, testplan, scope)
    rows = test_rows(results, {name: test.description for name, test in testplan.tests.items()})
    return Report(
        results=results,
        settings=settings,
        origin=origin,
        tests=rows,
        causes=causes_of(results, origin.build / "regress.json"),
        plan=plan_view(testplan, covered.closure.testpoints, rows),
        coverage=covered,
        network=network(*layers, settings.restricted),
        findings=read_findings(origin.build, origin.root),
        history=_history(results, settings, origin, covered),
        run_problems=_run_problems(results),
        commit=here,
        simulators=simulators(run.sim for run in results),
        date=origin.date or now(),
    )
