# SPDX-License-Identifier: Apache-2.0
"""Short names for many coverage points: bits become ranges, terms that differ in one index become one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from scripts.coverage.code import Point

_TOGGLE = re.compile(r"(?P<signal>.*?)(?:\[(?P<bit>\d+)\])?:(?P<edge>0->1|1->0)")
_INDEX = re.compile(r"\[(\d+)\]")
_EDGES = {frozenset({"0->1", "1->0"}): "never toggles", frozenset({"0->1"}): "no 0→1", frozenset({"1->0"}): "no 1→0"}


class Gap(NamedTuple):
    """Uncovered points that read as one: where, what, and how many."""

    line: int
    kind: str
    text: str
    points: int


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Join consecutive numbers; return (low, high) of each run, lowest first."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def ranges(numbers: Iterable[int]) -> str:
    """Describe bit numbers as a bus is written, highest first: {0, 1, 2, 7} is "7, 2:0"."""
    return ", ".join(str(high) if high == low else f"{high}:{low}" for low, high in reversed(_runs(numbers)))


def line_ranges(numbers: Iterable[int]) -> list[tuple[int, str]]:
    """Describe line numbers, lowest first, a range as its first line and a text: {4, 5, 9} is (4, "4–5"), (9, "9")."""
    return [(low, str(low) if high == low else f"{low}–{high}") for low, high in _runs(numbers)]


def _merge_indices(texts: Iterable[str]) -> dict[str, int]:
    """Join texts that differ in one bracketed index only; return the joined texts and how many each stands for."""
    indices: dict[str, list[int]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    for text in texts:
        found = _INDEX.findall(text)
        key = _INDEX.sub("[#]", text) if len(set(found)) == 1 else text
        if key != text:
            indices[key].append(int(found[0]))
        counts[key] += 1
    return {key.replace("[#]", f"[{ranges(indices[key])}]") if key in indices else key: n for key, n in counts.items()}


def short_expression(name: str) -> str:
    """Shorten ``(x[0]==0 && x[1]==0) => 0`` to ``(x[1:0]==0) => 0``; the arrow becomes a real one."""
    condition, _, value = name.rpartition(" => ")
    inner = condition.removeprefix("(").removesuffix(")")
    return f"{' && '.join(_merge_indices(inner.split(' && ')))} → {value}"


def _toggles(points: Iterable[Point]) -> list[Gap]:
    edges: dict[tuple[int, str], dict[int | None, set[str]]] = defaultdict(lambda: defaultdict(set))
    for point in points:
        match = _TOGGLE.fullmatch(point.name)
        signal, bit, edge = (match["signal"], match["bit"], match["edge"]) if match else (point.name, None, "0->1")
        edges[point.line, signal][None if bit is None else int(bit)].add(edge)
    gaps = []
    for (line, signal), bits in edges.items():
        for missing, words in _EDGES.items():
            which = [bit for bit, found in bits.items() if found == missing]
            numbers = [bit for bit in which if bit is not None]
            if which:
                name = f"{signal}[{ranges(numbers)}]" if numbers else signal
                gaps.append(Gap(line, "toggle", f"{name} {words}", len(which) * len(missing)))
    return gaps


def _expressions(points: Iterable[Point]) -> list[Gap]:
    places: dict[tuple[int, int], list[Point]] = defaultdict(list)
    for point in points:
        places[point.line, point.column].append(point)
    gaps = []
    for (line, _), terms in places.items():
        merged = _merge_indices(short_expression(point.name) for point in terms)
        gaps += [Gap(line, "expr", text, count) for text, count in merged.items()]
    return gaps


def gaps(points: Iterable[Point]) -> list[Gap]:
    """Group uncovered points of one file for reading: lines become ranges, bits and indices too."""
    by_kind: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        by_kind[point.kind].append(point)
    lines = [Gap(point.line, "line", "never ran", 1) for point in by_kind["line"]]
    branches = [Gap(point.line, "branch", point.name, 1) for point in by_kind["branch"]]
    return lines + branches + _expressions(by_kind["expr"]) + _toggles(by_kind["toggle"])
