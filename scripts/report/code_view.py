# SPDX-License-Identifier: Apache-2.0
"""Code coverage of a file as the page shows it: what is not covered, and the source with its hits."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from scripts.coverage.code import KINDS
from scripts.coverage.result import CodeResult, FileResult
from scripts.coverage.thresholds import Tally
from scripts.report.names import Gap, gaps, line_ranges

_MAX_TOOLTIP = 12  # gaps of one line that its tooltip lists


@dataclass(frozen=True)
class SourceLine:
    """A line of RTL. `state` is "" (nothing to cover), "hit", "part" or "miss"; `gaps` what is missing, by kind."""

    number: int
    text: str
    comment: str
    hits: int | None
    state: str
    gaps: str
    tooltip: str


@dataclass(frozen=True)
class FileView:
    """One RTL file; `anchor` is its id in the page."""

    path: str
    anchor: str
    tallies: dict[str, Tally]
    gaps: dict[str, list[Gap]]
    excluded: list[tuple[int, int]]
    lines: list[SourceLine]

    @property
    def missing(self) -> int:
        """Number of uncovered points."""
        return sum(tally.total - tally.covered for tally in self.tallies.values())

    @property
    def missing_lines(self) -> list[tuple[int, str]]:
        """The lines that never ran: first line and text of each range, as in (4, "4–5")."""
        return line_ranges(gap.line for gap in self.gaps.get("line", ()))

    def link(self, line: int | None) -> str:
        """The way to a line within the page, to the file for a line that it has not."""
        return f"#{self.anchor}-L{line}" if line is not None and 1 <= line <= len(self.lines) else f"#{self.anchor}"


def _source_line(number: int, text: str, hits: int | None, missing: list[Gap]) -> SourceLine:
    counts: Counter[str] = Counter()
    for gap in missing:
        counts[gap.kind] += gap.points
    state = "miss" if counts["line"] else "part" if missing else "hit" if hits is not None else ""
    listed = [gap.text for gap in missing[:_MAX_TOOLTIP]]
    listed += [f"and {len(missing) - _MAX_TOOLTIP} more"] if len(missing) > _MAX_TOOLTIP else []
    shown = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind] and kind != "line")
    code, slashes, comment = text.partition("//")
    return SourceLine(number, code, slashes + comment, hits, state, shown, "; ".join(listed))


def file_view(result: FileResult) -> FileView:
    """Prepare one file for the page."""
    found = gaps(result.uncovered())
    by_kind, by_line = defaultdict(list), defaultdict(list)
    for gap in found:
        by_kind[gap.kind].append(gap)
        by_line[gap.line].append(gap)
    hits = result.line_hits()
    excluded_lines = {point.line for point in result.excluded if point.kind == "line"}
    lines = [
        _source_line(number, text, None if number in excluded_lines else hits.get(number), by_line[number])
        for number, text in enumerate(result.source, 1)
    ]
    rules = Counter(result.excluded.values())
    anchor = "src-" + result.path.removesuffix(".v").replace("/", "-")
    return FileView(
        result.path, anchor, result.tallies, {k: by_kind[k] for k in KINDS if by_kind[k]}, sorted(rules.items()), lines
    )


def file_views(result: CodeResult) -> list[FileView]:
    """Prepare all files, by path."""
    return [file_view(result.files[path]) for path in sorted(result.files)]
