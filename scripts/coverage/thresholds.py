# SPDX-License-Identifier: Apache-2.0
"""tb/thresholds.toml: the least coverage a regression must reach, and what is left out of the count, with the reason."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from scripts.coverage.code import KINDS, Point
from scripts.errors import UserError
from scripts.paths import TB

THRESHOLD_FILE = TB / "thresholds.toml"
FUNCTIONAL = "functional"
_MIN_REASON = 20  # characters: a reason is a sentence
_MOST_NUMBERS = 1 << 12  # in a range of a pattern


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    """A pattern where * is any text, ? any character, and 16..31 a number of that range; brackets are brackets.

    ``cycles_q[16..31]:*`` is both directions of 16 bits. Raises UserError for a range that has no number or too many.
    """
    parts = []
    for text in re.split(r"(\d+\.\.\d+)", pattern):
        if ".." in text and text[:1].isdigit():
            parts.append(_numbers(pattern, *(int(end) for end in text.split(".."))))
        else:
            parts += [".*" if char == "*" else "." if char == "?" else re.escape(char) for char in text]
    return re.compile("".join(parts), re.DOTALL)


def _numbers(pattern: str, first: int, last: int) -> str:
    if not 0 <= last - first <= _MOST_NUMBERS:
        raise UserError(f"{THRESHOLD_FILE.name}: {pattern!r}: {first}..{last} must be the first and the last of some numbers")
    return f"(?:{'|'.join(str(number) for number in range(first, last + 1))})"


@dataclass(frozen=True)
class Exclusion:
    """Points left out: files (glob under rtl/), kinds, names of points (glob), text of their source line (glob)."""

    file: str
    kinds: tuple[str, ...]
    name: str
    source: str
    reason: str

    @property
    def whole_file(self) -> bool:
        """Whether the rule takes out everything in its files."""
        return self.kinds == KINDS and self.name == self.source == "*"

    def in_file(self, file: str) -> bool:
        """Whether the rule is about this file (relative to the checkout)."""
        return fnmatchcase(file, f"rtl/{self.file}")

    def matches(self, point: Point, source_line: str) -> bool:
        """Whether a point of such a file is left out; `source_line` is its line in the RTL."""
        return (
            point.kind in self.kinds
            and _glob(self.name).fullmatch(point.name) is not None
            and _glob(self.source).fullmatch(source_line.strip()) is not None
        )


@dataclass(frozen=True)
class BinExclusion:
    """Bins left out: coverpoint and label, both globs."""

    coverpoint: str
    bin: str
    reason: str

    def matches(self, coverpoint: str, label: str) -> bool:
        """Whether the bin is left out."""
        return bool(_glob(self.coverpoint).fullmatch(coverpoint) and _glob(self.bin).fullmatch(label))


@dataclass(frozen=True)
class Thresholds:
    """Minimum percent by kind ("line", "branch", "expr", "toggle", "functional"), of the whole and of each file; exclusions."""

    minimum: dict[str, float]
    minimum_per_file: dict[str, float] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    bins: tuple[BinExclusion, ...] = ()


@dataclass
class Tally:
    """How much of something is covered. `excluded` points are in neither of the other two."""

    covered: int = 0
    total: int = 0
    excluded: int = 0

    @property
    def percent(self) -> float | None:
        """Covered share in percent, None when there is nothing to cover."""
        return 100 * self.covered / self.total if self.total else None

    def add(self, covered: bool) -> None:
        """Count one point."""
        self.total += 1
        self.covered += covered

    def __iadd__(self, other: Tally) -> Tally:
        self.covered += other.covered
        self.total += other.total
        self.excluded += other.excluded
        return self


def percent_text(percent: float | None) -> str:
    """One decimal, rounded down: 99.97 is not 100 and 94.99 does not look like the 95 that it misses."""
    if percent is None:
        return "–"
    return f"{math.floor(percent * 10) / 10:.1f}%".replace(".0%", "%")


def _reason(entry: dict, where: str) -> str:
    reason = entry.get("reason", "")
    if not isinstance(reason, str) or len(reason) < _MIN_REASON:
        raise UserError(f"{where}: an exclusion needs a reason: a sentence, why it cannot or need not be covered")
    return reason


def _keys(entry: dict, valid: tuple[str, ...], where: str) -> None:
    for key in entry:
        if key not in valid:
            raise UserError(f"{where}: unknown key {key!r}: use {', '.join(valid)}")


def _exclusion(entry: dict, where: str) -> Exclusion:
    _keys(entry, ("file", "kinds", "name", "source", "reason"), where)
    kinds = tuple(entry.get("kinds", KINDS))
    for kind in kinds:
        if kind not in KINDS:
            raise UserError(f"{where}: no kind {kind!r}: use {', '.join(KINDS)}")
    if "file" not in entry or not ("name" in entry or "source" in entry):
        raise UserError(f"{where}: say which file, and which name or source line")
    for key in ("name", "source"):
        _glob(entry.get(key, "*"))
    return Exclusion(entry["file"], kinds, entry.get("name", "*"), entry.get("source", "*"), _reason(entry, where))


def _bin_exclusion(entry: dict, where: str) -> BinExclusion:
    _keys(entry, ("coverpoint", "bin", "reason"), where)
    if "coverpoint" not in entry or "bin" not in entry:
        raise UserError(f"{where}: say which coverpoint and which bin")
    return BinExclusion(entry["coverpoint"], entry["bin"], _reason(entry, where))


def _minimum(entry: dict, valid: tuple[str, ...], where: str) -> dict[str, float]:
    _keys(entry, valid, where)
    for kind, percent in entry.items():
        if not isinstance(percent, int | float) or isinstance(percent, bool) or not 0 <= percent <= 100:
            raise UserError(f"{where}: {kind} = {percent}: use a percentage from 0 to 100")
    return {kind: float(percent) for kind, percent in entry.items()}


def load_thresholds(path: Path = THRESHOLD_FILE) -> Thresholds:
    """Read the thresholds. Raises UserError that names file, entry and fix."""
    try:
        table = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path.name}: {error}") from None
    _keys(table, ("minimum", "minimum_per_file", "exclude", "exclude_bin"), path.name)
    excludes = enumerate(table.get("exclude", ()), 1)
    bins = enumerate(table.get("exclude_bin", ()), 1)
    return Thresholds(
        minimum=_minimum(table.get("minimum", {}), (*KINDS, FUNCTIONAL), f"{path.name}: [minimum]"),
        minimum_per_file=_minimum(table.get("minimum_per_file", {}), KINDS, f"{path.name}: [minimum_per_file]"),
        exclusions=tuple(_exclusion(entry, f"{path.name}: [[exclude]] {number}") for number, entry in excludes),
        bins=tuple(_bin_exclusion(entry, f"{path.name}: [[exclude_bin]] {number}") for number, entry in bins),
    )


def judge(tallies: Mapping[str, Tally], minimum: Mapping[str, float]) -> list[str]:
    """Return what is below its minimum, one line each. Nothing collected is below every minimum."""
    problems = []
    for kind, least in minimum.items():
        percent = tallies.get(kind, Tally()).percent
        if percent is None:
            problems.append(f"no {kind} coverage was collected, the minimum is {least:g}%")
        elif percent < least:
            problems.append(f"{kind} coverage {percent_text(percent)} is below {least:g}%")
    return problems


def judge_files(files: Mapping[str, Mapping[str, Tally]], minimum: Mapping[str, float]) -> list[str]:
    """Return the files below a minimum of their own, one line each: a large module does not make up for a small one.

    `files` gives the tallies by kind of each file. A file that has no points of a kind has nothing to reach.
    """
    found = ((path, kind, tallies[kind].percent) for path, tallies in files.items() for kind in minimum)
    return [
        f"{kind} coverage of {path} {percent_text(percent)} is below {minimum[kind]:g}%"
        for path, kind, percent in found
        if percent is not None and percent < minimum[kind]
    ]
