# SPDX-License-Identifier: Apache-2.0
"""Runs ranked by what they add to the coverage, and the few runs that reach all of it.

`python -m scripts.coverage.rank` prints the table of the last regression. A greedy cover: each next run is the one that adds
most; those that the later ones make superfluous are taken out again. It is not always the smallest set, but none of its runs
can be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from scripts.coverage.bits import Bits, count, counts, union
from scripts.coverage.hits import Hits
from scripts.coverage.last import last_hits
from scripts.errors import run_main


@dataclass(frozen=True)
class RankedRun:
    """A run that adds something to those above it: bins and code points that it adds; all that are reached with it."""

    run: str
    test: str
    seconds: float
    new_bins: int
    new_points: int
    bins: int
    points: int


@dataclass(frozen=True)
class Ranking:
    """The set of runs that reaches all that any run reaches, best first.

    runs, bins, points: how many there are in the regression, and reached by it; seconds: of all runs. superfluous: the other
    runs, which add nothing to this set. `points` counts code points of all kinds.
    """

    rows: list[RankedRun]
    runs: int
    bins: int
    points: int
    seconds: float
    superfluous: list[str] = field(default_factory=list)

    @property
    def set_seconds(self) -> float:
        """Seconds of the ranked runs alone."""
        return sum(row.seconds for row in self.rows)


def _greedy(hits: Hits, seconds: np.ndarray) -> Iterator[int]:
    """Yield rows, the one that adds most first, until none adds anything.

    A bin and a code point weigh as much as their share of what all runs reach; of equal ones the shorter run is first.
    """
    tables = [(table, union(table)) for table in (hits.bin_hits, hits.point_hits)]
    weights = [(table, missing, max(1, count(missing))) for table, missing in tables]
    while True:
        gain = np.zeros(len(hits.runs))
        for table, missing, total in weights:
            gain += counts(table & missing) / total
        best = int(np.lexsort((seconds, -gain))[0])
        if not gain[best]:
            return
        yield best
        weights = [(table, missing & ~table[best], total) for table, missing, total in weights]


def _needed(chosen: list[int], *tables: Bits) -> list[int]:
    """Take out, last first, the rows without which the others still reach everything."""
    kept = list(chosen)
    for row in reversed(chosen):
        rest = [other for other in kept if other != row]
        if all(count(table[row] & ~union(table[rest])) == 0 for table in tables):
            kept = rest
    return kept


def rank(hits: Hits) -> Ranking:
    """Return the runs of a regression ranked by what they add, in time runs x set size x bytes: 200 runs within a second."""
    seconds = np.array([run.seconds for run in hits.runs])
    order = _needed(list(_greedy(hits, seconds)), hits.bin_hits, hits.point_hits) if hits.runs else []
    rows, bins, points = [], 0, 0
    for place, row in enumerate(order):
        reached = [count(union(table[order[: place + 1]])) for table in (hits.bin_hits, hits.point_hits)]
        run = hits.runs[row]
        rows.append(RankedRun(run.id, run.test, run.seconds, reached[0] - bins, reached[1] - points, *reached))
        bins, points = reached
    superfluous = [run.id for row, run in enumerate(hits.runs) if row not in set(order)]
    return Ranking(rows, len(hits.runs), bins, points, float(seconds.sum()), superfluous)


def ranking_text(ranking: Ranking) -> str:
    """Return the table as text, a line a run of the set."""
    width = max([len("run"), *(len(row.run) for row in ranking.rows)])
    head = f"{'run':{width}}  {'seconds':>8} {'bins':>7} {'points':>7} {'all bins':>9} {'all points':>10}"
    lines = [
        f"{row.run:{width}}  {row.seconds:8.1f} {row.new_bins:+7d} {row.new_points:+7d} {row.bins:9d} {row.points:10d}"
        for row in ranking.rows
    ]
    reach = f"{ranking.bins} bins and {ranking.points} code points"
    end = (
        f"{len(ranking.rows)} of {ranking.runs} runs reach all {reach}, in {ranking.set_seconds:.0f} of {ranking.seconds:.0f} s"
    )
    return "\n".join([head, *lines, end])


def main() -> int:
    """Print the ranking of the last regression."""
    print(ranking_text(rank(last_hits())))
    return 0


if __name__ == "__main__":
    run_main(main)
