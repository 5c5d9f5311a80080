# SPDX-License-Identifier: Apache-2.0
"""What a regression's coverage has gained and lost against the committed baseline, tb/coverage_baseline.json."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.coverage.result import CodeResult, FunctionalResult
from scripts.coverage.thresholds import FUNCTIONAL, Tally
from scripts.errors import UserError
from scripts.paths import TB

BASELINE_FILE = TB / "coverage_baseline.json"
_KEYS = {"commit": str, "regression": str, "totals": dict, "files": dict, "points": dict}


@dataclass(frozen=True)
class Baseline:
    """Coverage in percent, two decimals: by kind, by RTL file and kind, by coverpoint."""

    commit: str
    regression: str
    totals: dict[str, float]
    files: dict[str, dict[str, float]]
    points: dict[str, float]


@dataclass(frozen=True)
class Delta:
    """A percentage that changed. level: "total", "file" or "coverpoint"; before or now None: there is none."""

    level: str
    name: str
    kind: str
    before: float | None
    now: float | None

    @property
    def lost(self) -> bool:
        """Whether coverage went down, or the file or coverpoint is gone."""
        return self.before is not None and (self.now is None or self.now < self.before)

    @property
    def text(self) -> str:
        """One line for people."""
        what = f"{self.kind} coverage" if self.level == "total" else f"{self.kind} coverage of {self.name}"
        before, now = ("none" if value is None else f"{value:g}%" for value in (self.before, self.now))
        return f"{what}: {before} -> {now}"


@dataclass(frozen=True)
class Deltas:
    """All that differs from the baseline. note: why nothing is compared, "" when something is."""

    commit: str = ""
    rows: list[Delta] = field(default_factory=list)
    note: str = ""

    @property
    def lost(self) -> list[Delta]:
        """What went down."""
        return [row for row in self.rows if row.lost]

    @property
    def gained(self) -> list[Delta]:
        """What went up or is new."""
        return [row for row in self.rows if not row.lost]

    def warnings(self) -> list[str]:
        """Return a line for each loss: warnings, since another seed reaches a little more or less of the code."""
        return [f"warning: less than in the baseline: {row.text}" for row in self.lost]


def _percents(tallies: Mapping[str, Tally]) -> dict[str, float]:
    """Return percentages rounded down to two decimals: 100 means all."""
    found = {name: tally.percent for name, tally in tallies.items()}
    return {name: math.floor(percent * 100) / 100 for name, percent in found.items() if percent is not None}


def baseline_of(commit: str, regression: str, code: CodeResult, functional: FunctionalResult) -> Baseline:
    """Return a regression's coverage as a baseline."""
    points = [point for found in functional.groups.values() for point in found]
    return Baseline(
        commit,
        regression,
        _percents({**code.tallies, FUNCTIONAL: functional.tally}),
        {path: _percents(file.tallies) for path, file in code.files.items()},
        _percents({point.coverpoint.name: point.tally for point in points}),
    )


def _percentage(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def _numbers(table: Mapping[str, Any], where: str) -> None:
    for name, value in table.items():
        if not _percentage(value):
            raise UserError(f"{where}: {name} = {value!r} is no percentage: write the file anew with {_REMEDY}")


_REMEDY = "python -m scripts.coverage.baseline after a whole regression"


def load_baseline(path: Path = BASELINE_FILE) -> Baseline:
    """Read a baseline. Raises UserError, one line with file, field and fix."""
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise UserError(f"{path.name}: {error.strerror}: write it with {_REMEDY}") from None
    except ValueError as error:
        raise UserError(f"{path.name}: not JSON ({error}): write it anew with {_REMEDY}") from None
    if not isinstance(document, dict) or set(document) != set(_KEYS):
        raise UserError(f"{path.name}: the fields must be {', '.join(_KEYS)}: write it anew with {_REMEDY}")
    for key, kind in _KEYS.items():
        if not isinstance(document[key], kind):
            raise UserError(f"{path.name}: {key} must be a {'text' if kind is str else 'table'}: write it anew with {_REMEDY}")
    for key in ("totals", "points"):
        _numbers(document[key], f"{path.name}: {key}")
    for file, percents in document["files"].items():
        if not isinstance(percents, dict):
            raise UserError(f"{path.name}: files: {file} must be a table: write it anew with {_REMEDY}")
        _numbers(percents, f"{path.name}: files: {file}")
    return Baseline(**document)


def _changed(level: str, name: str, before: Mapping[str, float], now: Mapping[str, float]) -> Iterator[Delta]:
    for kind in dict.fromkeys([*before, *now]):
        if before.get(kind) != now.get(kind):
            yield Delta(level, name, kind, before.get(kind), now.get(kind))


def compare(before: Baseline, now: Baseline) -> Deltas:
    """Return what differs between two baselines of one regression; of different ones nothing, with a note."""
    if before.regression != now.regression:
        return Deltas(before.commit, note=f"the baseline is of the regression {before.regression}, this is {now.regression}")
    rows = list(_changed("total", "", before.totals, now.totals))
    for path in dict.fromkeys([*before.files, *now.files]):
        rows += _changed("file", path, before.files.get(path, {}), now.files.get(path, {}))
    for name in dict.fromkeys([*before.points, *now.points]):
        old, new = before.points.get(name), now.points.get(name)
        if old != new:
            rows.append(Delta("coverpoint", name, FUNCTIONAL, old, new))
    return Deltas(before.commit, rows)
