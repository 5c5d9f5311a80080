# SPDX-License-Identifier: Apache-2.0
"""The testplan: what is to be verified, by which tests, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from scripts.coverage.by_test import FAILED, NOT_RUN, OPEN, PASSED, PlannedTest, PlannedTestpoint, TestpointCoverage, matching
from scripts.errors import UserError
from scripts.report.lines import plural
from scripts.report.tests_view import TestRow
from scripts.sim.benches import load_testpoints, load_tests

STATES = (PASSED, OPEN, FAILED, NOT_RUN)
STAGES = {"V1": "basic function", "V2": "corners, errors, stalls, resets", "V3": "long runs, soak, networks"}


class Test(PlannedTest, Protocol):
    """What the page needs of a test of the plan."""

    __test__ = False  # not a test of pytest

    @property
    def description(self) -> str: ...


@dataclass(frozen=True)
class PlanSource:
    """Tests and testpoints by name, and why they cannot be read, "" when they can."""

    __test__ = False  # not a test of pytest

    tests: Mapping[str, Test]
    testpoints: Mapping[str, PlannedTestpoint]
    problem: str = ""


def read_plan() -> PlanSource:
    """Return the project's testplan; an empty one with the reason when it cannot be read."""
    try:
        return PlanSource(load_tests(), load_testpoints())
    except UserError as error:
        return PlanSource({}, {}, str(error))


@dataclass(frozen=True)
class PlanTest:
    """A test of a testpoint; `status` is that of its runs: passed, failed or not run."""

    name: str
    status: str


@dataclass(frozen=True)
class PlanRow:
    """A testpoint: its standing, and all of its tests, also those that did not run."""

    standing: TestpointCoverage
    tests: list[PlanTest]


@dataclass(frozen=True)
class Stage:
    """Progress of a stage: testpoints by status."""

    name: str
    about: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All testpoints of the stage."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Plan:
    """The testpoints by block and stage; `problem` says why there are none."""

    rows: list[PlanRow] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    problem: str = ""


def plan_view(testplan: PlanSource, standing: Iterable[TestpointCoverage], ran: Sequence[TestRow]) -> Plan:
    """Prepare the testplan for the page; `ran` are the tests of this regression."""
    if not testplan.testpoints:
        return Plan(problem=testplan.problem or "The testplan, tb/testplan.toml, has no testpoints.")
    statuses = {row.name: FAILED if row.failed else PASSED for row in ran}
    every = list(dict.fromkeys([*testplan.tests, *statuses]))
    globs = {name: point.tests for name, point in testplan.testpoints.items()}
    rows = [
        PlanRow(one, [PlanTest(name, statuses.get(name, NOT_RUN)) for name in matching(every, globs[one.name])])
        for one in standing
    ]
    rows.sort(key=lambda row: (row.standing.block, row.standing.stage))
    return Plan(rows, [_stage(name, rows) for name in sorted({row.standing.stage for row in rows})])


def _stage(name: str, rows: Iterable[PlanRow]) -> Stage:
    found = [row.standing.status for row in rows if row.standing.stage == name]
    return Stage(name, STAGES.get(name, ""), {status: found.count(status) for status in STATES})


def judge_plan(view: Plan) -> tuple[str, str]:
    """State and sentence: how many testpoints of each stage passed."""
    found = [row.standing.status for row in view.rows]
    stages = ", ".join(f"{stage.name} {stage.counts[PASSED]} of {stage.total}" for stage in view.stages)
    text = f"{found.count(PASSED)} of {plural(len(found), 'testpoint')} passed ({stages})"
    text += "".join(f", {found.count(status)} {status}" for status in STATES[1:] if status in found)
    return "failed" if FAILED in found else "passed" if set(found) == {PASSED} else "partly", f"{text}."
