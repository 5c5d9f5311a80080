# SPDX-License-Identifier: Apache-2.0
"""`python -m scripts.coverage.baseline` writes tb/coverage_baseline.json from the last whole regression's summary.json."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.atomic_file import atomic_output
from scripts.coverage.code import KINDS
from scripts.coverage.deltas import BASELINE_FILE, Baseline
from scripts.coverage.last import SUMMARY_FILE, last_summary
from scripts.errors import UserError, run_main
from scripts.paths import shown


def _percents(tallies: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return covered / total in percent, rounded down to two decimals."""
    return {name: math.floor(1e4 * t["covered"] / t["total"]) / 100 for name, t in tallies.items() if t["total"]}


def from_summary(summary: Mapping[str, Any]) -> Baseline:
    """Return the coverage in a summary as a baseline. Raises UserError unless a whole regression passed with code coverage."""
    settings, coverage = summary["settings"], summary["coverage"]
    if not coverage["judged"]:
        raise UserError(
            "the last regression was not whole or had no code coverage: run make without TEST, CONFIG and COV=0, on Verilator"
        )
    problems = [problem for problem in summary["problems"] if not problem.startswith(f"{BASELINE_FILE.name}:")]
    if problems:  # but for what is wrong with the baseline that this one replaces
        raise UserError(f"the last regression has problems, the first is: {problems[0]}")
    files = {path: _percents({kind: file[kind] for kind in KINDS}) for path, file in coverage["files"].items()}
    points = _percents(summary["functional"]["coverpoints"])
    return Baseline(summary["commit"], settings["regression"], _percents(coverage["kinds"]), files, points)


def _table(rows: Mapping[str, Any]) -> str:
    lines = [f"  {json.dumps(name)}: {json.dumps(rows[name], sort_keys=True)}" for name in sorted(rows)]
    return "{\n" + ",\n".join(lines) + "\n }"


def baseline_text(baseline: Baseline) -> str:
    """Return the file's text: JSON, a line a file and a coverpoint, sorted, so that a change is a short diff."""
    parts = [f' "commit": {json.dumps(baseline.commit)}', f' "regression": {json.dumps(baseline.regression)}']
    parts += [f' "{key}": {_table(getattr(baseline, key))}' for key in ("totals", "files", "points")]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def write_baseline(summary: Path = SUMMARY_FILE, out: Path = BASELINE_FILE) -> None:
    """Write the baseline from a summary.json, whole or not at all."""
    text = baseline_text(from_summary(last_summary(summary)))
    with atomic_output(out) as file:
        file.write(text.encode())
    print(f"{shown(out)}: written from {shown(summary)}")


def main() -> int:
    """Write the baseline of the last regression."""
    write_baseline()
    return 0


if __name__ == "__main__":
    run_main(main)
