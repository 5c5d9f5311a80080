# SPDX-License-Identifier: Apache-2.0
"""Failures of one cause: the groups of build/regress.json, each with its shortest run and how to see it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scripts.report.rows import from_row, from_rows, parse_object
from scripts.report.tests_view import failures, reason
from scripts.sim.run import RunResult


@dataclass(frozen=True)
class Group:
    """Failed runs with the same signature. `waves`, `log` and `shrunk` are paths, "" when there is none.

    `reason` is the first problem of the shortest run.
    """

    signature: str
    count: int
    runs: list[str]
    shortest: str
    replay: str
    waves: str = ""
    log: str = ""
    shrunk: str = ""
    reason: str = ""


def _own(results: Sequence[RunResult]) -> list[Group]:
    """Group by signature alone; the shortest run is the one of the fewest cycles that ran at all, then of the least time."""
    found: dict[str, list[RunResult]] = {}
    for run in failures(results):
        found.setdefault(run.signature or reason(run), []).append(run)
    groups = []
    for signature, runs in found.items():
        short = min(runs, key=lambda run: (run.cycles == 0, run.cycles, run.seconds))
        ids = [run.id for run in runs]
        groups.append(Group(signature, len(runs), ids, short.id, short.replay, log=short.log, reason=reason(short)))
    return groups


def _with_reason(group: Group, results: Mapping[str, RunResult]) -> Group:
    if group.shortest not in results:
        raise ValueError(f"group {group.signature!r} is about a run that did not run, {group.shortest}")
    return replace(group, reason=reason(results[group.shortest]))


def _read(path: Path, results: Sequence[RunResult]) -> list[Group] | None:
    """The groups of build/regress.json; None when the file is of another regression or has no groups."""
    document: dict[str, Any] = parse_object(path.read_text())
    rows = document.get("rows")
    if "groups" not in document or not isinstance(rows, list):
        return None
    ids = [from_row(_Id, row, f"rows {number}").id for number, row in enumerate(rows, 1)]
    if sorted(ids) != sorted(run.id for run in results):
        return None
    by_id = {run.id: run for run in results}
    return [_with_reason(group, by_id) for group in from_rows(Group, document, "groups")]


@dataclass(frozen=True)
class _Id:
    id: str


def groups_of(results: Sequence[RunResult], path: Path) -> list[Group]:
    """Return the failures by cause, the most frequent first: as `path` (build/regress.json) has them, else by signature."""
    try:
        groups = _read(path, results)
    except (OSError, ValueError):
        groups = None
    grouped = groups if groups is not None else _own(results)
    missing = {run.id for run in failures(results)} - {run for group in grouped for run in group.runs}
    if missing:  # a group that forgets a failed run must not hide it
        grouped = _own(results)
    return sorted(grouped, key=lambda group: -group.count)
