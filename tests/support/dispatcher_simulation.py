# SPDX-License-Identifier: Apache-2.0
"""The dispatcher of every design and its reducer as registers, clocked one cycle at a time: reference of the cycle models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.config import DesignConfig
from models.dispatch_timing import CAUSES, column_latency

Ready = Callable[[int], bool]


@dataclass
class StageB:
    """The step in stage B: what is left of it."""

    step: int
    planes: int  # of this repetition
    slot: int  # cycles for which the weight bus is busy with this repetition
    repetitions: int  # after this one
    adds: int  # of the cascade
    last: bool


class Simulation:
    """Stage A, stage B, the reducer's credit and the reducer as registers; one call of `cycle` is one clock cycle."""

    def __init__(
        self, config: DesignConfig, serial: bool, slices: int, gaps: list[int], p: list[int], p_w: list[int], last: list[bool]
    ) -> None:
        self.config, self.serial, self.slices = config, serial and config.design != "dstripes", slices
        self.gaps, self.p, self.p_w, self.last = gaps, p, p_w, last
        self.next, self.wait = 0, 0  # the step to be offered next, idle cycles before it
        self.a: int | None = None
        self.chunks = 0  # of weights that stage A still loads, this cycle's included
        self.b: StageB | None = None
        self.credit = True
        self.flight: list[int] = []  # cycles until a captured pallet is on the reducer's output
        self.column: int | None = None
        steps = len(gaps)
        self.handshake, self.start, self.end = [0] * steps, [0] * steps, [0] * steps
        self.columns: list[int] = []
        self.causes = dict.fromkeys(CAUSES, 0)

    def _planes(self, step: int) -> int:
        return len(range(0, max(1, self.p[step]), self.config.bits_per_cycle))

    def _enter(self, step: int) -> StageB:
        loom, planes, last = self.config.design == "loom", self._planes(step), self.last[step]
        slot = self.config.cols if loom and self.serial else 0
        adds = self.slices if last and self.serial and not loom and self.slices > 1 else 0
        return StageB(step, planes, slot, max(1, self.p_w[step]) - 1 if loom else 0, adds, last)

    def _work(self, b: StageB) -> tuple[str, bool]:
        """One cycle of stage B. Returns (cause, whether the pallet is captured)."""
        captures = b.last and b.repetitions == 0 and b.planes + b.adds == 1
        b.slot = max(0, b.slot - 1)
        if captures and not self.credit:
            return "output_drain", False
        if b.planes:
            b.planes -= 1
            return "send", captures
        if b.adds:
            b.adds -= 1
            return "reduce", captures
        return "weight_fetch", False

    def _leaves(self, b: StageB) -> bool:
        """Whether the step is done after this cycle; begins the next repetition."""
        if b.planes or b.adds or b.slot:
            return False
        if b.repetitions == 0:
            return True
        again = self._enter(b.step)
        b.planes, b.slot, b.repetitions = again.planes, again.slot, b.repetitions - 1
        return False

    def cycle(self, now: int, ready: bool) -> None:
        """One clock cycle: decide on the registers' old values, then change them."""
        taken, empty, captured = self.column is not None and ready, self.b is None, False
        if self.b is not None:
            cause, captured = self._work(self.b)
            if self._leaves(self.b):
                self.end[self.b.step] = now
                self.b = None
        else:
            cause = "weight_fetch" if self.serial and self.config.design == "trt" and self.a is not None else "activation_fetch"
        if not empty or (self.next and self.start[0]):
            self.causes[cause] += 1
        self.chunks = max(0, self.chunks - 1)
        load = self.a is not None and self.b is None and self.chunks == 0
        handshake = self.next < len(self.gaps) and self.wait == 0 and (self.a is None or load)
        self._reducer(now, taken)
        if captured:
            self.credit = False
            self.flight.append(column_latency(self.config) - 1)
        if load:
            self.start[self.a] = now
            self.b, self.a = self._enter(self.a), None
        self._input(now, handshake)

    def _reducer(self, now: int, taken: bool) -> None:
        if taken:
            self.columns.append(now)
            self.column = None if self.column == self.config.cols - 1 else self.column + 1
            self.credit = self.credit or self.column is None
        self.flight = [left - 1 for left in self.flight]
        if self.flight and self.flight[0] == 0:
            self.flight.pop(0)
            assert self.column is None, "a pallet met a busy reducer"
            self.column = 0

    def _input(self, now: int, handshake: bool) -> None:
        if handshake:
            self.handshake[self.next] = now
            self.a = self.next
            weights = max(1, self.p_w[self.a]) if self.serial and self.config.design == "trt" else 1
            self.chunks = len(range(0, weights, self.config.bits_per_cycle))
            self.next += 1
            self.wait = self.gaps[self.next] if self.next < len(self.gaps) else 0
        elif self.wait:
            self.wait -= 1

    def run(self, ready: Ready, first: int) -> None:
        """Run until the last column was taken and stage B is empty."""
        now = first
        while len(self.columns) < self.config.cols * sum(self.last) or self.b is not None:
            self.cycle(now, ready(now))
            now += 1
            assert now < 1_000_000, "no end"
        after = max(0, now - 1 - self.end[-1])  # cycles after the last step are idle, not late
        self.causes["activation_fetch"] -= after
