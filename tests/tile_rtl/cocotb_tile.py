# SPDX-License-Identifier: Apache-2.0
"""dpr_tile, dpr_reducer and dpr_transposer against plain Python loops."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.triggers import Timer

from tests.support.pieces import PARAMETERS, Piece, cycle, generator, pack, reset, start, unpack

P, ROWS, COLS, LANES = (PARAMETERS.get(name, default) for name, default in (("P", 16), ("ROWS", 4), ("COLS", 4), ("LANES", 4)))
ACC_W = 2 * P + 16
PLANE_TO_SUMS = 2  # cycles from a pallet's last plane to its sums


def dot_products(acts: list, weights: list) -> list[int]:
    """Sums of a pallet's products, column by column: acts [step][col][lane], weights [step][row][lane]."""
    sums = []
    for col in range(COLS):
        for row in range(ROWS):
            total = 0
            for step in range(len(acts)):
                for lane in range(LANES):
                    total += int(acts[step][col][lane]) * int(weights[step][row][lane])
            sums.append(total)
    return sums


async def send_pallet(tile: Piece, rng: np.random.Generator, acts: np.ndarray, weights: np.ndarray, signed: bool) -> list[int]:
    """Send every step's planes, highest first, with gaps; return m_valid of every cycle from the first plane on."""
    seen = []
    for step, group in enumerate(acts):
        for bit in range(P - 1, -1, -1):
            while rng.random() < 0.1:
                tile.drive(s_valid=0, s_bits=int(rng.integers(0, 1 << COLS * LANES)), s_eog=1, s_last=1, s_clear=1)
                await cycle()
                seen += tile.read("m_valid")
            bits = [int(value) >> bit & 1 for value in group.ravel()]
            tile.drive(s_valid=1, s_bits=pack(bits, 1), s_offset=bit, s_negate=signed and bit == P - 1)
            tile.drive(s_clear=step == 0 and bit == P - 1, s_eog=bit == 0, s_last=step == len(acts) - 1)
            tile.drive(s_weights=pack(weights[step].ravel(), P))
            await cycle()
            seen += tile.read("m_valid")
    tile.drive(s_valid=0)
    return seen


@cocotb.test()
async def pallets(_dut) -> None:
    """Random pallets of 1 to 4 steps, other weights at each step, gaps between planes; sums in the contract's cycle only."""
    tile, rng = Piece("tile"), generator("pallets")
    tile.drive(s_valid=0)
    await start()
    for number in range(12):
        signed, steps = bool(number % 2), int(rng.integers(1, 5))
        low, high = (-(1 << P - 1), 1 << P - 1) if signed else (0, 1 << P)
        acts = rng.integers(low, high, (steps, COLS, LANES))
        weights = rng.integers(-(1 << P - 1), 1 << P - 1, (steps, ROWS, LANES))
        acts[0, 0], weights[0, 0] = low, -(1 << P - 1)  # corners
        seen = await send_pallet(tile, rng, acts, weights, signed)
        assert not any(seen), f"pallet {number}: sums before the last plane"
        for _ in range(PLANE_TO_SUMS - 1):
            await cycle()
            assert tile.read("m_valid") == [0]
        await cycle()
        assert tile.read("m_valid") == [1]
        assert unpack(int(tile.m_sums.value), ACC_W, ROWS * COLS) == dot_products(acts.tolist(), weights.tolist())
        await cycle()
        assert tile.read("m_valid") == [0]


@cocotb.test()
async def reset_between_last_plane_and_sums(_dut) -> None:
    """A pallet whose sums are on their way is forgotten."""
    tile, rng = Piece("tile"), generator("reset")
    tile.drive(s_valid=0)
    await start()
    for wait in (0, 1):
        acts, weights = np.ones((1, COLS, LANES), np.int64), np.ones((1, ROWS, LANES), np.int64)
        await send_pallet(tile, rng, acts, weights, False)
        for _ in range(wait):
            await cycle()
        await reset()
        for _ in range(5):
            await cycle()
            assert tile.read("m_valid") == [0]


@cocotb.test()
async def reducer_hands_on_columns(_dut) -> None:
    """Columns in order under random back-pressure, stable while stalled; the next pallet may come with the last column."""
    reducer, rng = Piece("reducer"), generator("reducer")
    reducer.drive(s_valid=0, s_sums=0, m_ready=0)
    await start()
    queue: list[tuple[int, list[int], int]] = []  # columns to come: (column, sums, last)
    taken = 0
    while taken < 200:
        new = not queue or (len(queue) == 1 and rng.random() < 0.5)
        sums = rng.integers(-(1 << ACC_W - 1), 1 << ACC_W - 1, (COLS, ROWS)).tolist()
        ready = bool(rng.random() < 0.6) or (new and bool(queue))  # a capture beside the last column needs it taken
        reducer.drive(s_valid=new, s_sums=pack([value for column in sums for value in column], ACC_W), m_ready=ready)
        await cycle()
        assert reducer.read("m_valid") == [bool(queue)]
        if queue:
            col, bus, last = reducer.read("m_col", "m_sums", "m_last")
            assert (col, unpack(bus, ACC_W, ROWS), last) == queue[0]
            if ready:
                queue.pop(0)
                taken += 1
        if new:
            queue += [(number, column, int(number == COLS - 1)) for number, column in enumerate(sums)]
    await reset()
    await cycle()
    assert reducer.read("m_valid", "m_col") == [0, 0]


@cocotb.test()
async def transposer_turns_values_into_planes(_dut) -> None:
    """Bit b of value i is bit i of plane b."""
    transposer, rng = Piece("transposer"), generator("transposer")
    for _ in range(20):
        values = rng.integers(0, 1 << P, COLS * LANES).tolist()
        transposer.drive(values=pack(values, P))
        await Timer(1, "ns")
        planes = unpack(int(transposer.planes.value), COLS * LANES, P, signed=False)
        for bit in range(P):
            for index, value in enumerate(values):
                assert planes[bit] >> index & 1 == value >> bit & 1, f"bit {bit} of value {index}"
