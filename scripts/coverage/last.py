# SPDX-License-Identifier: Apache-2.0
"""The last regression's coverage, read again from the files of its runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scripts.coverage.code import code_coverage
from scripts.coverage.functional import functional_coverage
from scripts.coverage.hits import CoveredRun, Hits, Merged, hits_of
from scripts.coverage.result import code_result, functional_result
from scripts.coverage.thresholds import Thresholds, load_thresholds
from scripts.coverage.verilator_data import CoverageData
from scripts.errors import UserError
from scripts.paths import REPORT, ROOT, shown
from scripts.sim.run import RunResult

SUMMARY_FILE = REPORT / "summary.json"


def last_summary(path: Path = SUMMARY_FILE) -> dict[str, Any]:
    """Read the last report's summary.json. Raises UserError when there is none."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{shown(path)}: {error}: run a regression first (make)") from None


def merge(runs: list[CoveredRun], thresholds: Thresholds, root: Path = ROOT) -> Merged:
    """Merge the coverage of runs. Raises UserError when a file cannot be read."""
    data = CoverageData(root / run.coverage_dat for run in runs if run.coverage_dat)
    functional = functional_coverage(root / run.functional for run in runs if run.functional)
    if data.problems or functional.problems:
        raise UserError(f"{[*data.problems, *functional.problems][0]}: run the regression again")
    code = code_coverage(data, root)
    return Merged(code, functional, code_result(code, thresholds, root), functional_result(functional, thresholds))


def last_hits(path: Path = SUMMARY_FILE) -> Hits:
    """Return what each run of the last regression reached. Raises UserError when its files are not there."""
    runs = [RunResult(**run) for run in last_summary(path)["runs"]]
    return hits_of(runs, merge(runs, load_thresholds()), ROOT)
