# SPDX-License-Identifier: Apache-2.0
"""Write the report: index.html for people, summary.json for programs, each whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.atomic_file import atomic_output
from scripts.coverage.deltas import BASELINE_FILE
from scripts.coverage.thresholds import THRESHOLD_FILE
from scripts.paths import REPORT, ROOT
from scripts.report.collect import Origin, ReportSettings, collect
from scripts.report.page import page
from scripts.report.plan_view import PlanSource, read_plan
from scripts.report.summary import summary
from scripts.sim.run import RunResult

PAGE_FILE = "index.html"
SUMMARY_FILE = "summary.json"


@dataclass(frozen=True)
class ReportOutcome:
    """Whether all is well, what is not (one line each), and where the page is.

    `coverage_problems` are those of `problems` that are about coverage; the others are failed runs and layers that differ.
    `warnings` do not fail the regression: coverage that went down against the baseline.
    """

    ok: bool
    problems: list[str]
    coverage_problems: list[str]
    path: Path
    warnings: list[str] = field(default_factory=list)


def _write(path: Path, text: str) -> None:
    with atomic_output(path) as file:
        file.write(text.encode())


def build_report(
    results: Sequence[RunResult],
    settings: ReportSettings,
    layers: Sequence[Mapping[str, Any]] | None = None,
    *,
    classification: Sequence[Mapping[str, Any]] | None = None,
    wall_seconds: float | None = None,
    command: str = "",
    date: str | None = None,
    commit: str | None = None,
    root: Path = ROOT,
    out: Path = REPORT,
    threshold_file: Path = THRESHOLD_FILE,
    baseline_file: Path = BASELINE_FILE,
    testplan: PlanSource | None = None,
) -> ReportOutcome:
    """Merge the coverage of the runs, judge it, and write `out`/index.html and `out`/summary.json.

    `results` hold paths relative to `root`; `layers` and `classification` are those of build/layers.json; `wall_seconds` is
    the time of the whole regression; `command` the line that repeats it; `date` and `commit` are those of now unless given;
    `testplan` the project's. The other files of the build folder, which `out` is in, are shown when they are there. A failed
    run, a layer that differs from its model, unreadable coverage, or coverage below its minimum (when
    `settings.judges_coverage`) is a problem. Raises OSError when `out` cannot be written.
    """
    origin = Origin(root, out.parent, threshold_file, baseline_file, wall_seconds, command, date, commit)
    report = collect(results, settings, (layers or (), classification or ()), testplan or read_plan(), origin)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / SUMMARY_FILE, json.dumps(summary(report), indent=1, ensure_ascii=False) + "\n")
    _write(out / PAGE_FILE, page(report, root, out))
    coverage = report.coverage
    return ReportOutcome(report.ok, report.problems, coverage.problems, out / PAGE_FILE, coverage.closure.warnings)
