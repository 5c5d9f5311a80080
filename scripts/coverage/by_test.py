# SPDX-License-Identifier: Apache-2.0
"""Coverage of each test and of each testpoint: does a test reach what it was written for, and what would be lost without it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

import numpy as np

from scripts.coverage.bits import Bits, count, members, once, table, union
from scripts.coverage.code import KINDS
from scripts.coverage.hits import CoveredRun, Hits
from scripts.coverage.thresholds import Tally

PASSED, FAILED, NOT_RUN, OPEN = "passed", "failed", "not run", "open"
_LONG = "V3"  # of a testpoint about long runs the amount counts: it may go without `covers`
_SHOWN = 3  # missing bins in a problem's line


class PlannedTest(Protocol):
    """What is needed of a test in tb/testplan.toml: globs of the coverpoints that it should fill."""

    @property
    def covers(self) -> Sequence[str]: ...


class PlannedTestpoint(Protocol):
    """What is needed of a testpoint in tb/testplan.toml: globs of its tests and of the coverpoints that show it verified."""

    @property
    def block(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def tests(self) -> Sequence[str]: ...
    @property
    def covers(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class TestCoverage:
    """What the runs of one test reached.

    bins: bins hit, of all coverpoints; covers: of those that the test should fill; missing: "coverpoint: label" of what it
    should fill and does not; only_bins: bins that no other test hits; points, only_points: the same of code points, by kind.
    """

    __test__ = False  # not a test of pytest

    test: str
    runs: int
    bins: int
    covers: Tally
    missing: list[str]
    only_bins: int
    points: dict[str, int]
    only_points: dict[str, int]


@dataclass(frozen=True)
class TestpointCoverage:
    """A testpoint's standing: its tests that ran, how many of their runs failed, its bins merged over them.

    status: "failed" when a run failed, "not run" when none of its tests did, "open" when bins are missing or there are none
    (but for a testpoint of stage V3 without `covers`), else "passed". unmatched: those of its `covers` that are no
    coverpoint of these runs.
    """

    __test__ = False

    name: str
    block: str
    stage: str
    description: str
    tests: list[str]
    runs: int
    failed: int
    covers: Tally
    missing: list[str]
    unmatched: list[str]
    status: str


def matching(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Return the names that match one of the globs, in their order."""
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _tests_of(runs: Sequence[CoveredRun]) -> dict[str, np.ndarray]:
    """Return the rows of each test, in the order in which the tests come."""
    rows: dict[str, list[int]] = {}
    for row, run in enumerate(runs):
        rows.setdefault(run.test, []).append(row)
    return {test: np.array(found, np.int64) for test, found in rows.items()}


def _coverpoints(hits: Hits, known: Bits) -> list[str]:
    """Return the coverpoints that have a bin in a set, in order."""
    return list(dict.fromkeys(hits.bins[place][0] for place in members(known)))


def _aimed(hits: Hits, rows: np.ndarray, covers: Sequence[str]) -> tuple[Tally, list[str]]:
    """Return how much of the coverpoints matching `covers` some runs hit, of what they could, and what is missing."""
    known = union(hits.bin_known[rows])
    wanted = known & hits.bins_of(matching(_coverpoints(hits, known), covers))
    got = union(hits.bin_hits[rows]) & wanted
    return Tally(count(got), count(wanted)), hits.named(members(wanted & ~got))


def coverage_by_test(hits: Hits, tests: Mapping[str, PlannedTest]) -> list[TestCoverage]:
    """Return what each test that ran reached, in the order of the runs. A test that is not in `tests` aims at nothing."""
    rows = _tests_of(hits.runs)
    bins = table([union(hits.bin_hits[found]) for found in rows.values()], len(hits.bins))
    points = table([union(hits.point_hits[found]) for found in rows.values()], 8 * hits.point_hits.shape[1])
    bins_once, points_once = once(bins), once(points)
    result = []
    for place, (name, found) in enumerate(rows.items()):
        covers, missing = _aimed(hits, found, tests[name].covers if name in tests else ())
        result.append(
            TestCoverage(
                test=name,
                runs=len(found),
                bins=count(bins[place]),
                covers=covers,
                missing=missing,
                only_bins=count(bins[place] & bins_once),
                points={kind: count(points[place] & hits.kinds[kind]) for kind in KINDS},
                only_points={kind: count(points[place] & points_once & hits.kinds[kind]) for kind in KINDS},
            )
        )
    return result


def _status(runs: int, failed: int, covers: Tally, point: PlannedTestpoint) -> str:
    if not runs:
        return NOT_RUN
    if failed:
        return FAILED
    if point.stage == _LONG and not point.covers:
        return PASSED
    return PASSED if covers.total and covers.covered == covers.total else OPEN


def coverage_by_testpoint(hits: Hits, testpoints: Mapping[str, PlannedTestpoint]) -> list[TestpointCoverage]:
    """Return the standing of every testpoint, in their order: its bins count when a run of one of its own tests hit them."""
    rows = _tests_of(hits.runs)
    result = []
    for name, point in testpoints.items():
        tests = matching(rows, point.tests)
        found = np.concatenate([np.zeros(0, np.int64), *(rows[test] for test in tests)])
        failed = sum(hits.runs[row].status != PASSED for row in found)
        covers, missing = _aimed(hits, found, point.covers)
        there = _coverpoints(hits, union(hits.bin_known[found]))
        unmatched = [pattern for pattern in point.covers if not matching(there, [pattern])]
        status = _status(len(found), failed, covers, point)
        result.append(
            TestpointCoverage(
                name, point.block, point.stage, point.description, tests, len(found), failed, covers, missing, unmatched, status
            )
        )
    return result


def open_testpoints(testpoints: Sequence[TestpointCoverage]) -> list[str]:
    """Return what keeps testpoints open, one line each; a testpoint whose runs failed is told by these runs.

    A testpoint that nothing can show verified is vacuous: no `covers`, or none that is a coverpoint of its runs.
    """
    problems = []
    for point in testpoints:
        name = f"testpoint {point.name}"
        if point.status == OPEN and not point.covers.total:
            problems.append(f"{name} is vacuous: no bin of its runs is in its covers, so nothing shows it verified")
        elif point.status == OPEN:
            hit = f"{point.covers.covered} of {point.covers.total}"
            problems.append(f"{name}: {hit} bins of its covers were hit; missing: {_first(point.missing)}")
        if point.status in (OPEN, PASSED):
            problems += [f"{name}: covers {pattern!r} is no coverpoint of its runs" for pattern in point.unmatched]
    return problems


def _first(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return "; ".join(names[:_SHOWN]) + more
