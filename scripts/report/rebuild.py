# SPDX-License-Identifier: Apache-2.0
"""Write the report again from what is in the build folder, without a new regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.layers import CORE_TEST, LAYER_TEST
from scripts.paths import BUILD, ROOT, shown
from scripts.report.build import SUMMARY_FILE, ReportOutcome, build_report
from scripts.report.evidence import utc
from scripts.report.rows import from_row, from_rows, parse_object
from scripts.settings import split_arguments
from scripts.sim.run import RUN_FILE, RunResult

_AGAIN = "run `make` for a new one"


@dataclass(frozen=True)
class RebuiltSettings:
    """What the report needs of the variables that a regression had."""

    sim: str
    seed: int
    coverage: bool
    regression: str
    restricted: bool

    @property
    def judges_coverage(self) -> bool:
        """Whether the minimums apply: to a whole regression with code coverage."""
        return self.coverage and not self.restricted


@dataclass(frozen=True)
class _Head:
    """The fields of build/regress.json beside its rows."""

    seed: int
    sim: str
    regression: str
    command: str


@dataclass(frozen=True)
class _When:
    """When the regression ran, from the report that it wrote itself."""

    date: str | None = None
    wall_seconds: float | None = None


def _document(path: Path) -> dict[str, Any]:
    try:
        return parse_object(path.read_text())
    except FileNotFoundError:
        raise UserError(f"{shown(path)}: there is no regression to report: {_AGAIN}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{shown(path)}: cannot be read ({error}): {_AGAIN}") from None


def _optional(path: Path) -> dict[str, Any]:
    try:
        return parse_object(path.read_text())
    except (OSError, ValueError):
        return {}


def _settings(head: _Head) -> RebuiltSettings:
    """Read the settings off the line that repeats the regression."""
    words = split_arguments(word for word in head.command.split()[1:])
    restricted = "TEST" in words or "CONFIG" in words
    return RebuiltSettings(head.sim, head.seed, words.get("COV") == "1", head.regression, restricted)


def _result(row: RunResult, runs: Path) -> RunResult:
    """A run from its folder, or from its row in build/regress.json when it left no folder: it was never started."""
    try:
        found = from_row(RunResult, parse_object((runs / row.id / RUN_FILE).read_text()), row.id)
        if (found.id, found.status) == (row.id, row.status):
            return found
    except (OSError, ValueError):
        pass
    return replace(row, problems=[row.signature] if row.signature else [])


def _own_report(head: _Head, out: Path) -> dict[str, Any]:
    """The summary that the regression wrote itself; nothing when that is of another regression."""
    summary = _optional(out / SUMMARY_FILE)
    settings = summary.get("settings")
    same = isinstance(settings, Mapping) and (settings.get("command"), settings.get("seed")) == (head.command, head.seed)
    return summary if same else {}


def _when(summary: Mapping[str, Any]) -> _When:
    try:
        return from_row(_When, summary.get("when", {}), "when")
    except ValueError:
        return _When()


def _rows_of(document: Mapping[str, Any], key: str) -> list[Any]:
    rows = document.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _layers(summary: Mapping[str, Any], build: Path, results: Sequence[RunResult]) -> tuple[list[Any], list[Any]]:
    """Rows and classification of the layers: the regression's own, else those of build/layers.json that its runs left."""
    if summary:
        return _rows_of(summary, "layers"), _rows_of(summary, "classification")
    document = _optional(build / "layers.json")
    ran = {(run.test, run.config, run.sim) for run in results}

    def of_this(row: Mapping[str, Any]) -> bool:
        return (CORE_TEST if row.get("level") == "core" else LAYER_TEST, row.get("config"), row.get("sim")) in ran

    rows, classification = ([row for row in _rows_of(document, key) if of_this(row)] for key in ("rows", "classification"))
    return rows, classification


def rebuild(build: Path = BUILD, root: Path = ROOT, **places: Any) -> ReportOutcome:
    """Write the report of the last regression of the folder `build` anew.

    `places` are the files of `build_report`. Raises UserError, one line, when there is no regression or a damaged one.
    """
    regression = build / "regress.json"
    document = _document(regression)
    try:
        head = from_row(_Head, document, "the file")
        rows = from_rows(RunResult, document, "rows")
        settings = _settings(head)
    except ValueError as error:
        raise UserError(f"{shown(regression)}: {error}: {_AGAIN}") from None
    results = [_result(row, build / "runs") for row in rows]
    summary = _own_report(head, build / "report")
    layers, classification = _layers(summary, build, results)
    when, commit = _when(summary), summary.get("commit")
    return build_report(
        results,
        settings,
        layers,
        classification=classification,
        wall_seconds=when.wall_seconds,
        command=head.command,
        date=when.date or utc(regression.stat().st_mtime),
        commit=commit if isinstance(commit, str) else "",
        root=root,
        out=build / "report",
        **places,
    )
