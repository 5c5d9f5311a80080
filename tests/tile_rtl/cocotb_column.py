# SPDX-License-Identifier: Apache-2.0
"""dpr_sip_column: the control pipeline of a column, its chain and its comparators, against plain Python sums."""

from __future__ import annotations

import cocotb
import numpy as np

from tests.support.pieces import Piece, cycle, generator, pack, pieces_of, reset, start, unpack

BITS_TO_SUMS = 2  # cycles from s_capture to m_valid
NAMES = pieces_of("dpr_sip_column")
POOLING = [name for name in NAMES if Piece(name).parameter("MAX_POOL", 0)]
IDLE = {"s_valid": 0, "s_clear": 0, "s_chain": 0, "s_compare": 0, "s_restart": 0, "s_capture": 0, "chain_in": 0}


class Column:
    """The piece and its shape."""

    def __init__(self, name: str) -> None:
        self.piece, self.rng = Piece(name), generator(name)
        self.p, self.rows, self.lanes = (self.piece.parameter(key) for key in ("P", "ROWS", "LANES"))
        self.bits, self.weight_w = self.piece.parameter("BITS_PER_CYCLE", 1), self.piece.parameter("WEIGHT_W", self.p)
        self.acc_w = 2 * self.p + 16
        self.valid: list[int] = []  # m_valid of every cycle

    async def cycle(self, **values: int) -> None:
        """One cycle with these ports, the others idle."""
        self.piece.drive(**{**IDLE, **values})
        await cycle()
        self.valid += self.piece.read("m_valid")

    def sums(self) -> list[int]:
        """A sum a row."""
        return unpack(int(self.piece.m_sums.value), self.acc_w, self.rows)

    async def send(self, acts: list[int], weights: list[list[int]], offset: int, negate: bool, **control: int) -> None:
        """One cycle's bits: acts [lane] of BITS_PER_CYCLE bits, weights [row][lane]."""
        while self.rng.random() < 0.2:
            await self.cycle(s_bits=int(self.rng.integers(0, 2)), s_negate=1, s_clear=1, s_compare=1, s_restart=1)
        planes = [act >> bit & 1 for bit in range(self.bits) for act in acts]
        bus = pack([weight for row in weights for weight in row], self.weight_w)
        await self.cycle(s_valid=1, s_bits=pack(planes, 1), s_weights=bus, s_offset=offset, s_negate=negate, **control)

    async def step(self, act_range: tuple[int, int], weights: list[list[int]], clear: bool, **end: int) -> list[list[int]]:
        """A step of random signed activations that fill P bits; `end` goes with its last bits. Returns the products' sums."""
        acts = self.rng.integers(*act_range, self.lanes).tolist()
        for offset in range(self.p - self.bits, -1, -self.bits):
            chunk = [act >> offset & (1 << self.bits) - 1 for act in acts]
            top = offset == self.p - self.bits
            await self.send(chunk, weights, offset, top, s_clear=clear and top, **(end if offset == 0 else {}))
        return [sum(act * weight for act, weight in zip(acts, row, strict=True)) for row in weights]

    def weights(self, low: int, high: int) -> list[list[int]]:
        """Random weights [row][lane]."""
        return self.rng.integers(low, high, (self.rows, self.lanes)).tolist()

    async def capture(self) -> list[int]:
        """Wait for the sums, in the contract's cycle and only then."""
        assert not any(self.valid), "sums before the last bits"
        for _ in range(BITS_TO_SUMS):
            assert not self.valid[-1]
            await self.cycle()
        assert self.valid[-1] == 1
        return self.sums()


async def prepare(name: str) -> Column:
    """Start the clock with an idle column."""
    column = Column(name)
    column.piece.drive(**IDLE)
    await start()
    return column


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def sums_of_rows(_dut, name: str) -> None:
    """1 to 3 steps of signed activations; weights of P bits, or 0 and 1."""
    column = await prepare(name)
    act_range = -(1 << column.p - 1), 1 << column.p - 1
    for _ in range(10):
        column.valid = []
        total, steps = np.zeros(column.rows, object), int(column.rng.integers(1, 4))
        for number in range(steps):
            weights = column.weights(0, 2) if column.weight_w == 1 else column.weights(*act_range)
            total += await column.step(act_range, weights, number == 0, s_capture=number == steps - 1)
        assert await column.capture() == total.tolist()
        await column.cycle()
        assert not column.valid[-1]


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def chain_and_late_capture(_dut, name: str) -> None:
    """The neighbour's sums are added at the step's end, or not (no s_valid); the capture may come without bits."""
    column = await prepare(name)
    for adds in (1, 0):
        column.valid = []
        weights = column.weights(0, 2)
        total = await column.step((0, 1 << column.p - 1), weights, True)
        neighbour = column.rng.integers(-1000, 1000, column.rows).tolist()
        await column.cycle(s_valid=adds, s_chain=1)
        await column.cycle(s_capture=1, chain_in=pack(neighbour, column.acc_w))  # one cycle later: stage 2
        expected = [mine + adds * other for mine, other in zip(total, neighbour, strict=True)]
        assert await column.capture() == expected


@cocotb.test()
@cocotb.parametrize(name=POOLING)
async def largest_of_steps(_dut, name: str) -> None:
    """Max pooling: each step's own value is compared; also when all are negative. Sums again afterwards."""
    column = await prepare(name)
    one_each = [[int(lane == row) for lane in range(column.lanes)] for row in range(column.rows)]
    half = 1 << column.p - 1
    for act_range in [(-half, half), (-half, -half // 2), (0, half), (-3, 2)]:
        for steps in (1, 2, 5):
            column.valid = []
            values = []
            for number in range(steps):
                last = number == steps - 1
                end = {"s_compare": 1, "s_restart": number == 0, "s_capture": last}
                values.append(await column.step(act_range, one_each, True, **end))
            assert await column.capture() == [max(row) for row in zip(*values, strict=True)]
    column.valid = []
    expected = await column.step((-half, half), one_each, True, s_capture=1)
    assert await column.capture() == expected


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def reset_forgets_a_capture(_dut, name: str) -> None:
    """Between the last bits and the sums."""
    column = await prepare(name)
    for wait in range(BITS_TO_SUMS):
        await column.cycle(s_capture=1)
        for _ in range(wait):
            await column.cycle()
        column.piece.drive(**IDLE)
        await reset()
        column.valid = []
        for _ in range(4):
            await column.cycle()
        assert not any(column.valid)
