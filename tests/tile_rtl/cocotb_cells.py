# SPDX-License-Identifier: Apache-2.0
"""The combinational cells of a tile, dpr_adder_tree, dpr_popcount, dpr_transposer, and the comparator dpr_running_max."""

from __future__ import annotations

import cocotb
from cocotb.triggers import Timer

from tests.support.pieces import Piece, cycle, generator, pack, pieces_of, start, unpack


@cocotb.test()
@cocotb.parametrize(name=pieces_of("dpr_adder_tree"))
async def gated_sum(_dut, name: str) -> None:
    """Random values and gates; all lowest, all highest, nothing."""
    tree, rng = Piece(name), generator(name)
    width, count = tree.parameter("W"), tree.parameter("N")
    low, high = -(1 << width - 1), (1 << width - 1) - 1
    cases = [([value] * count, [gate] * count) for value in (low, -1, 0, high) for gate in (0, 1)]
    cases += [(rng.integers(low, high + 1, count).tolist(), rng.integers(0, 2, count).tolist()) for _ in range(100)]
    for values, gates in cases:
        tree.drive(values=pack(values, width), gates=pack(gates, 1))
        await Timer(1, "ns")
        total = sum(value for value, gate in zip(values, gates, strict=True) if gate)
        assert unpack(int(tree.sum.value), len(tree.sum), 1) == [total], f"{values} gated by {gates}"


@cocotb.test()
@cocotb.parametrize(name=pieces_of("dpr_popcount"))
async def number_of_ones(_dut, name: str) -> None:
    """Every single bit, every run of ones from the bottom, random words."""
    counter, rng = Piece(name), generator(name)
    width = counter.parameter("W")
    words = [1 << bit for bit in range(width)] + [(1 << ones) - 1 for ones in range(width + 1)]
    words += [pack(rng.integers(0, 2, width).tolist(), 1) for _ in range(100)]
    for word in words:
        counter.drive(bits=word)
        await Timer(1, "ns")
        assert int(counter.count.value) == bin(word).count("1"), f"{word:#x}"


@cocotb.test()
@cocotb.parametrize(name=pieces_of("dpr_transposer"))
async def values_into_planes(_dut, name: str) -> None:
    """Bit b of value i is bit i of plane b."""
    transposer, rng = Piece(name), generator(name)
    width, count = transposer.parameter("P"), transposer.parameter("N")
    for _ in range(20):
        values = rng.integers(0, 1 << width, count).tolist()
        transposer.drive(values=pack(values, width))
        await Timer(1, "ns")
        planes = unpack(int(transposer.planes.value), count, width, signed=False)
        for bit in range(width):
            for index, value in enumerate(values):
                assert planes[bit] >> index & 1 == value >> bit & 1, f"bit {bit} of value {index}"


@cocotb.test()
@cocotb.parametrize(name=pieces_of("dpr_running_max"))
async def largest_so_far(_dut, name: str) -> None:
    """The largest candidate since the last restart, this cycle's included; the value itself while nothing is compared."""
    unit, rng = Piece(name), generator(name)
    width, acc_w = unit.parameter("W"), unit.parameter("ACC_W")
    low, high = -(1 << width - 1), (1 << width - 1) - 1
    unit.drive(compare=0, restart=0, value=0)
    await start()
    best, steps = None, 0
    while steps < 400:
        compare = bool(rng.random() < 0.7)
        restart = best is None or bool(rng.random() < 0.2)
        value = int(rng.choice([low, -1, 0, 1, high, *rng.integers(low, high + 1, 4)]))
        if not compare:  # any accumulator
            value = int(rng.integers(-(1 << acc_w - 1), (1 << acc_w - 1) - 1))
        unit.drive(compare=compare, restart=restart, value=value & (1 << acc_w) - 1)
        await cycle()
        if compare:
            best = value if restart else max(best, value)
            steps += 1
        seen = unpack(int(unit.largest.value), acc_w, 1)[0]
        assert seen == (best if compare else value), f"compare {compare}, restart {restart}, value {value}"
