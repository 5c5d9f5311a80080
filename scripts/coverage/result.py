# SPDX-License-Identifier: Apache-2.0
"""Merged coverage with the exclusions taken out: what the report shows and the thresholds judge."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from scripts.coverage.code import KINDS, CodeCoverage, Point
from scripts.coverage.functional import Coverpoint, FunctionalCoverage
from scripts.coverage.thresholds import BinExclusion, Exclusion, Tally, Thresholds


def _tallies() -> dict[str, Tally]:
    return {kind: Tally() for kind in KINDS}


@dataclass
class FileResult:
    """Code coverage of one RTL file. `excluded` maps a point to its rule's index; `source` are its lines."""

    path: str
    source: list[str]
    tallies: dict[str, Tally] = field(default_factory=_tallies)
    hits: dict[Point, int] = field(default_factory=dict)
    excluded: dict[Point, int] = field(default_factory=dict)

    def uncovered(self) -> list[Point]:
        """Points without a hit that no exclusion takes out, by kind and line."""
        missing = (point for point, hits in self.hits.items() if not hits and point not in self.excluded)
        return sorted(missing, key=lambda point: (KINDS.index(point.kind), point))

    def line_hits(self) -> dict[int, int]:
        """Hits of each source line that has code to execute."""
        return {point.line: hits for point, hits in self.hits.items() if point.kind == "line"}

    @property
    def has_toggles(self) -> bool:
        """Whether any build collected all kinds: a module with a port has toggles."""
        return any(point.kind == "toggle" for point in self.hits)


@dataclass
class RuleUse:
    """What an exclusion takes out: how many points, and how many of these were hit all the same."""

    rule: Exclusion | BinExclusion
    points: int = 0
    hit: int = 0


@dataclass
class CodeResult:
    """Code coverage of the project's RTL.

    `untouched` are the files of which no simulation reported a point; `exempt` maps those for which there is an argued
    exclusion of the whole file to its rule's index.
    """

    files: dict[str, FileResult]
    tallies: dict[str, Tally]
    rules: list[RuleUse]
    untouched: list[str]
    exempt: dict[str, int]


@dataclass
class PointResult:
    """A coverpoint with its exclusions: `excluded` maps a bin's label to its rule's index."""

    coverpoint: Coverpoint
    tally: Tally
    missing: list[str]
    excluded: dict[str, int]


@dataclass
class FunctionalResult:
    """Functional coverage by covergroup."""

    groups: dict[str, list[PointResult]]
    tally: Tally
    rules: list[RuleUse]


def _source(root: Path, path: str) -> list[str]:
    file = root / path
    return file.read_text(errors="replace").splitlines() if file.is_file() else []


def _judge_file(result: FileResult, rules: list[RuleUse]) -> None:
    here = [(i, use.rule) for i, use in enumerate(rules) if use.rule.in_file(result.path)]
    for point, hits in result.hits.items():
        line = result.source[point.line - 1] if point.line <= len(result.source) else ""
        rule = next((i for i, rule in here if rule.matches(point, line)), None)
        if rule is None:
            result.tallies[point.kind].add(hits > 0)
            continue
        result.excluded[point] = rule
        result.tallies[point.kind].excluded += 1
        rules[rule].points += 1
        rules[rule].hit += hits > 0


def _exempt(paths: list[str], thresholds: Thresholds) -> dict[str, int]:
    rules = list(enumerate(thresholds.exclusions))
    found = {path: next((i for i, rule in rules if rule.whole_file and rule.in_file(path)), None) for path in paths}
    return {path: rule for path, rule in found.items() if rule is not None}


def code_result(coverage: CodeCoverage, thresholds: Thresholds, root: Path) -> CodeResult:
    """Tally the merged code coverage by file and kind, exclusions taken out."""
    rules = [RuleUse(rule) for rule in thresholds.exclusions]
    files, total = {}, _tallies()
    for path, hits in coverage.of_file().items():
        result = FileResult(path, _source(root, path), hits=hits)
        _judge_file(result, rules)
        files[path] = result
        for kind in KINDS:
            total[kind] += result.tallies[kind]
    sources = (file.relative_to(root).as_posix() for file in (root / "rtl").glob("**/*.v"))
    untouched = sorted(path for path in sources if path not in files) if files else []
    return CodeResult(files, total, rules, untouched, _exempt(untouched, thresholds))


def _judge_point(point: Coverpoint, rules: list[RuleUse]) -> PointResult:
    result = PointResult(point, Tally(), [], {})
    for label, hits in point.bins.items():
        covered = hits >= point.at_least
        rule = next((i for i, use in enumerate(rules) if use.rule.matches(point.name, label)), None)
        if rule is None:
            result.tally.add(covered)
            if not covered:
                result.missing.append(label)
            continue
        result.excluded[label] = rule
        result.tally.excluded += 1
        rules[rule].points += 1
        rules[rule].hit += hits > 0
    return result


def group_tally(points: list[PointResult]) -> Tally:
    """Bins of a covergroup."""
    whole = Tally()
    for point in points:
        whole += point.tally
    return whole


def functional_result(coverage: FunctionalCoverage, thresholds: Thresholds) -> FunctionalResult:
    """Tally the merged functional coverage, in bins, exclusions taken out."""
    rules = [RuleUse(rule) for rule in thresholds.bins]
    groups: dict[str, list[PointResult]] = defaultdict(list)
    total = Tally()
    for point in coverage.coverpoints.values():
        result = _judge_point(point, rules)
        groups[point.group].append(result)
        total += result.tally
    return FunctionalResult(dict(sorted(groups.items())), total, rules)
