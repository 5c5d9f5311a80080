# SPDX-License-Identifier: Apache-2.0
"""Failures of one cause: the groups of build/regress.json, each with its shortest run and how to see it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts import triage
from scripts.report.rows import from_rows, parse_object
from scripts.report.tests_view import failures, reason
from scripts.sim.run import RunResult


@dataclass(frozen=True)
class Cause:
    """A group of failed runs, and what differed first in the shortest of them."""

    group: triage.Group
    reason: str


@dataclass(frozen=True)
class _Id:
    id: str


def _known(path: Path, results: Mapping[str, RunResult]) -> list[triage.Group] | None:
    """The groups of build/regress.json; None when there are none, or not of exactly these runs.

    Raises OSError or ValueError for a file that cannot be read.
    """
    document = parse_object(path.read_text())
    if "groups" not in document or sorted(row.id for row in from_rows(_Id, document, "rows")) != sorted(results):
        return None
    groups = from_rows(triage.Group, document, "groups")
    named = {run for group in groups for run in (group.shortest, *group.runs)}
    failed = {run.id for run in failures(list(results.values()))}
    return groups if named == failed else None  # a group that forgets a failed run must not hide it


def causes_of(results: Sequence[RunResult], path: Path) -> list[Cause]:
    """Return the failures by cause, the most frequent first: as `path` (build/regress.json) has them, else by signature."""
    by_id = {run.id: run for run in results}
    try:
        groups = _known(path, by_id)
    except (OSError, ValueError):
        groups = None
    groups = triage.groups_of(results) if groups is None else groups
    return [Cause(group, reason(by_id[group.shortest])) for group in sorted(groups, key=lambda group: -group.count)]
