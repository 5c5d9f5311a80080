# SPDX-License-Identifier: Apache-2.0
"""dpr_compressor against the brute-force encoder: random tensors, stalls, resets, throughput."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.handle import SimHandleBase
from cocotb.triggers import ClockCycles, with_timeout
from cocotbext.axi import AxiStreamFrame

from tests.codec_rtl import bench, examples, stimulus
from tests.codec_rtl import bruteforce as bf

EXAMPLES = examples.for_hardware(**bench.format_parameters())
ENOUGH_NS = 100_000  # for one tensor, however much it is stalled
Tensor = tuple[list[int], bf.Format]


class Harness:
    """The two streams of the compressor."""

    def __init__(self, dut: SimHandleBase) -> None:
        self.dut = dut
        self.groups = bench.source(dut, "s_axis")
        self.words = bench.sink(dut, "m_axis", 64)
        self.streams = (self.groups, self.words)

    def send(self, tensors: list[Tensor]) -> None:
        """Queue tensors; lanes beyond a tail are not kept."""
        for values, fmt in tensors:
            mask = (1 << fmt.p) - 1
            self.groups.send_nowait(AxiStreamFrame([v & mask for v in values], tuser=fmt.n_l << 1 | int(fmt.signed)))

    async def expect(self, tensors: list[Tensor]) -> None:
        """Check that exactly these tensors come out."""
        for values, fmt in tensors:
            frame = await with_timeout(self.words.recv(), ENOUGH_NS, "ns")
            want = bf.encode(values, fmt)
            assert list(frame.tdata) == want, f"{[hex(w) for w in frame.tdata]}, not {[hex(w) for w in want]}: {values}"
        await ClockCycles(self.dut.clk, 20)
        assert self.words.empty() and not self.words.active, "more words than expected"


def random_tensors(rng: np.random.Generator, number: int) -> list[Tensor]:
    """Tensors of random formats."""
    formats = [bench.random_format(rng) for _ in range(number)]
    return [(stimulus.random_values(rng, fmt), fmt) for fmt in formats]


def fixed_format() -> bf.Format:
    """Unsigned, all bits kept."""
    return bf.Format(**bench.format_parameters(), signed=False, n_l=0)


@cocotb.test(skip=not EXAMPLES)
async def worked_examples(dut: SimHandleBase) -> None:
    """The worked examples of this format; their words and values do not come from the brute-force code."""
    await bench.start(dut)
    harness = Harness(dut)
    for values, fmt, words in EXAMPLES:
        harness.send([(values, fmt)])
        frame = await with_timeout(harness.words.recv(), ENOUGH_NS, "ns")
        assert list(frame.tdata) == words


@cocotb.test()
async def random_groups(dut: SimHandleBase) -> None:
    """Tensors back to back without a stall, then with random stalls."""
    rng = bench.generator(1)
    await bench.start(dut)
    harness = Harness(dut)
    for _ in range(6):
        tensors = random_tensors(rng, 40)
        harness.send(tensors)
        await harness.expect(tensors)
        bench.stall(rng, *harness.streams)


@cocotb.test()
async def values_not_kept_count_as_zero(dut: SimHandleBase) -> None:
    """Rubbish in the lanes beyond a tail leaves no trace."""
    await bench.start(dut)
    harness = Harness(dut)
    fmt = fixed_format()
    for length in range(1, 17):
        keep = [1] * length + [0] * (16 - length)
        harness.groups.send_nowait(AxiStreamFrame([length] * length + [fmt.highest] * (16 - length), tkeep=keep, tuser=0))
    await harness.expect([([length] * length, fmt) for length in range(1, 17)])


@cocotb.test()
async def resets(dut: SimHandleBase) -> None:
    """A reset at any moment leaves no trace."""
    rng = bench.generator(2)
    await bench.start(dut)
    harness = Harness(dut)
    for _ in range(25):
        bench.stall(rng, *harness.streams)
        harness.send(random_tensors(rng, 10))
        await ClockCycles(dut.clk, int(rng.integers(1, 100)))
        await bench.reset(dut, *harness.streams)
        tensors = random_tensors(rng, 3)
        harness.send(tensors)
        await harness.expect(tensors)


@cocotb.test()
async def latency(dut: SimHandleBase) -> None:
    """The first word of a group shows 5 cycles after the group was taken."""
    await bench.start(dut)
    harness = Harness(dut)
    tensor = [1] * 16, fixed_format()
    harness.send([tensor])
    taken = cocotb.start_soon(bench.handshakes(dut, "s_axis", 1, 20))
    shown = await bench.handshakes(dut, "m_axis", 1, 30)
    assert shown[0] - (await taken)[0] == 5
    await harness.expect([tensor])


@cocotb.test()
async def group_every_cycle(dut: SimHandleBase) -> None:
    """Groups of at most 64 bits: one per cycle, across tensors too when each ends with its word."""
    rng = bench.generator(3)
    await bench.start(dut)
    harness = Harness(dut)
    groups = 64
    tensors = [([int(v) for v in rng.integers(0, 3, 16 * groups)], fixed_format())]
    if bench.PARAMETERS["ALIGN"] == 64:
        tensors += [(tensors[0][0][:16], fixed_format())] * groups
        groups *= 2
    harness.send(tensors)
    cycles = await bench.handshakes(dut, "s_axis", groups, 4 * groups)
    assert cycles[-1] - cycles[0] == groups - 1, f"{groups} groups took {cycles[-1] - cycles[0] + 1} cycles"
    await harness.expect(tensors)


@cocotb.test()
async def word_every_cycle(dut: SimHandleBase) -> None:
    """Large groups, several tensors: no bubble between the words of containers and of tensors."""
    rng = bench.generator(4)
    await bench.start(dut)
    harness = Harness(dut)
    fmt = fixed_format()
    tensors = [([int(v) for v in rng.integers(fmt.highest // 2, fmt.highest, 16 * 20)], fmt) for _ in range(3)]
    number = sum(len(bf.encode(*tensor)) for tensor in tensors)
    harness.send(tensors)
    cycles = await bench.handshakes(dut, "m_axis", number, 4 * number)
    assert cycles[-1] - cycles[0] == number - 1, f"{number} words took {cycles[-1] - cycles[0] + 1} cycles"
    await harness.expect(tensors)
