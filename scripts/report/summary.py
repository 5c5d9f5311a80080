# SPDX-License-Identifier: Apache-2.0
"""build/report/summary.json: the report for programs. docs/report.md lists its fields; `schema` grows when one changes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scripts.coverage.result import FileResult, FunctionalResult, PointResult, RuleUse
from scripts.coverage.thresholds import Tally
from scripts.report.collect import Report
from scripts.report.evidence import Found
from scripts.report.overview import overview

SCHEMA = 1


def _percent(tally: Tally) -> float | None:
    return None if tally.percent is None else round(tally.percent, 2)


def _tally(tally: Tally) -> dict[str, Any]:
    return {"covered": tally.covered, "total": tally.total, "excluded": tally.excluded, "percent": _percent(tally)}


def _judged(report: Report, kind: str, tally: Tally) -> dict[str, Any]:
    minimum = report.thresholds.minimum.get(kind)
    judged = report.settings.judges_coverage and minimum is not None
    return _tally(tally) | {"minimum": minimum, "ok": (tally.percent or 0) >= minimum if judged else None}


def _file(result: FileResult) -> dict[str, Any]:
    missing = [{"kind": point.kind, "line": point.line, "name": point.name} for point in result.uncovered()]
    return {kind: _tally(tally) for kind, tally in result.tallies.items()} | {"uncovered": missing}


def _rule(use: RuleUse) -> dict[str, Any]:
    return asdict(use.rule) | {"points": use.points, "hit": use.hit}


def _coverpoint(point: PointResult) -> dict[str, Any]:
    return _tally(point.tally) | {
        "at_least": point.coverpoint.at_least,
        "bins": point.coverpoint.bins,
        "missing": point.missing,
        "excluded_bins": list(point.excluded),
    }


def _functional(result: FunctionalResult) -> dict[str, Any]:
    return {point.coverpoint.name: _coverpoint(point) for points in result.groups.values() for point in points}


def _totals(report: Report) -> dict[str, Any]:
    failed = len(report.failures)
    return {
        "tests": len(report.tests),
        "runs": len(report.results),
        "passed": len(report.results) - failed,
        "failed": failed,
        "checks": sum(run.checks for run in report.results),
        "cycles": sum(run.cycles for run in report.results),
    }


def _found(found: Found[Any]) -> dict[str, Any]:
    """A file of another command: its state, where it comes from, and what it says (null without)."""
    return {"state": found.origin.state, **asdict(found.origin), "data": None if found.view is None else asdict(found.view)}


def _plan(report: Report) -> dict[str, Any]:
    tests = {row.standing.name: {test.name: test.status for test in row.tests} for row in report.plan.rows}
    return {
        "problem": report.plan.problem,
        "stages": {stage.name: stage.counts for stage in report.plan.stages},
        "tests": tests,
    }


def summary(report: Report) -> dict[str, Any]:
    """Return the summary; everything but `when` and the runs' seconds is the same for the same seed, code and tools."""
    settings = report.settings
    code, functional = report.code, report.functional
    return {
        "schema": SCHEMA,
        "ok": report.ok,
        "problems": report.problems,
        "warnings": report.coverage.closure.warnings,
        "totals": _totals(report),
        "settings": {
            "sim": settings.sim,
            "seed": settings.seed,
            "regression": settings.regression,
            "coverage": settings.coverage,
            "restricted": settings.restricted,
            "command": report.origin.command,
        },
        "simulators": report.simulators,
        "commit": report.commit,
        "when": {
            "date": report.date,
            "wall_seconds": report.origin.wall_seconds,
            "run_seconds": round(sum(run.seconds for run in report.results), 3),
        },
        "coverage": {
            "judged": settings.judges_coverage,
            "kinds": {kind: _judged(report, kind, tally) for kind, tally in report.tallies.items()},
            "minimum_per_file": report.thresholds.minimum_per_file,
            "files": {path: _file(file) for path, file in code.files.items()},
            "not_simulated": [path for path in code.untouched if path not in code.exempt],
            "exclusions": [_rule(use) for use in code.rules],
            **report.coverage.closure.summary(),
        },
        "functional": {"coverpoints": _functional(functional), "exclusions": [_rule(use) for use in functional.rules]},
        "overview": [asdict(line) for line in overview(report)],
        "groups": [asdict(cause.group) | {"reason": cause.reason} for cause in report.causes],
        "testplan": _plan(report),
        "mutation": _found(report.findings.mutation),
        "formal": _found(report.findings.formal),
        "agreement": _found(report.findings.agreement),
        "bench": _found(report.findings.bench),
        "history": [asdict(entry) for entry in report.history.entries],
        "layers": list(report.network.rows),
        "classification": [asdict(one) for one in report.network.classification],
        "runs": [asdict(run) for run in report.results],
    }
