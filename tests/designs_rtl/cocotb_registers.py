# SPDX-License-Identifier: Apache-2.0
"""dpr_weight_registers: serial loads of every precision beside the register in use, and parallel loads."""

from __future__ import annotations

import cocotb

from tests.support.pieces import Piece, cycle, generator, pack, pieces_of, start, unpack

NAMES = pieces_of("dpr_weight_registers")


class Registers:
    """The piece and its shape."""

    def __init__(self, name: str) -> None:
        self.piece, self.rng = Piece(name), generator(name)
        self.p, self.count, self.bits = (self.piece.parameter(key) for key in ("P", "N", "BITS_PER_CYCLE"))
        self.low = self.piece.parameter("COLUMN") * self.bits  # the lowest of its wires

    def weights(self, precision: int) -> list[int]:
        """Signed values of `precision` bits, the lowest one among them."""
        low, high = -(1 << precision - 1), 1 << precision - 1
        return [low, *self.rng.integers(low, high, self.count - 1).tolist()]

    def words(self, weights: list[int], precision: int) -> list[int]:
        """A word a cycle; the other columns' wires carry rubbish."""
        chunks = range((precision - 1) // self.bits * self.bits, -1, -self.bits)
        return [self.word([weight >> low for weight in weights]) for low in chunks]

    def word(self, values: list[int]) -> int:
        """The values' lowest bits on this column's wires."""
        mask = (1 << self.bits) - 1 << self.low
        rubbish = self.rng.integers(0, 1 << self.p, self.count).tolist()
        return pack([other & ~mask | value << self.low & mask for other, value in zip(rubbish, values, strict=True)], self.p)

    async def cycle(
        self, word: int | None = None, first: bool = False, load: bool = False, serial: bool = True
    ) -> list[int] | None:
        """One cycle; returns the weights right before its end, None while they are unknown."""
        rubbish = self.word([0] * self.count)
        self.piece.drive(word=rubbish if word is None else word, shift=word is not None and serial, shift_first=first)
        self.piece.drive(load=load, serial=serial)
        await cycle()
        value = self.piece.weights.value
        return unpack(int(value), self.p, self.count) if value.is_resolvable else None


async def prepare(name: str) -> Registers:
    """Start the clock."""
    registers = Registers(name)
    registers.piece.drive(word=0, shift=0, shift_first=0, load=0, serial=1)
    await start()
    return registers


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def serial_loads(_dut, name: str) -> None:
    """Every precision after every other; with gaps; the next load may begin in the cycle of the copy."""
    registers = await prepare(name)
    precisions = registers.rng.permutation(list(range(1, registers.p + 1)) * 3).tolist()
    used: list[int] | None = None  # in WR
    loaded: list[int] | None = None  # in SWR
    for precision in precisions:
        weights = registers.weights(precision)
        for number, word in enumerate(registers.words(weights, precision)):
            copy = number == 0 and loaded is not None
            while not copy and registers.rng.random() < 0.1:
                seen = await registers.cycle()
                assert used is None or seen == used
            seen = await registers.cycle(word, first=number == 0, load=copy)
            assert used is None or seen == used
            used = loaded if copy else used
        loaded = weights
    assert await registers.cycle(load=True) == used
    assert await registers.cycle() == loaded


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def parallel_loads(_dut, name: str) -> None:
    """All wires at once, only in cycles of a load."""
    registers = await prepare(name)
    used: list[int] | None = None
    for _ in range(50):
        weights, load = registers.weights(registers.p), bool(registers.rng.random() < 0.5)
        seen = await registers.cycle(pack(weights, registers.p), load=load, serial=False)
        assert used is None or seen == used
        used = weights if load else used
