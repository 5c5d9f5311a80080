# SPDX-License-Identifier: Apache-2.0
"""dpr_tile against plain Python sums of products, in the contract's cycle."""

from __future__ import annotations

import cocotb
import numpy as np

from tests.support.pieces import Piece, cycle, generator, pack, pieces_of, reset, start, unpack

BITS_TO_SUMS = 2  # cycles from a pallet's last bits to its sums
NAMES = pieces_of("dpr_tile")


class Tile:
    """The piece and its shape."""

    def __init__(self, name: str) -> None:
        self.piece = Piece(name)
        self.p, self.rows, self.cols, self.lanes = (self.piece.parameter(key) for key in ("P", "ROWS", "COLS", "LANES"))
        self.bits = self.piece.parameter("BITS_PER_CYCLE", 1)
        self.every = (1 << self.cols) - 1

    def dot_products(self, acts: list, weights: list) -> list[int]:
        """Sums of a pallet's products, column by column: acts [step][col][lane], weights [step][row][lane]."""
        sums = []
        for col in range(self.cols):
            for row in range(self.rows):
                total = 0
                for step in range(len(acts)):
                    for lane in range(self.lanes):
                        total += acts[step][col][lane] * weights[step][row][lane]
                sums.append(total)
        return sums

    async def send(self, rng: np.random.Generator, acts: np.ndarray, weights: np.ndarray, signed: bool) -> list[int]:
        """Send every step's bits, highest first, with gaps; return m_valid of every cycle from the first bits on."""
        seen, count = [], self.cols * self.lanes
        for step, group in enumerate(acts):
            for offset in range(self.p - self.bits, -1, -self.bits):
                while rng.random() < 0.1:
                    rubbish = pack(rng.integers(0, 2, self.bits * count).tolist(), 1)
                    self.piece.drive(s_valid=0, s_bits=rubbish, s_capture=0, s_clear=1)
                    await cycle()
                    seen += self.piece.read("m_valid")
                planes = [[int(value) >> offset + bit & 1 for value in group.ravel()] for bit in range(self.bits)]
                top, end = offset == self.p - self.bits, offset == 0
                self.piece.drive(s_valid=1, s_bits=pack([bit for plane in planes for bit in plane], 1), s_offset=offset)
                self.piece.drive(s_negate=signed and top, s_clear=step == 0 and top)
                self.piece.drive(s_capture=end and step == len(acts) - 1, s_weights=pack(weights[step].ravel(), self.p))
                await cycle()
                seen += self.piece.read("m_valid")
        self.piece.drive(s_valid=0, s_capture=0)
        return seen


async def prepare(name: str) -> Tile:
    """Start the clock with an idle tile."""
    tile = Tile(name)
    tile.piece.drive(s_valid=0, s_capture=0)
    await start()
    return tile


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def pallets(_dut, name: str) -> None:
    """Random pallets of 1 to 4 steps, other weights at each step, gaps between bits; sums in the contract's cycle only."""
    tile, rng = await prepare(name), generator(name)
    for number in range(12):
        signed, steps = bool(number % 2), int(rng.integers(1, 5))
        low, high = (-(1 << tile.p - 1), 1 << tile.p - 1) if signed else (0, 1 << tile.p)
        acts = rng.integers(low, high, (steps, tile.cols, tile.lanes))
        weights = rng.integers(-(1 << tile.p - 1), 1 << tile.p - 1, (steps, tile.rows, tile.lanes))
        acts[0, 0], weights[0, 0] = low, -(1 << tile.p - 1)  # corners
        seen = await tile.send(rng, acts, weights, signed)
        assert not any(seen), f"pallet {number}: sums before the last bits"
        for _ in range(BITS_TO_SUMS - 1):
            await cycle()
            assert tile.piece.read("m_valid") == [0]
        await cycle()
        assert tile.piece.read("m_valid") == [tile.every]
        sums = unpack(int(tile.piece.m_sums.value), 2 * tile.p + 16, tile.rows * tile.cols)
        assert sums == tile.dot_products(acts.tolist(), weights.tolist())
        await cycle()
        assert tile.piece.read("m_valid") == [0]


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def reset_between_last_bits_and_sums(_dut, name: str) -> None:
    """A pallet whose sums are on their way is forgotten."""
    tile, rng = await prepare(name), generator(f"reset {name}")
    for wait in (0, 1):
        ones = np.ones((1, tile.cols, tile.lanes), np.int64), np.ones((1, tile.rows, tile.lanes), np.int64)
        await tile.send(rng, *ones, signed=False)
        for _ in range(wait):
            await cycle()
        await reset()
        for _ in range(5):
            await cycle()
            assert tile.piece.read("m_valid") == [0]
