# SPDX-License-Identifier: Apache-2.0
"""Functional coverage: the XML exports of cocotb-coverage, merged.

The library's own merge matches bins by their position; runs of another configuration have other bins (a precision of 0 to 8
bits instead of 0 to 16), so bins are matched here by coverpoint and label.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree


@dataclass
class Coverpoint:
    """A coverpoint or cross: hits of each bin by its label; a bin is covered at `at_least` hits."""

    name: str
    at_least: int = 1
    bins: dict[str, int] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The covergroup: all of the name but its last part."""
        return self.name.rpartition(".")[0]

    @property
    def short_name(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    def missing(self) -> list[str]:
        """Labels of the bins that are not covered."""
        return [label for label, hits in self.bins.items() if hits < self.at_least]


@dataclass
class FunctionalCoverage:
    """All coverpoints by full name, in the order in which runs named them. `problems` names unreadable files.

    `runs`: of each export its own coverpoints.
    """

    coverpoints: dict[str, Coverpoint] = field(default_factory=dict)
    runs: dict[Path, list[Coverpoint]] = field(default_factory=dict)
    files: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, path: Path) -> None:
        """Add one export; a damaged one goes to `problems`."""
        try:
            found = _coverpoints(ElementTree.parse(path).getroot())
        except (OSError, ElementTree.ParseError, KeyError, ValueError) as error:
            self.problems.append(f"{path}: not a coverage export: {error}")
            return
        self.files += 1
        self.runs[path] = found
        for point in found:
            merged = self.coverpoints.setdefault(point.name, Coverpoint(point.name))
            merged.at_least = max(merged.at_least, point.at_least)
            for label, hits in point.bins.items():
                merged.bins[label] = merged.bins.get(label, 0) + hits


def _coverpoints(top: ElementTree.Element) -> list[Coverpoint]:
    """Return the coverpoints of one export: the elements whose children are bins."""
    points = []
    for element in top.iter():
        bins = [child for child in element if "bin" in child.attrib]
        if bins:
            name = element.attrib["abs_name"].removeprefix("top.")
            hits: dict[str, int] = {}
            for child in bins:
                hits[child.attrib["bin"]] = hits.get(child.attrib["bin"], 0) + int(child.attrib["hits"])
            points.append(Coverpoint(name, int(element.attrib["at_least"]), hits))
    return points


def functional_coverage(paths: Iterable[Path]) -> FunctionalCoverage:
    """Merge the exports of many runs."""
    merged = FunctionalCoverage()
    for path in paths:
        merged.add(path)
    return merged
