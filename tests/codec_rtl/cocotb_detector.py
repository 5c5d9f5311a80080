# SPDX-License-Identifier: Apache-2.0
"""dpr_precision_detector against the definition of docs/architecture.md, section 3, in plain Python."""

from __future__ import annotations

import cocotb
from cocotb.handle import SimHandleBase
from cocotb.triggers import Timer

from tests.codec_rtl import bench, stimulus
from tests.codec_rtl import bruteforce as bf

N, P = bench.PARAMETERS.get("N", 16), bench.PARAMETERS.get("P", 16)


async def check(dut: SimHandleBase, values: list[int], fmt: bf.Format) -> None:
    """Apply one group and compare every output."""
    mask = (1 << P) - 1
    dut.values.value = bf.bits_to_number([bit for v in values for bit in bf.number_to_bits(v & mask, P)])
    dut.is_signed.value = int(fmt.signed)
    dut.n_l.value = fmt.n_l
    await Timer(1, "ns")
    p = bf.precision(values, fmt)
    seen = [position for position in range(P) if any(abs(v) >> position & 1 for v in values)]
    want = (p, int(p == 0), fmt.n_l + p - 1 if p else fmt.n_l, min(seen, default=0))
    got = tuple(int(port.value) for port in (dut.p, dut.all_zero, dut.n_h, dut.n_l_dynamic))
    assert got == want, f"p, all_zero, n_h, n_l_dynamic are {got}, not {want}: {values} {fmt}"
    magnitudes = int(dut.magnitudes.value)
    assert [magnitudes >> P * i & mask for i in range(N)] == [abs(v) for v in values]
    assert [int(dut.signs.value) >> i & 1 for i in range(N)] == [int(v < 0) for v in values]


@cocotb.test()
async def random_groups(dut: SimHandleBase) -> None:
    """Groups of all shapes, all n_l, signed and not."""
    rng = bench.generator(1)
    for _ in range(min(1500, 24000 // N)):
        fmt = stimulus.random_format(rng, P, 4, 1)
        await check(dut, stimulus.random_group(rng, fmt, N), fmt)


@cocotb.test()
async def one_value(dut: SimHandleBase) -> None:
    """Powers of two and their neighbours, alone in the group, at every n_l."""
    for signed in (False, True):
        for n_l in range(P):
            fmt = bf.Format(P, 4, 1, signed, n_l)
            for exponent in range(0, P, 1 + N // 32):
                for value in (2**exponent - 1, 2**exponent, -(2**exponent), 1 - 2**exponent):
                    if fmt.lowest <= value <= fmt.highest:
                        await check(dut, [0] * (N - 1) + [value], fmt)
