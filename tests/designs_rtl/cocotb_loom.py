# SPDX-License-Identifier: Apache-2.0
"""dpr_loom_tile against plain Python sums: columns in parallel, and staggered ones with weights of their own."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import cocotb

from tests.support.pieces import Piece, cycle, generator, pack, pieces_of, reset, start, unpack

BITS_TO_SUMS = 3  # cycles from the capture to the sums of column 0
NAMES = pieces_of("dpr_loom_tile")
IDLE = ("w_word", "s_fresh", "s_valid", "s_initial", "s_clear", "s_capture")


@dataclass
class Step:
    """acts [col][lane]; weights [col][row][lane]."""

    acts: list
    act_bits: int
    signed: bool
    weights: list
    weight_bits: int


class Tile:
    """The piece, its shape, and a timeline of its inputs."""

    def __init__(self, name: str) -> None:
        self.piece, self.rng = Piece(name), generator(name)
        self.p, self.rows, self.cols, self.lanes = (self.piece.parameter(key) for key in ("P", "ROWS", "COLS", "LANES"))
        self.plan: dict[int, dict[str, int]] = defaultdict(dict)  # cycle -> ports

    def random_step(self, serial: bool) -> Step:
        """Any precisions. Serial: the same activations for all columns; else the same weights."""
        act_bits, weight_bits = self.rng.integers(1, self.p + 1, 2).tolist()
        signed = bool(self.rng.integers(0, 2))
        low, high = (-(1 << act_bits - 1), 1 << act_bits - 1) if signed else (0, 1 << act_bits)
        acts = self.rng.integers(low, high, (1 if serial else self.cols, self.lanes)).tolist()
        limit = 1 << weight_bits - 1
        weights = self.rng.integers(-limit, limit, (self.cols if serial else 1, self.rows, self.lanes)).tolist()
        return Step(acts * (self.cols // len(acts)), act_bits, signed, weights * (self.cols // len(weights)), weight_bits)

    def plan_step(self, step: Step, now: int, first: bool, last: bool, serial: bool) -> tuple[int, int]:
        """A repetition a weight bit; returns the cycle after the step and that of its last bits."""
        end = now
        for place in reversed(range(step.weight_bits)):
            self.plan[now]["s_fresh"] = 1
            for col in range(self.cols if serial else 1):
                self.plan[now + col]["w_word"] = pack([weight >> place & 1 for row in step.weights[col] for weight in row], 1)
            busy = now + (self.cols if serial else 1)
            for offset in reversed(range(step.act_bits)):
                while self.rng.random() < 0.05:
                    now += 1
                top, initial = offset == step.act_bits - 1, place == step.weight_bits - 1
                bits = [value >> offset & 1 for column in step.acts for value in column]
                if serial:  # the other columns take column 0's bits
                    bits = bits[: self.lanes] + self.rng.integers(0, 2, len(bits) - self.lanes).tolist()
                self.plan[now] |= {"s_valid": 1, "s_bits": pack(bits, 1), "s_offset": offset, "s_again": place}
                self.plan[now] |= {"s_negate": int(step.signed and top), "s_initial": int(initial)}
                ends = offset == 0 and place == 0 and last
                self.plan[now] |= {"s_clear": int(first and top and initial), "s_capture": int(ends)}
                end, now = now, now + 1
            now = max(now, busy)
        return now, end

    async def play(self, length: int) -> dict[int, tuple[int, list[int]]]:
        """Play the plan; return {column: (cycle of its m_valid, its sums)}."""
        seen = {}
        for now in range(length):
            rubbish = {"s_negate": 1, "s_offset": 1, "s_again": 1, "s_bits": int(self.rng.integers(0, 4))}
            self.piece.drive(**{**dict.fromkeys(IDLE, 0), **rubbish, **self.plan.get(now, {})})
            await cycle()
            valid = self.piece.read("m_valid")[0]
            for col in range(self.cols):
                if valid >> col & 1:
                    assert col not in seen
                    sums = unpack(int(self.piece.m_sums.value), 2 * self.p + 16, self.rows * self.cols)
                    seen[col] = now, sums[col * self.rows : (col + 1) * self.rows]
        self.plan.clear()
        return seen


async def prepare(name: str, serial: bool) -> Tile:
    """Start the clock with an idle tile."""
    tile = Tile(name)
    tile.piece.drive(**dict.fromkeys(IDLE, 0), cfg_serial=serial)
    await start()
    return tile


@cocotb.test()
@cocotb.parametrize(name=NAMES, serial=[False, True])
async def sums_of_columns(_dut, name: str, serial: bool) -> None:
    """Pallets of 1 to 3 steps of any two precisions; staggered: column c is complete c cycles after column 0."""
    tile = await prepare(name, serial)
    for _ in range(8):
        steps, now, end = [tile.random_step(serial) for _ in range(int(tile.rng.integers(1, 4)))], 0, 0
        for number, step in enumerate(steps):
            now, end = tile.plan_step(step, now, number == 0, number == len(steps) - 1, serial)
        seen = await tile.play(now + BITS_TO_SUMS + tile.cols)
        for col in range(tile.cols):
            sums = [0] * tile.rows
            for step in steps:
                for row, weights in enumerate(step.weights[col]):
                    sums[row] += sum(act * weight for act, weight in zip(step.acts[col], weights, strict=True))
            assert seen[col] == (end + BITS_TO_SUMS + col * serial, sums), f"column {col}"


@cocotb.test()
@cocotb.parametrize(name=NAMES, serial=[False, True])
async def reset_forgets_columns(_dut, name: str, serial: bool) -> None:
    """A reset after a capture: no column that it reaches comes."""
    tile = await prepare(name, serial)
    for wait in range(BITS_TO_SUMS):
        tile.plan[0] = {"s_valid": 1, "s_capture": 1, "s_fresh": 1}
        assert await tile.play(1 + wait) == {}
        tile.piece.drive(**dict.fromkeys(IDLE, 0))
        await reset()
        assert await tile.play(8) == {}
