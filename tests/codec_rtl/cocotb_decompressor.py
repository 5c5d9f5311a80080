# SPDX-License-Identifier: Apache-2.0
"""dpr_decompressor against the brute-force decoder: good and malformed streams, stalls, resets, throughput."""

from __future__ import annotations

from collections import Counter

import cocotb
import numpy as np
from cocotb.handle import SimHandleBase
from cocotb.triggers import ClockCycles, with_timeout

from tests.codec_rtl import bench, examples, stimulus
from tests.codec_rtl import bruteforce as bf
from tests.codec_rtl.stimulus import Tensor

ENGINES = bench.PARAMETERS.get("ENGINES", 1)
EXAMPLES = examples.for_hardware(**bench.format_parameters())
ENOUGH_NS = 100_000  # for one tensor, however much it is stalled


class Harness:
    """The three streams of the decompressor."""

    def __init__(self, dut: SimHandleBase) -> None:
        self.dut = dut
        self.words = bench.source(dut, "s_axis", 64)
        self.descriptors = bench.source(dut, "s_desc", len(dut.s_desc_tdata))
        self.groups = bench.sink(dut, "m_axis")
        self.streams = (self.words, self.descriptors, self.groups)

    def send_descriptor(self, tensor: Tensor) -> None:
        """Queue {n_l, is_signed, count}."""
        self.descriptors.send_nowait([tensor.fmt.n_l << 33 | int(tensor.fmt.signed) << 32 | tensor.count])

    def send(self, tensors: list[Tensor]) -> None:
        """Queue tensors: descriptor and words."""
        for tensor in tensors:
            self.send_descriptor(tensor)
            self.words.send_nowait(tensor.words)

    async def expect(self, tensors: list[Tensor]) -> Counter:
        """Check that exactly these tensors come out; return how often each error was reported."""
        errors = Counter()
        for tensor in tensors:
            frame = await with_timeout(self.groups.recv(compact=False), ENOUGH_NS, "ns")
            errors[check(tensor, list(frame.tdata), frame.tkeep, frame.tuser)] += 1
        await ClockCycles(self.dut.clk, 30)
        assert self.groups.empty() and not self.groups.active, "more beats than expected"
        return errors


def check(tensor: Tensor, lanes: list[int], keep: list[int], user: list[int]) -> int:
    """Compare one tensor's beats, 16 lanes each, with the brute-force decoder; return the error code."""
    groups, error = bf.decode(tensor.words, tensor.count, tensor.fmt)
    mask = (1 << tensor.fmt.p) - 1
    beats = [(lanes[i : i + 16], keep[i : i + 16]) for i in range(0, len(lanes), 16)]
    if error != bf.OK:
        assert beats[-1][1] == [0] * 16, f"values with the error beat: {beats[-1]}"
        beats = beats[:-1]
    assert len(beats) == len(groups), f"{len(beats)} groups instead of {len(groups)}, error {error}: {tensor}"
    for (values, present), group in zip(beats, groups, strict=True):
        assert present == [1] * len(group) + [0] * (16 - len(group)), f"tkeep {present} for {group}"
        assert values[: len(group)] == [v & mask for v in group], f"{values} instead of {group}: {tensor}"
    assert set(user[:-16]) <= {0} and set(user[-16:]) == {error}, f"tuser {set(user)} instead of {error}: {tensor}"
    return error


def mixed(rng: np.random.Generator, number: int) -> list[Tensor]:
    """Good tensors, every kind of defect, noise, and tensors of no values."""
    tensors = []
    for kind in rng.integers(-4, 10, number):
        fmt = bench.random_format(rng)
        if bf.ZERO_CODE <= kind <= bf.OVERRUN:
            tensors.append(stimulus.malformed_tensor(rng, fmt, int(kind)))
        elif kind == 8:
            tensors.append(stimulus.noise_tensor(rng, fmt))
        elif kind == 9:
            tensors.append(Tensor(fmt, 0, [0] * int(rng.integers(1, 4))))
        else:
            tensors.append(stimulus.good_tensor(rng, fmt))
    return tensors


@cocotb.test(skip=not EXAMPLES)
async def worked_examples(dut: SimHandleBase) -> None:
    """The worked examples of this format; their words and values do not come from the brute-force code."""
    await bench.start(dut)
    harness = Harness(dut)
    for values, fmt, words in EXAMPLES:
        harness.send([Tensor(fmt, len(values), words)])
        frame = await with_timeout(harness.groups.recv(compact=False), ENOUGH_NS, "ns")
        mask = (1 << fmt.p) - 1
        got = [value for value, present in zip(frame.tdata, frame.tkeep, strict=True) if present]
        assert (got, set(frame.tuser)) == ([v & mask for v in values], {bf.OK})


@cocotb.test()
async def good_streams(dut: SimHandleBase) -> None:
    """Tensors back to back without a stall, then with random stalls."""
    rng = bench.generator(1)
    await bench.start(dut)
    harness = Harness(dut)
    for round_ in range(4):
        tensors = [stimulus.good_tensor(rng, bench.random_format(rng), 6) for _ in range(30)]
        harness.send(tensors)
        errors = await harness.expect(tensors)
        assert errors == {bf.OK: len(tensors)}
        if round_:
            bench.stall(rng, *harness.streams)


@cocotb.test()
async def malformed_streams(dut: SimHandleBase) -> None:
    """Every defect at random places between good tensors; all seven errors must really have been seen."""
    rng = bench.generator(2)
    await bench.start(dut)
    harness = Harness(dut)
    errors = Counter()
    for _ in range(8):
        tensors = mixed(rng, 50)
        harness.send(tensors)
        errors += await harness.expect(tensors)
        bench.stall(rng, *harness.streams)
    dut._log.info("tensors by error: %s", dict(sorted(errors.items())))
    assert all(errors[code] >= 5 for code in range(8)), errors


@cocotb.test()
async def descriptor_early_and_late(dut: SimHandleBase) -> None:
    """All descriptors long before the data, and data that waits for its descriptor."""
    rng = bench.generator(3)
    await bench.start(dut)
    harness = Harness(dut)
    for words_first in (False, True):
        tensors = mixed(rng, 10)
        for tensor in tensors:
            harness.words.send_nowait(tensor.words) if words_first else harness.send_descriptor(tensor)
        await ClockCycles(dut.clk, 200)
        assert harness.groups.empty() and not harness.groups.active, "output without data or without descriptor"
        for tensor in tensors:
            harness.send_descriptor(tensor) if words_first else harness.words.send_nowait(tensor.words)
            await ClockCycles(dut.clk, int(rng.integers(60)))
        await harness.expect(tensors)


@cocotb.test()
async def resets(dut: SimHandleBase) -> None:
    """A reset at any moment leaves no trace."""
    rng = bench.generator(4)
    await bench.start(dut)
    harness = Harness(dut)
    for _ in range(25):
        bench.stall(rng, *harness.streams)
        harness.send(mixed(rng, 10))
        await ClockCycles(dut.clk, int(rng.integers(1, 150)))
        await bench.reset(dut, *harness.streams)
        tensors = mixed(rng, 4)
        harness.send(tensors)
        await harness.expect(tensors)


@cocotb.test()
async def latency(dut: SimHandleBase) -> None:
    """The group of n values of a one-word container shows 4 + n cycles after its word was taken."""
    await bench.start(dut)
    harness = Harness(dut)
    for length in (1, 2, 15, 16):
        fmt = bf.Format(**bench.format_parameters(), signed=False, n_l=0)
        tensor = Tensor(fmt, length, bf.encode([1] * length, fmt))
        harness.send([tensor])
        taken = cocotb.start_soon(bench.handshakes(dut, "s_axis", 1, 20))
        shown = await bench.handshakes(dut, "m_axis", 1, 60)
        assert shown[0] - (await taken)[0] == 4 + length
        await harness.expect([tensor])


@cocotb.test()
async def values_per_cycle(dut: SimHandleBase) -> None:
    """With containers of at most 64 bits all engines work all the time: one group every 16 / ENGINES cycles."""
    await bench.start(dut)
    harness = Harness(dut)
    groups, rng = 64, bench.generator(5)
    fmt = bf.Format(**bench.format_parameters(), signed=False, n_l=0)
    values = [int(v) for v in rng.integers(0, 4, 16 * groups)]
    tensors = [Tensor(fmt, len(values), bf.encode(values, fmt))]
    harness.send(tensors)
    cycles = await bench.handshakes(dut, "m_axis", groups, 16 * groups + 200)
    span = cycles[-1] - cycles[0]
    assert span <= -(-(groups - 1) * 16 // ENGINES), f"{groups} groups took {span} cycles"
    await harness.expect(tensors)


@cocotb.test(skip=ENGINES < 16)
async def tensors_back_to_back(dut: SimHandleBase) -> None:
    """Tensors of one word: one per cycle, none lost to the change of tensor."""
    await bench.start(dut)
    harness = Harness(dut)
    rng = bench.generator(6)
    tensors = []
    for _ in range(60):
        fmt = bench.random_format(rng)
        values = [int(v) << fmt.n_l if v < fmt.highest >> fmt.n_l else 0 for v in rng.integers(0, 2, 16)]
        tensors.append(Tensor(fmt, 16, bf.encode(values, fmt)))
    harness.send(tensors)
    cycles = await bench.handshakes(dut, "m_axis", 60, 300)
    assert cycles[-1] - cycles[0] == 59, f"60 tensors took {cycles[-1] - cycles[0] + 1} cycles"
    await harness.expect(tensors)


@cocotb.test(skip=ENGINES < 8)
async def word_every_cycle(dut: SimHandleBase) -> None:
    """Containers as large as they get: the input takes a word every cycle."""
    await bench.start(dut)
    harness = Harness(dut)
    fmt = bf.Format(**bench.format_parameters(), signed=False, n_l=0)
    values = [fmt.highest] * (16 * 40)
    tensors = [Tensor(fmt, len(values), bf.encode(values, fmt))]
    harness.send(tensors)
    number = len(tensors[0].words)
    cycles = await bench.handshakes(dut, "s_axis", number, 2 * number + 50)
    assert cycles[-1] - cycles[0] == number - 1, f"{number} words took {cycles[-1] - cycles[0] + 1} cycles"
    await harness.expect(tensors)
