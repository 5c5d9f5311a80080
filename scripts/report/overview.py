# SPDX-License-Identifier: Apache-2.0
"""The top of the page: every section in one line, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping

from scripts.coverage.thresholds import FUNCTIONAL, Tally, percent_text
from scripts.report.collect import Report
from scripts.report.history_view import judge_history
from scripts.report.lines import Line, plural
from scripts.report.plan_view import judge_plan


def _tests(report: Report) -> Line:
    failed, runs = len(report.failures), len(report.results)
    text = f"{plural(runs, 'run')} of {plural(len(report.tests), 'test')}"
    text += f", {failed} failed of {plural(len(report.causes), 'cause')}." if failed else ", none failed."
    return Line("tests", "Tests", "failed" if failed or not runs else "passed", text)


def _plan(report: Report) -> Line:
    if report.plan.problem or not report.plan.rows:
        return Line("testplan", "Testplan", "missing", report.plan.problem or "The testplan has no testpoint.")
    return Line("testplan", "Testplan", *judge_plan(report.plan))


def _judged(report: Report, tallies: Mapping[str, Tally], text: str) -> tuple[str, str]:
    """State and sentence of some kinds of coverage: held against their minimums when these are judged."""
    if not report.settings.judges_coverage:
        return "shown", f"{text}; not judged."
    percents = {kind: tally.percent for kind, tally in tallies.items()}
    low = [kind for kind, least in report.thresholds.minimum.items() if kind in percents and (percents[kind] or 0) < least]
    if low:
        return "failed", f"{text}; below the minimum: {', '.join(map(_word, low))}."
    return "passed", f"{text}; above the minimums."


def _word(kind: str) -> str:
    return "expression" if kind == "expr" else kind


def _functional(report: Report) -> Line:
    if report.no_functional:
        return Line("functional", "Functional coverage", "missing", report.no_functional)
    tally = report.functional.tally
    text = f"{tally.covered:,} of {plural(tally.total, 'bin')}, {percent_text(tally.percent)}"
    return Line("functional", "Functional coverage", *_judged(report, {FUNCTIONAL: tally}, text))


def _code(report: Report) -> Line:
    if report.no_code:
        return Line("code", "Code coverage", "missing", report.no_code)
    text = ", ".join(f"{_word(kind)} {percent_text(tally.percent)}" for kind, tally in report.code.tallies.items())
    return Line("code", "Code coverage", *_judged(report, report.code.tallies, text))


def _baseline(report: Report) -> Line:
    """What went up and down; less than before is a warning, not a failure."""
    deltas = report.coverage.closure.deltas
    title, where = "Against the baseline", f" {deltas.commit}" if deltas.commit else ""
    if deltas.note:
        return Line("coverage", title, "shown", f"Not compared: {deltas.note}.")
    lost, gained = len(deltas.lost), len(deltas.gained)
    text = f"{plural(lost, 'figure')} of coverage lower than in the committed baseline{where}, {gained:,} higher or new."
    return Line("coverage", title, "partly" if lost else "passed", text)


def _by_test(report: Report) -> list[Line]:
    ranking = report.coverage.closure.ranking
    if not report.coverage.closure.tests:
        return []
    text = f"{len(ranking.rows):,} of {plural(ranking.runs, 'run')} reach all that all of them reach."
    return [Line("by-test", "Coverage by test", "shown", text)]


def _layers(report: Report) -> Line:
    if report.no_layers:
        return Line("layers", "Layers", "missing", report.no_layers)
    rows = plural(len(report.network.rows), "layer") + " in RTL"
    if report.network.problems:
        return Line("layers", "Layers", "failed", f"{rows}, {plural(len(report.network.problems), 'problem')}.")
    return Line("layers", "Layers", "passed", f"{rows}, outputs and cycles are the models'.")


def overview(report: Report) -> list[Line]:
    """Return a line a section, in the order of the page."""
    return [
        _baseline(report),
        _plan(report),
        _tests(report),
        _functional(report),
        _code(report),
        *_by_test(report),
        *report.findings.lines(),
        _layers(report),
        Line("history", "History", *judge_history(report.history)),
    ]
