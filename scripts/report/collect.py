# SPDX-License-Identifier: Apache-2.0
"""Everything a report says, gathered and judged before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from scripts.comparison_check import problems_of
from scripts.coverage.code import code_coverage
from scripts.coverage.functional import functional_coverage
from scripts.coverage.result import CodeResult, FunctionalResult, code_result, functional_result
from scripts.coverage.thresholds import FUNCTIONAL, Tally, Thresholds, judge, judge_files, load_thresholds
from scripts.coverage.verilator_data import CoverageData
from scripts.errors import UserError
from scripts.report.compare_view import ComparisonView, compare
from scripts.report.facts import commit, now, simulators
from scripts.report.layers_view import Chart, Classification, charts
from scripts.report.tests_view import TestRow, descriptions, failures, reason, test_rows
from scripts.sim.run import RunResult

_ABSENT = "no simulation reported coverage of it; is it in a bench of tb/benches.toml?"
_PARTLY = "only lines and branches were collected; toggle and expr need a run on a small configuration"


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
    """Where a regression ran: the checkout, its thresholds; how long it took in seconds, and the line that repeats it."""

    root: Path
    threshold_file: Path
    wall_seconds: float | None
    command: str


@dataclass(frozen=True)
class Report:
    """What happened in a regression. The `no_*` texts say why a section is empty."""

    results: Sequence[RunResult]
    settings: ReportSettings
    tests: list[TestRow]
    charts: list[Chart]
    comparisons: list[ComparisonView]
    layers: Sequence[Mapping[str, Any]]
    classification: list[Classification]
    code: CodeResult
    functional: FunctionalResult
    thresholds: Thresholds
    run_problems: list[str]
    layer_problems: list[str]
    coverage_problems: list[str]
    commit: str
    simulators: dict[str, str]
    date: str
    origin: Origin

    @property
    def problems(self) -> list[str]:
        """All that is wrong, one line each; empty means that the regression passed."""
        return self.run_problems + self.layer_problems + self.coverage_problems

    @property
    def ok(self) -> bool:
        """Whether the regression passed."""
        return not self.problems

    @property
    def tallies(self) -> dict[str, Tally]:
        """Coverage by kind: code, then functional."""
        return {**self.code.tallies, FUNCTIONAL: self.functional.tally}

    @property
    def failures(self) -> list[RunResult]:
        """Runs that did not pass."""
        return failures(self.results)

    @property
    def no_layers(self) -> str:
        """Why there are no layers."""
        if self.charts or self.comparisons:
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


def _coverage_problems(code: CodeResult, functional: FunctionalResult, thresholds: Thresholds) -> list[str]:
    """What a whole regression with coverage leaves uncovered: below a minimum, or RTL of which nothing was collected."""
    absent = [path for path in code.untouched if path not in code.exempt]
    partly = [path for path, file in code.files.items() if not file.has_toggles]
    problems = [f"{path}: {_ABSENT}" for path in absent] + [f"{path}: {_PARTLY}" for path in partly]
    problems += judge_files({path: file.tallies for path, file in code.files.items()}, thresholds.minimum_per_file)
    return judge({**code.tallies, FUNCTIONAL: functional.tally}, thresholds.minimum) + problems


@dataclass(frozen=True)
class _Network:
    """The network's layers and what is wrong with them."""

    charts: list[Chart]
    comparisons: list[ComparisonView]
    classification: list[Classification]
    problems: list[str]


def _network(rows: Sequence[Mapping[str, Any]], classification: Sequence[Mapping[str, Any]], restricted: bool) -> _Network:
    try:
        found = charts([row for row in rows if row.get("level") != "core"])
        compared = compare([row for row in rows if row.get("level") == "core"])
        classified = [Classification.from_row(row) for row in classification]
    except ValueError as error:
        return _Network([], [], [], [str(error)])
    judged = [*(layer for chart in found for layer in chart.layers), *classified]
    problems = [problem for one in judged for problem in one.problems()]
    problems += [problem for view in compared for problem in problems_of(view.comparison, restricted=restricted)]
    return _Network(found, compared, classified, problems)


def _thresholds(path: Path) -> tuple[Thresholds, list[str]]:
    try:
        return load_thresholds(path), []
    except UserError as error:
        return Thresholds({}), [str(error)]


def _run_problems(results: Sequence[RunResult]) -> list[str]:
    if not results:
        return ["no test ran"]
    return [f"{run.id}: {reason(run)}" for run in failures(results)]


def collect(
    results: Sequence[RunResult],
    settings: ReportSettings,
    network: tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]],
    origin: Origin,
) -> Report:
    """Gather and judge a regression; what cannot be read becomes a problem, never an exception.

    `network` are the rows and the classification of build/layers.json.
    """
    root = origin.root
    thresholds, problems = _thresholds(origin.threshold_file)
    data = CoverageData(root / run.coverage_dat for run in results if run.coverage_dat)
    bins = functional_coverage(root / run.functional for run in results if run.functional)
    code = code_result(code_coverage(data, root), thresholds, root)
    functional = functional_result(bins, thresholds)
    layers = _network(*network, settings.restricted)
    problems += data.problems + bins.problems
    if settings.judges_coverage:
        problems += _coverage_problems(code, functional, thresholds)
    return Report(
        results=results,
        settings=settings,
        tests=test_rows(results, descriptions()),
        charts=layers.charts,
        comparisons=layers.comparisons,
        layers=network[0],
        classification=layers.classification,
        code=code,
        functional=functional,
        thresholds=thresholds,
        run_problems=_run_problems(results),
        layer_problems=layers.problems,
        coverage_problems=problems,
        commit=commit(root),
        simulators=simulators(run.sim for run in results),
        date=now(),
        origin=origin,
    )
