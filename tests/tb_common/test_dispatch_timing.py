# SPDX-License-Identifier: Apache-2.0
"""models/dispatch_timing.py against cases worked by hand and against a simulation of the registers, cycle by cycle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from models.dispatch_timing import CAPTURE_TO_COLUMN, dispatch_timing


@dataclass(frozen=True)
class Worked:
    """A case with its result: a list entry a step; columns: a list a pallet."""

    gaps: list[int]
    precisions: list[int]
    last: list[bool]
    busy: tuple[int, ...]  # cycles in which the output is not taken
    handshake: list[int]
    start: list[int]
    end: list[int]
    columns: list[list[int]]
    stalls: int


# Two columns; the first step is offered in cycle 10. A step enters stage A with its handshake, stage B in the cycle after at
# the earliest, and its planes leave in the cycles after that. A pallet's last plane waits until the cycle after the last
# column of the pallet before was taken.
WORKED = {
    "one step": Worked([0], [3], [True], (), [10], [11], [14], [[18, 19]], 0),
    "all-zero step": Worked([0], [0], [True], (), [10], [11], [12], [[16, 17]], 0),
    "three steps, the last pallet waits": Worked(
        [0, 0, 0], [3, 0, 2], [False, True, True], (), [10, 11, 14], [11, 14, 15], [14, 15, 21], [[19, 20], [25, 26]], 4
    ),
    "long pallets do not wait": Worked([0, 0], [8, 8], [True, True], (), [10, 11], [11, 19], [19, 27], [[23, 24], [31, 32]], 0),
    "exactly the reducer's time": Worked(
        [0, 0], [5, 6], [True, True], (), [10, 11], [11, 16], [16, 22], [[20, 21], [26, 27]], 0
    ),
    "one cycle less": Worked([0, 0], [5, 5], [True, True], (), [10, 11], [11, 16], [16, 22], [[20, 21], [26, 27]], 1),
    "late input": Worked([0, 5], [1, 1], [True, True], (), [10, 16], [11, 17], [12, 18], [[16, 17], [22, 23]], 0),
    "stalled output": Worked([0, 5], [1, 1], [True, True], (16, 17), [10, 16], [11, 17], [12, 20], [[18, 19], [24, 25]], 2),
}


@pytest.mark.parametrize("case", WORKED.values(), ids=WORKED.keys())
def test_worked_by_hand(case: Worked) -> None:
    arrays = np.array(case.gaps), np.array(case.precisions), np.array(case.last)
    timing = dispatch_timing(*arrays, 2, first=10, ready=lambda cycle: cycle not in case.busy)
    assert timing.handshake.tolist() == case.handshake
    assert timing.start.tolist() == case.start
    assert timing.end.tolist() == case.end
    assert timing.column.tolist() == case.columns
    assert timing.stalls == case.stalls


class Simulation:
    """Stage A, stage B, the reducer's credit and the reducer as registers; one call of `cycle` is one clock cycle."""

    def __init__(self, gaps: list[int], precisions: list[int], last: list[bool], cols: int) -> None:
        self.gaps, self.precisions, self.last, self.cols = gaps, precisions, last, cols
        self.next, self.wait = 0, 0  # the step to be offered next, idle cycles before it
        self.a: int | None = None
        self.b: tuple[int, int] | None = None  # step, planes to send
        self.credit = True
        self.flight: list[int] = []  # cycles until a captured pallet is on the reducer's output
        self.column: int | None = None
        steps = len(gaps)
        self.handshake, self.start, self.end = [0] * steps, [0] * steps, [0] * steps
        self.columns: list[int] = []
        self.stalls = 0

    def cycle(self, now: int, ready: bool) -> None:
        """One clock cycle: decide on the registers' old values, then change them."""
        taken = self.column is not None and ready
        final = self.b is not None and self.b[1] == 1
        capturing = final and self.last[self.b[0]]
        send = self.b is not None and (not capturing or self.credit)
        self.stalls += self.b is not None and not send
        load = self.a is not None and (self.b is None or (final and send))
        offered = self.next < len(self.gaps) and self.wait == 0
        handshake = offered and (self.a is None or load)
        self._reducer(now, taken)
        if send:
            self.end[self.b[0]] = now
            self.credit = self.credit and not capturing
            self.flight += [CAPTURE_TO_COLUMN - 1] if capturing else []
            self.b = None if final else (self.b[0], self.b[1] - 1)
        if load:
            self.start[self.a] = now
            self.b, self.a = (self.a, max(1, self.precisions[self.a])), None
        self._input(now, handshake)

    def _reducer(self, now: int, taken: bool) -> None:
        if taken:
            self.columns.append(now)
            self.column = None if self.column == self.cols - 1 else self.column + 1
            self.credit = self.credit or self.column is None
        self.flight = [left - 1 for left in self.flight]
        if self.flight and self.flight[0] < 0:
            raise AssertionError("a pallet met a busy reducer")
        if self.flight and self.flight[0] == 0:
            self.flight.pop(0)
            assert self.column is None
            self.column = 0

    def _input(self, now: int, handshake: bool) -> None:
        if handshake:
            self.handshake[self.next] = now
            self.a = self.next
            self.next += 1
            self.wait = self.gaps[self.next] if self.next < len(self.gaps) else 0
        elif self.wait:
            self.wait -= 1


def simulate(gaps: list[int], precisions: list[int], last: list[bool], cols: int, ready: Callable[[int], bool]) -> Simulation:
    """Run until the last column was taken."""
    simulation, now = Simulation(gaps, precisions, last, cols), 0
    while len(simulation.columns) < cols * sum(last):
        simulation.cycle(now, ready(now))
        now += 1
        assert now < 100_000, "no end"
    return simulation


@pytest.mark.parametrize("cols", [1, 2, 4, 16])
@pytest.mark.parametrize("gappy", [False, True])
@pytest.mark.parametrize("chance", [1.0, 0.9, 0.3])
def test_against_simulation(cols: int, gappy: bool, chance: float) -> None:
    """Random steps, gaps and back-pressure: the same cycle for every event."""
    rng = np.random.default_rng([cols, gappy, int(10 * chance)])
    for _ in range(10):
        steps = int(rng.integers(1, 40))
        gaps = [0, *(rng.integers(0, 12, steps - 1) * (rng.random(steps - 1) < 0.4) * gappy).tolist()]
        precisions = rng.integers(0, rng.integers(1, 17) + 1, steps).tolist()
        last = [*(rng.random(steps - 1) < rng.random()).tolist(), True]
        pattern = rng.random(997) < chance
        want = simulate(gaps, precisions, last, cols, lambda cycle, p=pattern: bool(p[cycle % 997]))
        arrays = np.array(gaps), np.array(precisions), np.array(last)
        got = dispatch_timing(*arrays, cols, first=0, ready=lambda cycle, p=pattern: bool(p[cycle % 997]))
        assert got.handshake.tolist() == want.handshake
        assert got.start.tolist() == want.start
        assert got.end.tolist() == want.end
        assert got.column.ravel().tolist() == want.columns
        assert got.stalls == want.stalls
