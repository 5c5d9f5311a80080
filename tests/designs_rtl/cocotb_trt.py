# SPDX-License-Identifier: Apache-2.0
"""dpr_trt_tile against plain Python sums: weights of a column's own, cascades of every length, shared weights, max pooling."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import cocotb
import numpy as np

from tests.support.pieces import Piece, cycle, generator, pack, pieces_of, start, unpack

BITS_TO_SUMS = 3  # cycles from the capture to the sums: one more than in a DStripes tile
NAMES = pieces_of("dpr_trt_tile")
IDLE = ("w_shift", "w_shift_first", "w_word", "s_fresh", "s_valid", "s_start", "s_first", "s_eog", "s_chain", "s_capture")


@dataclass
class Step:
    """acts [col][lane]; weights [col][row][lane], precision of each."""

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
        self.bits = self.piece.parameter("BITS_PER_CYCLE", 1)
        self.plan: dict[int, dict[str, int]] = defaultdict(dict)  # cycle -> ports

    def chunks(self, precision: int) -> list[int]:
        """Offsets, most significant first."""
        return list(range((precision - 1) // self.bits * self.bits, -1, -self.bits))

    def random_step(self, shared: bool) -> Step:
        """Any precisions; the same weights for all columns when shared."""
        act_bits, weight_bits = self.rng.integers(1, self.p + 1, 2).tolist()
        signed = bool(self.rng.integers(0, 2))
        low, high = (-(1 << act_bits - 1), 1 << act_bits - 1) if signed else (0, 1 << act_bits)
        acts = self.rng.integers(low, high, (self.cols, self.lanes)).tolist()
        shape = (1 if shared else self.cols, self.rows, self.lanes)
        weights = self.rng.integers(-(1 << weight_bits - 1), 1 << weight_bits - 1, shape).tolist()
        return Step(acts, act_bits, signed, weights * (self.cols if shared else 1), weight_bits)

    def serial_words(self, step: Step) -> list[int]:
        """Column c's bits of row r, lane l at (r*LANES + l)*P + c*BITS_PER_CYCLE."""
        words = []
        for offset in self.chunks(step.weight_bits):
            word = 0
            for col, rows in enumerate(step.weights):
                for row, lanes in enumerate(rows):
                    for lane, weight in enumerate(lanes):
                        bits = weight >> offset & (1 << self.bits) - 1
                        word |= bits << (row * self.lanes + lane) * self.p + col * self.bits
            words.append(word)
        return words

    def parallel_word(self, step: Step) -> int:
        """The weights of the first column, which are those of all."""
        return pack([weight for row in step.weights[0] for weight in row], self.p)

    def plan_weights(self, step: Step, now: int) -> int:
        """Serial load from cycle `now` on; returns the cycle after it."""
        for number, word in enumerate(self.serial_words(step)):
            self.plan[now] |= {"w_shift": 1, "w_shift_first": int(number == 0), "w_word": word}
            now += 1
        return now

    def plan_bits(self, step: Step, now: int, first: bool, last: bool) -> int:
        """A step's bits, from cycle `now` on; returns the cycle after them."""
        self.plan[now]["s_fresh"] = 1
        offsets = self.chunks(step.act_bits)
        for offset in offsets:
            while self.rng.random() < 0.1:
                now += 1
            values = [value for column in step.acts for value in column]
            bits = [value >> offset + j & 1 for j in range(self.bits) for value in values]
            top, end = offset == offsets[0], offset == 0
            ports = {"s_valid": 1, "s_bits": pack(bits, 1), "s_offset": offset, "s_negate": int(step.signed and top)}
            self.plan[now] |= ports | {
                "s_start": int(top),
                "s_first": int(first),
                "s_eog": int(end),
                "s_capture": int(end and last),
            }
            now += 1
        return now

    async def play(self, length: int) -> dict[int, list[int]]:
        """Play the plan; return {cycle of m_valid: sums of column 0, of column 1, ...}."""
        seen, every = {}, (1 << self.cols) - 1
        for now in range(length):
            ports = self.plan.get(now, {})
            rubbish = {"s_negate": 1, "s_offset": 1, "s_bits": int(self.rng.integers(0, 4))}
            self.piece.drive(**{**dict.fromkeys(IDLE, 0), **rubbish, **ports})
            await cycle()
            valid = self.piece.read("m_valid")[0]
            assert valid in (0, every)
            if valid:
                seen[now] = unpack(int(self.piece.m_sums.value), 2 * self.p + 16, self.rows * self.cols)
        self.plan.clear()
        return seen

    def column_sums(self, steps: list[Step]) -> list[list[int]]:
        """[col][row], without a cascade."""
        total = np.zeros((self.cols, self.rows), object)
        for step in steps:
            for col, acts in enumerate(step.acts):
                for row, weights in enumerate(step.weights[col]):
                    total[col][row] += sum(act * weight for act, weight in zip(acts, weights, strict=True))
        return total.tolist()


async def prepare(name: str, serial: bool, pool: bool, slices: int) -> Tile:
    """Start the clock with an idle tile."""
    tile = Tile(name)
    tile.piece.drive(**dict.fromkeys(IDLE, 0), cfg_serial=serial, cfg_pool=pool, cfg_slices=slices)
    await start()
    return tile


@cocotb.test()
@cocotb.parametrize((("name", "slices"), [(name, 1 + s) for name in NAMES for s in range(Piece(name).parameter("COLS"))]))
async def cascades(_dut, name: str, slices: int) -> None:
    """Serial weights, loaded while the step before is sent; slices 1 to COLS: the last slice of each output has its sum."""
    tile = await prepare(name, serial=True, pool=False, slices=slices)
    for _ in range(8):
        steps = [tile.random_step(shared=False) for _ in range(int(tile.rng.integers(1, 4)))]
        now = tile.plan_weights(steps[0], 0)
        for number, step in enumerate(steps):
            last = number == len(steps) - 1
            loaded = now if last else tile.plan_weights(steps[number + 1], now)
            now = max(loaded, tile.plan_bits(step, now, number == 0, last and slices == 1))
        for link in range(slices if slices > 1 else 0):
            tile.plan[now] |= {"s_valid": 1, "s_chain": 1, "s_capture": int(link == slices - 1)}
            now += 1
        seen = await tile.play(now + BITS_TO_SUMS + 2)
        assert list(seen) == [now - 1 + BITS_TO_SUMS]
        sums, kept = tile.column_sums(steps), tile.piece.read("m_keep")[0]
        for col in range(tile.cols):
            keeps = col % slices == slices - 1
            assert kept >> col & 1 == keeps
            if keeps:
                rows = zip(*sums[col - slices + 1 : col + 1], strict=True)
                assert seen[now - 1 + BITS_TO_SUMS][col * tile.rows : (col + 1) * tile.rows] == [sum(row) for row in rows]


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def shared_weights(_dut, name: str) -> None:
    """As a convolution runs: the word of all rows when a step starts; every column has results."""
    tile = await prepare(name, serial=False, pool=False, slices=1)
    for _ in range(10):
        steps, now = [tile.random_step(shared=True) for _ in range(int(tile.rng.integers(1, 4)))], 0
        for number, step in enumerate(steps):
            tile.plan[now]["w_word"] = tile.parallel_word(step)
            now = tile.plan_bits(step, now, number == 0, number == len(steps) - 1)
        seen = await tile.play(now + BITS_TO_SUMS + 2)
        assert seen == {now - 1 + BITS_TO_SUMS: [value for column in tile.column_sums(steps) for value in column]}
        assert tile.piece.read("m_keep") == [(1 << tile.cols) - 1]


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def max_pooling(_dut, name: str) -> None:
    """Weight 1 on lane r of row r; the largest of the steps, also of negative ones."""
    tile = await prepare(name, serial=False, pool=True, slices=1)
    ones = [[[int(lane == row) for lane in range(tile.lanes)] for row in range(tile.rows)]] * tile.cols
    for _ in range(10):
        steps, now = [tile.random_step(shared=True) for _ in range(int(tile.rng.integers(1, 6)))], 0
        for number, step in enumerate(steps):
            step.weights = ones
            tile.plan[now]["w_word"] = tile.parallel_word(step)
            now = tile.plan_bits(step, now, number == 0, number == len(steps) - 1)
        seen = await tile.play(now + BITS_TO_SUMS + 2)
        largest = [max(step.acts[col][row] for step in steps) for col in range(tile.cols) for row in range(tile.rows)]
        assert seen == {now - 1 + BITS_TO_SUMS: largest}
