# SPDX-License-Identifier: Apache-2.0
"""dpr_reducer: columns that arrive together or staggered leave in order, under back-pressure; the reservation of a pallet."""

from __future__ import annotations

import cocotb
import numpy as np

from tests.support.pieces import Piece, cycle, generator, pack, pieces_of, reset, start, unpack

NAMES = pieces_of("dpr_reducer")


class Driver:
    """Reserves, delivers and takes pallets, one cycle at a time; knows what has to come."""

    def __init__(self, name: str, rng: np.random.Generator) -> None:
        self.reducer, self.rng = Piece(name), rng
        self.rows, self.cols, self.acc_w = (self.reducer.parameter(key) for key in ("ROWS", "COLS", "ACC_W"))
        self.sums: list[list[int]] = []  # of the pallet on its way
        self.arrive: list[int] = []  # in how many cycles each of its columns does
        self.shown: list[int] = []  # columns that the output still has to show
        self.reserved = False

    def reserve(self, delay: int, gaps: list[int]) -> None:
        """A pallet whose column 0 arrives in `delay` cycles, column c `gaps[c - 1]` cycles after column c - 1."""
        low, high = -(1 << self.acc_w - 1), 1 << self.acc_w - 1
        self.sums = self.rng.integers(low, high, (self.cols, self.rows)).tolist()
        self.arrive = np.cumsum([delay, *gaps]).tolist()
        self.reserved = True

    async def cycle(self, reserve: bool, ready: bool) -> bool:
        """One cycle, with a check of every output. Returns whether a column was taken."""
        valid = [turn == 0 for turn in self.arrive]
        rubbish = self.rng.integers(0, 1000, (self.cols, self.rows)).tolist()
        shown = (
            [column if now else other for column, now, other in zip(self.sums, valid, rubbish, strict=True)]
            if valid
            else rubbish
        )
        self.reducer.drive(reserve=reserve, s_valid=pack(valid, 1), m_ready=ready)
        self.reducer.drive(s_sums=pack([value for column in shown for value in column], self.acc_w))
        await cycle()
        self.check(self.reserved)
        taken = bool(self.shown) and ready
        if taken:
            self.shown.pop(0)
            self.reserved = bool(self.shown)
        if valid and valid[0]:
            assert not self.shown
            self.shown = list(range(self.cols))
        self.arrive = [turn - 1 for turn in self.arrive]
        return taken

    def check(self, reserved: bool) -> None:
        """Ready from the cycle after the last column was taken until a pallet is reserved; the first column on the output."""
        assert self.reducer.read("m_valid", "ready") == [bool(self.shown), not reserved]
        if self.shown:
            column, bus, last = self.reducer.read("m_col", "m_sums", "m_last")
            assert (column, last) == (self.shown[0], self.shown[0] == self.cols - 1)
            assert unpack(bus, self.acc_w, self.rows) == self.sums[column], f"column {column}"


async def prepare(name: str) -> Driver:
    """Start the clock with an idle reducer."""
    driver = Driver(name, generator(name))
    driver.reducer.drive(reserve=0, s_valid=0, s_sums=0, m_ready=0)
    await start()
    return driver


@cocotb.test()
@cocotb.parametrize(name=NAMES, stagger=[0, 1])
async def columns_in_order(_dut, name: str, stagger: int) -> None:
    """Columns together or one a cycle; output always ready, or at random: stable while stalled, credit after the last one."""
    driver = await prepare(name)
    rng = driver.rng
    for pallet in range(40):
        driver.reserve(int(rng.integers(0, 5)), [stagger] * (driver.cols - 1))
        chance = (1.0, 0.5, 0.1)[pallet % 3]
        await driver.cycle(reserve=True, ready=bool(rng.random() < chance))
        while driver.reserved:
            await driver.cycle(reserve=False, ready=bool(rng.random() < chance))
        for _ in range(int(rng.integers(0, 3))):
            await driver.cycle(reserve=False, ready=bool(rng.integers(0, 2)))


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def reset_frees_it(_dut, name: str) -> None:
    """Reserved, or with columns on the output: after a reset it is empty, begins with column 0 and has its credit."""
    driver = await prepare(name)
    for taken in (0, 1, driver.cols - 1):
        driver.reserve(1, [0] * (driver.cols - 1))
        await driver.cycle(reserve=True, ready=False)
        count = 0
        while count < taken:
            count += await driver.cycle(reserve=False, ready=True)
        driver.reducer.drive(reserve=0, s_valid=0, m_ready=0)
        await reset()
        driver.shown, driver.arrive, driver.reserved = [], [], False
        for _ in range(3):
            await driver.cycle(reserve=False, ready=True)
        assert driver.reducer.read("m_col") == [0]
