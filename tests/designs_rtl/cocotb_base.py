# SPDX-License-Identifier: Apache-2.0
"""dpr_ip and dpr_base against plain Python sums of products: signs, back-pressure, the largest sums."""

from __future__ import annotations

from dataclasses import dataclass

import cocotb

from tests.support.pieces import Piece, cycle, cycles, generator, pack, pieces_of, reset, start, unpack

STEPS_TO_SUM = 3  # moving cycles from a window's last step to its column
UNITS, TILES = pieces_of("dpr_ip"), pieces_of("dpr_base")


def value_range(p: int, signed: bool) -> tuple[int, int]:
    """Lowest activation, and the highest + 1."""
    return (-(1 << p - 1), 1 << p - 1) if signed else (0, 1 << p)


@cocotb.test()
@cocotb.parametrize(name=UNITS)
async def products_and_sums(_dut, name: str) -> None:
    """Random and corner operands, idle cycles, cycles without en in which everything stays."""
    unit, rng = Piece(name), generator(name)
    p, lanes = unit.parameter("P"), unit.parameter("LANES")
    unit.drive(en=1, s1_acts=0, s1_weights=0, s1_is_signed=0, s2_valid=0, s2_clear=0)
    await start()
    total, waiting, known = 0, None, False  # what stage 2 will add
    for number in range(300):
        signed, corner = bool(rng.integers(0, 2)), rng.random() < 0.3
        low, high = value_range(p, signed)
        acts = rng.choice([low, high - 1, 0], lanes).tolist() if corner else rng.integers(low, high, lanes).tolist()
        weights = rng.integers(*value_range(p, True), lanes).tolist()
        if corner:
            weights = rng.choice([-(1 << p - 1), (1 << p - 1) - 1, -1], lanes).tolist()
        en, valid, clear = (
            bool(rng.random() < 0.7),
            waiting is not None and rng.random() < 0.8,
            number < 5 or rng.random() < 0.2,
        )
        unit.drive(
            en=en, s1_acts=pack(acts, p), s1_weights=pack(weights, p), s1_is_signed=signed, s2_valid=valid, s2_clear=clear
        )
        await cycle()
        if known:
            assert unpack(int(unit.acc.value), 2 * p + 16, 1) == [total], f"after {number} cycles"
        if en:
            if valid:
                total, known = (0 if clear else total) + waiting, known or clear
            waiting = sum(act * weight for act, weight in zip(acts, weights, strict=True))
    assert known


@cocotb.test()
@cocotb.parametrize(name=[name for name in UNITS if Piece(name).parameter("LANES") == 16], signed=[False, True])
async def never_overflows(_dut, name: str, signed: bool) -> None:
    """2^16 products of the largest magnitudes, all of one sign."""
    unit, steps = Piece(name), 4096
    p = unit.parameter("P")
    low, high = -(1 << p - 1), (1 << p - 1) - 1
    unit.drive(en=1, s2_valid=0)
    await start()
    for act in (low, high) if signed else ((1 << p) - 1,):
        unit.drive(s1_acts=pack([act] * 16, p), s1_weights=pack([low] * 16, p), s1_is_signed=signed)
        await cycle()
        unit.drive(s2_valid=1, s2_clear=1)
        await cycle()
        unit.drive(s2_clear=0)
        await cycles(steps - 1)
        unit.drive(s2_valid=0)
        await cycle()
        assert unpack(int(unit.acc.value), 2 * p + 16, 1) == [act * low * 16 * steps]


@dataclass(frozen=True)
class Step:
    """A brick of a window, [lane], with the weights at its address, [row][lane]."""

    acts: list[int]
    signed: bool
    first: bool
    last: bool
    waddr: int
    gap: int


class Bench:
    """dpr_base, its weight memory, and what it must do: a pipeline of three stages that moves unless its output waits."""

    def __init__(self, name: str) -> None:
        self.base, self.rng = Piece(name), generator(name)
        self.p, self.rows, self.lanes = (self.base.parameter(key) for key in ("P", "ROWS", "LANES"))
        low, high = value_range(self.p, True)
        self.weights = self.rng.integers(low, high, (16, self.rows, self.lanes)).tolist()
        self.weights[0] = [[low] * self.lanes] * self.rows
        self.stages: list[list[int] | None] = [None] * STEPS_TO_SUM  # the sums of a window whose last step is there
        self.total = [0] * self.rows

    async def start(self) -> None:
        """Clock and reset."""
        self.base.drive(s_valid=0, m_ready=0, wm_data=0, s_acts=0, s_is_signed=0, s_first=0, s_last=0, s_waddr=0)
        await start()

    def windows(self, count: int, gaps: bool) -> list[Step]:
        """Windows of 1 to 4 steps."""
        steps = []
        for _ in range(count):
            signed, length = bool(self.rng.integers(0, 2)), int(self.rng.integers(1, 5))
            for i in range(length):
                acts = self.rng.integers(*value_range(self.p, signed), self.lanes).tolist()
                gap = int(self.rng.integers(1, 4)) if gaps and self.rng.random() < 0.3 else 0
                steps.append(Step(acts, signed, i == 0, i == length - 1, int(self.rng.integers(0, 16)), gap))
        return steps

    async def cycle(self, step: Step | None, ready: bool) -> bool:
        """One cycle: compare everything. Returns whether the step was taken."""
        self.base.drive(s_valid=step is not None, m_ready=ready)
        if step:
            self.base.drive(s_acts=pack(step.acts, self.p), s_is_signed=step.signed, s_waddr=step.waddr)
            self.base.drive(s_first=step.first, s_last=step.last)
        await cycle()
        shown = self.stages[-1]
        moves = shown is None or ready
        taken = moves and step is not None
        seen = self.base.read("m_valid", "s_ready", "wm_en", "obs_send", "stall_drain")
        assert seen == [shown is not None, moves, taken, taken, not moves]
        if shown is not None:
            assert unpack(int(self.base.m_sums.value), 2 * self.p + 16, self.rows) == shown
        if moves:
            self.stages = [self.take(step) if step else None, *self.stages[:-1]]
        return taken

    def take(self, step: Step) -> list[int] | None:
        """The memory's answer and the sums of a window that is now complete."""
        assert self.base.read("wm_addr") == [step.waddr]
        word = self.weights[step.waddr]
        self.base.drive(wm_data=pack([weight for row in word for weight in row], self.p))
        products = [sum(act * weight for act, weight in zip(step.acts, row, strict=True)) for row in word]
        self.total = [(0 if step.first else old) + new for old, new in zip(self.total, products, strict=True)]
        return self.total if step.last else None

    async def play(self, steps: list[Step], chance: float) -> int:
        """All steps, until the pipeline is empty. Returns the cycles it took."""
        todo, gap, count = list(steps), steps[0].gap, 0
        while todo or any(self.stages):
            shown = todo[0] if todo and gap == 0 else None
            count += 1
            if await self.cycle(shown, bool(self.rng.random() < chance)):
                todo.pop(0)
                gap = todo[0].gap if todo else 0
            elif shown is None:
                gap -= 1
        return count


@cocotb.test()
@cocotb.parametrize(name=TILES, chance=[1.0, 0.5, 0.1])
async def windows(_dut, name: str, chance: float) -> None:
    """Every output in every cycle; at full speed a step a cycle and three more."""
    bench = Bench(name)
    await bench.start()
    steps = bench.windows(40, gaps=chance < 1.0)
    count = await bench.play(steps, chance)
    if chance == 1.0:
        assert count == len(steps) + STEPS_TO_SUM


@cocotb.test()
@cocotb.parametrize(name=TILES)
async def reset_forgets_windows(_dut, name: str) -> None:
    """In every stage."""
    bench = Bench(name)
    await bench.start()
    for after in range(STEPS_TO_SUM + 1):
        for step in bench.windows(1, gaps=False):
            await bench.cycle(step, True)
        for _ in range(after):
            await bench.cycle(None, False)
        bench.base.drive(s_valid=0)
        await reset()
        bench.stages = [None] * STEPS_TO_SUM
        for _ in range(5):
            await bench.cycle(None, False)
        await bench.play(bench.windows(2, gaps=False), 1.0)
