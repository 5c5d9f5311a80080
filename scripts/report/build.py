# SPDX-License-Identifier: Apache-2.0
"""Write the report: index.html for people, summary.json for programs, each whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.atomic_file import atomic_output
from scripts.coverage.thresholds import THRESHOLD_FILE
from scripts.paths import REPORT, ROOT
from scripts.report.collect import Origin, ReportSettings, collect
from scripts.report.page import page
from scripts.report.summary import summary
from scripts.sim.run import RunResult

PAGE_FILE = "index.html"
SUMMARY_FILE = "summary.json"


@dataclass(frozen=True)
class ReportOutcome:
    """Whether all is well, what is not (one line each), and where the page is.

    `coverage_problems` are those of `problems` that are about coverage; the others are failed runs and layers that differ.
    """

    ok: bool
    problems: list[str]
    coverage_problems: list[str]
    path: Path


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
    root: Path = ROOT,
    out: Path = REPORT,
    threshold_file: Path = THRESHOLD_FILE,
) -> ReportOutcome:
    """Merge the coverage of the runs, judge it, and write `out`/index.html and `out`/summary.json.

    `results` hold paths relative to `root`; `layers` and `classification` are those of build/layers.json; `wall_seconds` is
    the time of the whole regression; `command` the line that repeats it. A failed run, a layer that differs from its model,
    unreadable coverage, or coverage below its minimum (when `settings.judges_coverage`) is a problem. Raises OSError when
    `out` cannot be written.
    """
    origin = Origin(root, threshold_file, wall_seconds, command)
    report = collect(results, settings, (layers or (), classification or ()), origin)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / SUMMARY_FILE, json.dumps(summary(report), indent=1, ensure_ascii=False) + "\n")
    _write(out / PAGE_FILE, page(report, root, out))
    return ReportOutcome(report.ok, report.problems, report.coverage_problems, out / PAGE_FILE)
