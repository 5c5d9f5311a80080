# SPDX-License-Identifier: Apache-2.0
"""Code coverage of the project's RTL, kept apart by kind.

What is counted (the same point in another instance, parameter set, bench or run is the same point; one hit covers it):

line    a source line inside a procedure or a ?: ; covered when any block on it ran
branch  an arm: if, else, else-if, a case item, either side of ?:
expr    a term of a condition that alone decides its value, as Verilator lists them
toggle  a bit of a signal or port going 0->1, and the same bit going 1->0
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.coverage.bits import Bits, pack
from scripts.coverage.verilator_data import CoverageData, Layout

KINDS = ("line", "branch", "expr", "toggle")
_ARMS = {
    "if": "if: true",
    "elsif": "if: true",
    "else": "if: false",
    "case": "case item",
    "cond_then": "?: true",
    "cond_else": "?: false",
}
_LITERAL = re.compile(r"\d+'s?[bdh]([0-9a-fA-F]+)")
_PART_SELECT = re.compile(r"\[\d+:\d+\]")
_GENERATE = re.compile(r"\b(g_\w+)\[\d+\]\.")


class Point(NamedTuple):
    """One thing to cover: `file` relative to the checkout, `column` where a line has several (0 for lines and toggles)."""

    file: str
    line: int
    kind: str
    column: int
    name: str


@dataclass
class CodeCoverage:
    """Hits of every point of the project's RTL.

    `runs`: of each coverage file the points that it has hit, as packed bits in the order of `hits`.
    """

    hits: dict[Point, int] = field(default_factory=dict)
    runs: dict[Path, Bits] = field(default_factory=dict)

    def of_file(self) -> dict[str, dict[Point, int]]:
        """Return the points by file, files and points in order."""
        files: dict[str, dict[Point, int]] = defaultdict(dict)
        for point in sorted(self.hits):
            files[point.file][point] = self.hits[point]
        return dict(files)


def source_lines(spans: str) -> Iterator[int]:
    """Expand ``10-11,16`` into its line numbers."""
    for span in filter(None, spans.split(",")):
        first, _, last = span.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _collapse(name: str) -> str:
    """A signal inside a generate loop is one signal, whatever the index."""
    return _GENERATE.sub(r"\1[*].", name) if "g_" in name else name


@cache
def _expression(name: str) -> str:
    """Name an expression point so that every parameter set gives the same name.

    Verilator prints widths of literals and part selects as elaborated: ``value[(P - 32'sh1)[3:0]+:1]`` at P = 16 and ``[2:0]``
    at P = 8 are one point.
    """
    plain = _LITERAL.sub(lambda match: str(int(match[1], 16)), _PART_SELECT.sub("", _collapse(name)))
    return re.sub(r"\{\d+\{0\}\}", "0", plain)


class _Files:
    """Decides which files are the project's RTL and names them relative to the checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        folders = (os.path.normpath(root / "rtl"), os.path.realpath(root / "rtl"))
        self.prefixes = tuple(f"{folder}{os.sep}" for folder in folders)
        self.names: dict[str, str | None] = {}

    def name(self, path: str) -> str | None:
        if path not in self.names:
            full = os.path.normpath(self.root / path)
            inside = next((prefix for prefix in self.prefixes if full.startswith(prefix)), None)
            self.names[path] = f"rtl/{full[len(inside) :]}" if inside else None
        return self.names[path]


class _Merge:
    """Adds up layouts of coverage files, point by point."""

    def __init__(self, root: Path) -> None:
        self.files = _Files(root)
        self.places: dict[Point, int] = {}
        self.hits: dict[Point, int] = defaultdict(int)
        self.blocks: dict[tuple[str, str, int], int] = defaultdict(int)

    def add(self, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
        """Add a layout; return which line of it stands for which point, as two arrays of equal length, int64."""
        pairs = []
        for line, (fields, count) in enumerate(layout.points()):
            pairs += [(line, self.places.setdefault(point, len(self.places))) for point in self._points(fields, count)]
        lines, points = np.array(pairs, np.int64).reshape(-1, 2).T
        return lines, points

    def _points(self, fields: dict[str, str], count: int) -> Iterator[Point]:
        """Count a line of a coverage file; yield its points: none outside of the RTL, several of a block of source lines."""
        file = self.files.name(fields["f"])
        if file is None:
            return
        kind, line, column, name = fields["t"], int(fields["l"]), int(fields["n"]), fields["o"]
        point = None
        if kind == "toggle":
            point = Point(file, line, kind, 0, _collapse(name))
        elif kind == "expr":
            point = Point(file, line, kind, column, _expression(name))
        elif kind in ("line", "branch") and name in _ARMS:
            point = Point(file, line, "branch", column, _ARMS[name])
        if point:
            self.hits[point] += count
            yield point
        if kind in ("line", "branch"):
            for number in source_lines(fields.get("S", "")):
                # a block is told apart by its place, so that its counts add up over instances and builds
                self.blocks[file, f"{number}:{line}:{column}:{name}", number] += count
                yield Point(file, number, "line", 0, "")

    def result(self) -> dict[Point, int]:
        """Return the hits of every point in the order of `places`; of a line those of the block on it that ran most."""
        hits = {point: self.hits.get(point, 0) for point in self.places}
        for (file, _, number), count in self.blocks.items():
            point = Point(file, number, "line", 0, "")
            hits[point] = max(hits[point], count)
        return hits


def code_coverage(data: CoverageData, root: Path) -> CodeCoverage:
    """Return the coverage of the files under `root`/rtl; everything else (testbenches) is left out."""
    merge = _Merge(root)
    layouts = [merge.add(layout) for layout in data.layouts()]
    total = len(merge.places)
    runs = {}
    for path, (place, reached) in data.reached.items():
        lines, points = layouts[place]
        runs[path] = pack(points[np.unpackbits(reached, bitorder="little")[lines].astype(bool)], total)
    return CodeCoverage(merge.result(), runs)
