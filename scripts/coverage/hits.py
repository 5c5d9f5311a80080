# SPDX-License-Identifier: Apache-2.0
"""Which run reached what: a table of bins and one of code points, with the exclusions taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from scripts.coverage.bits import Bits, chosen, pack, table
from scripts.coverage.code import KINDS, CodeCoverage
from scripts.coverage.functional import Coverpoint, FunctionalCoverage
from scripts.coverage.result import CodeResult, FunctionalResult


class CoveredRun(Protocol):
    """What is needed of a run's result (scripts/sim/run.py); paths are relative to the checkout, "" where there is none."""

    @property
    def id(self) -> str: ...
    @property
    def test(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def seconds(self) -> float: ...
    @property
    def coverage_dat(self) -> str: ...
    @property
    def functional(self) -> str: ...


@dataclass(frozen=True)
class Merged:
    """The coverage of a regression, as scripts/report gathers it: merged, and judged with the exclusions."""

    code: CodeCoverage
    functional: FunctionalCoverage
    code_result: CodeResult
    functional_result: FunctionalResult


@dataclass(frozen=True)
class Hits:
    """Sets of what each run reached, a row a run, in the order of `runs` (scripts/coverage/bits.py).

    bins: (coverpoint, label) of each bin that counts; bin_hits: the bins that a run hit as often as they ask; bin_known: those
    that it could hit, since its configuration has them. points: how many code points there are; point_hits: those that a run
    hit; kinds: the points of each kind.
    """

    runs: tuple[CoveredRun, ...]
    bins: tuple[tuple[str, str], ...]
    bin_hits: Bits
    bin_known: Bits
    points: int
    point_hits: Bits
    kinds: dict[str, Bits]

    def rows(self, runs: Iterable[str]) -> np.ndarray:
        """Return the rows of runs by id, int64."""
        wanted = set(runs)
        return np.array([row for row, run in enumerate(self.runs) if run.id in wanted], np.int64)

    def bins_of(self, coverpoints: Iterable[str]) -> Bits:
        """Return the set of the bins of the named coverpoints."""
        names = set(coverpoints)
        return chosen((name in names for name, _ in self.bins), len(self.bins))

    def named(self, indices: Iterable[int]) -> list[str]:
        """Return bins as "coverpoint: label"."""
        return [": ".join(self.bins[index]) for index in indices]


def _counted_bins(result: FunctionalResult) -> dict[tuple[str, str], int]:
    points = [point for points in result.groups.values() for point in points]
    bins = [(p.coverpoint.name, label) for p in points for label in p.coverpoint.bins if label not in p.excluded]
    return {name: place for place, name in enumerate(bins)}


def _bin_rows(points: Sequence[Coverpoint], places: dict[tuple[str, str], int]) -> tuple[Bits, Bits]:
    """Return the bins that one export hit, and those that it has."""
    found = [
        (places[point.name, label], hits >= point.at_least)
        for point in points
        for label, hits in point.bins.items()
        if (point.name, label) in places
    ]
    known = [place for place, _ in found]
    return pack([place for place, hit in found if hit], len(places)), pack(known, len(places))


def hits_of(runs: Sequence[CoveredRun], merged: Merged, root: Path) -> Hits:
    """Return what each run reached; a run without coverage (a crash, another simulator) has an empty row.

    `root` is the checkout that the runs' paths are relative to.
    """
    places = _counted_bins(merged.functional_result)
    points = list(merged.code.hits)
    excluded = {point for file in merged.code_result.files.values() for point in file.excluded}
    counted = chosen((point not in excluded for point in points), len(points))
    nothing, no_bins = pack([], len(points)), pack([], len(places))
    bin_rows = {path: _bin_rows(found, places) for path, found in merged.functional.runs.items()}
    rows = [bin_rows.get(root / run.functional, (no_bins, no_bins)) for run in runs]
    point_rows = [merged.code.runs.get(root / run.coverage_dat, nothing) & counted for run in runs]
    return Hits(
        runs=tuple(runs),
        bins=tuple(places),
        bin_hits=table([hit for hit, _ in rows], len(places)),
        bin_known=table([known for _, known in rows], len(places)),
        points=int(np.bitwise_count(counted).sum()),
        point_hits=table(point_rows, len(points)),
        kinds={kind: chosen((point.kind == kind for point in points), len(points)) & counted for kind in KINDS},
    )
