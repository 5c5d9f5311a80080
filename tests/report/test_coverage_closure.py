# SPDX-License-Identifier: Apache-2.0
"""Coverage by test and testpoint and ranked runs, against figures counted by hand on the adder of tests/report/project.py."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from scripts.coverage.baseline import baseline_text
from scripts.coverage.bits import count, members, once, pack, table, union
from scripts.coverage.by_test import FAILED, NOT_RUN, OPEN, PASSED, coverage_by_test, coverage_by_testpoint, open_testpoints
from scripts.coverage.closure import Closure, Facts, closure
from scripts.coverage.code import KINDS, code_coverage
from scripts.coverage.deltas import baseline_of
from scripts.coverage.functional import functional_coverage
from scripts.coverage.hits import Hits, Merged, hits_of
from scripts.coverage.rank import rank, ranking_text
from scripts.coverage.result import code_result, functional_result
from scripts.coverage.thresholds import BinExclusion, Exclusion, Thresholds
from scripts.coverage.verilator_data import CoverageData
from tests.report.project import Project, adder_points, functional_xml


@dataclass(frozen=True)
class Plan:
    """A test or a testpoint of a testplan."""

    covers: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    block: str = "adder"
    stage: str = "V1"
    description: str = "adds"


@dataclass
class Case:
    """A project with its thresholds; `merged` is its coverage once `hits` was called."""

    project: Project
    thresholds: Thresholds = field(default_factory=lambda: Thresholds({}))
    merged: Merged | None = None

    def hits(self) -> Hits:
        root, runs = self.project.root, self.project.results
        code = code_coverage(CoverageData(root / run.coverage_dat for run in runs if run.coverage_dat), root)
        bins = functional_coverage(root / run.functional for run in runs if run.functional)
        self.merged = Merged(code, bins, code_result(code, self.thresholds, root), functional_result(bins, self.thresholds))
        return hits_of(runs, self.merged, root)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Three tests: `wide` alone hits width 2, `clear` alone the clear, `again` adds nothing."""
    project = Project(tmp_path)
    project.run("wide", 1, adder_points(5, 0, 2), functional_xml({"adder.width": {"1": 3, "2": 1, "3": 0}}), seconds=9.0)
    project.run("clear", 2, adder_points(1, 4, 0), functional_xml({"adder.width": {"1": 1, "2": 0}, "adder.go": {"True": 1}}))
    project.run("again", 3, adder_points(1, 0, 0), functional_xml({"adder.width": {"1": 1, "2": 0}}))
    return Case(project)


def test_sets_of_bits() -> None:
    rows = table([pack([0, 9], 12), pack([9, 11], 12), pack([], 12)], 12)
    assert members(union(rows)).tolist() == [0, 9, 11]
    assert members(once(rows)).tolist() == [0, 11]
    assert count(rows) == 4
    assert union(table([], 12)).shape == (2,)


def test_what_each_test_reached_and_it_alone(case: Case) -> None:
    plan = {"wide": Plan(("adder.width",)), "clear": Plan(("adder.*",)), "again": Plan(("adder.go",))}
    wide, clear, again = coverage_by_test(case.hits(), plan)
    assert (wide.test, wide.runs, wide.bins, wide.only_bins) == ("wide", 1, 2, 1)
    assert (wide.covers.covered, wide.covers.total, wide.missing) == (2, 3, ["adder.width: 3"])
    assert (clear.bins, clear.only_bins, clear.missing) == (2, 1, ["adder.width: 2"])
    assert (again.bins, again.only_bins) == (1, 0)
    assert (again.covers.total, again.missing) == (0, []), "its runs have no such coverpoint"
    assert clear.points == {"line": 4, "branch": 3, "expr": 1, "toggle": 5}
    assert clear.only_points == {"line": 2, "branch": 1, "expr": 0, "toggle": 4}
    assert wide.only_points == {"line": 0, "branch": 1, "expr": 1, "toggle": 0}
    assert sum(again.only_points.values()) == 0


def test_exclusions_are_in_no_set(case: Case) -> None:
    case.thresholds = Thresholds(
        {},
        exclusions=(Exclusion("*", ("line",), "*", "*clear*", "reason"),),
        bins=(BinExclusion("adder.width", "3", "reason"),),
    )
    wide, clear, _ = coverage_by_test(case.hits(), {"wide": Plan(("adder.*",))})
    assert (wide.covers.covered, wide.covers.total) == (2, 2)
    assert clear.only_points["line"] == 1


def test_testpoints_stand_on_their_own_tests(case: Case) -> None:
    plan = {
        "done": Plan(("adder.go",), ("clear",)),
        "hole": Plan(("adder.width",), ("w*", "clear")),
        "elsewhere": Plan(("adder.width",), ("again",)),
        "absent": Plan(("adder.go",), ("nightly*",)),
    }
    done, hole, elsewhere, absent = coverage_by_testpoint(case.hits(), plan)
    assert (done.status, done.covers.covered, done.covers.total) == (PASSED, 1, 1)
    assert (hole.status, hole.tests, hole.runs, hole.missing) == (OPEN, ["wide", "clear"], 2, ["adder.width: 3"])
    assert (elsewhere.status, elsewhere.missing) == (OPEN, ["adder.width: 2"]), "another test's hit does not count"
    assert (absent.status, absent.runs) == (NOT_RUN, 0)
    assert open_testpoints([done, absent]) == []
    assert open_testpoints([hole]) == ["testpoint hole: 2 of 3 bins of its covers were hit; missing: adder.width: 3"]


def test_a_failed_run_fails_its_testpoint(case: Case) -> None:
    case.project.results[1].status = "failed"
    (point,) = coverage_by_testpoint(case.hits(), {"done": Plan(("adder.go",), ("clear",))})
    assert (point.status, point.failed) == (FAILED, 1)
    assert open_testpoints([point]) == [], "the failed run is a problem already"


@pytest.mark.parametrize("covers", [(), ("adder.absent", "other.*")])
def test_a_testpoint_that_nothing_verifies_is_refused(case: Case, covers: tuple[str, ...]) -> None:
    problems = open_testpoints(coverage_by_testpoint(case.hits(), {"hollow": Plan(covers, ("wide",))}))
    assert problems[0] == "testpoint hollow is vacuous: no bin of its runs is in its covers, so nothing shows it verified"
    assert problems[1:] == [f"testpoint hollow: covers {name!r} is no coverpoint of its runs" for name in covers]


def test_only_a_testpoint_about_long_runs_may_go_without_covers(case: Case) -> None:
    plan = {"soak": Plan((), ("wide",), stage="V3"), "hollow": Plan(("typo",), ("wide",), stage="V3")}
    soak, hollow = coverage_by_testpoint(case.hits(), plan)
    assert (soak.status, hollow.status) == (PASSED, OPEN)
    assert open_testpoints([soak, hollow])[0].startswith("testpoint hollow is vacuous")


def test_a_glob_that_matches_nothing_is_a_problem(case: Case) -> None:
    points = coverage_by_testpoint(case.hits(), {"done": Plan(("adder.go", "adder.typo"), ("clear",))})
    assert open_testpoints(points) == ["testpoint done: covers 'adder.typo' is no coverpoint of its runs"]


def test_a_crashed_run_has_reached_nothing(case: Case) -> None:
    case.project.run("crash", 4, status="failed")
    crash = coverage_by_test(case.hits(), {})[-1]
    assert (crash.test, crash.bins, crash.covers.total, sum(crash.points.values())) == ("crash", 0, 0, 0)


def test_runs_are_ranked_by_what_they_add(case: Case) -> None:
    ranking = rank(case.hits())
    assert [row.test for row in ranking.rows] == ["clear", "wide"]
    assert [run.split("-")[0] for run in ranking.superfluous] == ["again"]
    assert [(row.new_bins, row.bins) for row in ranking.rows] == [(2, 2), (1, 3)]
    assert ranking.rows[-1].points == ranking.points == 15
    assert ranking.rows[1].new_points == 2
    text = ranking_text(ranking)
    assert text.endswith("2 of 3 runs reach all 3 bins and 15 code points, in 11 of 13 s")


def test_of_equal_runs_the_shorter_one_is_kept(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for name, seconds in (("long", 5.0), ("short", 1.0)):
        project.run(name, 1, adder_points(5, 0, 2), functional_xml({"adder.go": {"True": 1}}), seconds=seconds)
    ranking = rank(Case(project).hits())
    assert [row.test for row in ranking.rows] == ["short"]
    assert ranking.superfluous == ["long-small16-verilator-1"]


def test_no_runs_and_runs_without_coverage(tmp_path: Path) -> None:
    empty = Case(Project(tmp_path))
    assert (rank(empty.hits()).rows, coverage_by_test(empty.hits(), {})) == ([], [])
    empty.project.run("crash", 1, status="failed")
    assert (rank(empty.hits()).rows, rank(empty.hits()).superfluous) == ([], ["crash-small16-verilator-1"])


def made_up(runs: int, bins: int, points: int, seed: int = 1) -> Hits:
    """Runs that each reach a random share of everything."""
    rng, project = np.random.default_rng(seed), Project.__new__(Project)
    project.results = []
    bits = [table([pack(np.flatnonzero(rng.random(size) < 0.2), size) for _ in range(runs)], size) for size in (bins, points)]
    results = [
        type("Run", (), {"id": f"r{i}", "test": f"t{i % 30}", "status": "passed", "seconds": 1.0})() for i in range(runs)
    ]
    names = tuple((f"p{i // 8}", str(i % 8)) for i in range(bins))
    kinds = {kind: pack(np.arange(i, points, 4), points) for i, kind in enumerate(KINDS)}
    return Hits(tuple(results), names, bits[0], bits[0], points, bits[1], kinds)


def test_the_ranked_set_reaches_everything_and_nothing_in_it_is_superfluous() -> None:
    hits = made_up(40, 300, 500)
    chosen = hits.rows(row.run for row in rank(hits).rows)
    for rows in (hits.bin_hits, hits.point_hits):
        assert (union(rows[chosen]) == union(rows)).all()
    for left_out in chosen:
        rest = [row for row in chosen if row != left_out]
        assert any((union(rows[rest]) != union(rows)).any() for rows in (hits.bin_hits, hits.point_hits))


def closed(case: Case, baseline: Path, *, judged: bool = True) -> Closure:
    """The closure of a regression with one testpoint, which is open."""
    hits, merged = case.hits(), case.merged
    assert hits.runs
    points = {"hole": Plan(("adder.width",), ("wide",))}
    facts = Facts({"wide": Plan(("adder.width",))}, points, "smoke", "abc", judged, case.project.root, baseline)
    return closure(case.project.results, merged, facts)


def write_baseline_of(case: Case, path: Path, **totals: float) -> Path:
    case.hits()
    found = baseline_of("old", "smoke", case.merged.code_result, case.merged.functional_result)
    path.write_text(baseline_text(replace(found, totals=found.totals | totals)))
    return path


def test_a_hole_fails_a_whole_regression_alone(case: Case, tmp_path: Path) -> None:
    baseline = write_baseline_of(case, tmp_path / "baseline.json")
    whole = closed(case, baseline)
    assert whole.problems == ["testpoint hole: 2 of 3 bins of its covers were hit; missing: adder.width: 3"]
    assert whole.warnings == []
    part = closed(case, baseline, judged=False)
    assert (part.problems, part.testpoints[0].status) == ([], OPEN)
    assert "only a whole regression" in part.deltas.note


def test_lost_coverage_is_a_warning(case: Case, tmp_path: Path) -> None:
    found = closed(case, write_baseline_of(case, tmp_path / "baseline.json", line=100.0, functional=100.0, branch=50.0))
    assert found.warnings == ["warning: less than in the baseline: functional coverage: 100% -> 75%"]
    assert len(found.problems) == 1
    assert [(row.kind, row.lost) for row in found.deltas.rows] == [("branch", False), ("functional", True)]


def test_a_wrong_baseline_is_a_problem_and_no_exception(case: Case, tmp_path: Path) -> None:
    (tmp_path / "baseline.json").write_text("{")
    problems = closed(case, tmp_path / "baseline.json").problems
    assert [problem.split(":")[0] for problem in problems] == ["baseline.json", "testpoint hole"]


def test_the_summary_is_plain_data(case: Case, tmp_path: Path) -> None:
    found = closed(case, write_baseline_of(case, tmp_path / "baseline.json")).summary()
    assert set(json.loads(json.dumps(found))) == {"by_test", "testpoints", "ranking", "deltas"}
