# SPDX-License-Identifier: Apache-2.0
"""What the cocotb tests of the codec share: clock, reset, streams with stalls, a protocol check, the format under test."""

from __future__ import annotations

import json
import logging
import os

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import SimHandleBase
from cocotb.triggers import RisingEdge
from cocotbext.axi import AxiStreamBus, AxiStreamSink, AxiStreamSource

from tests.codec_rtl import bruteforce as bf
from tests.codec_rtl import stimulus

PARAMETERS = json.loads(os.environ.get("DPR_PARAMETERS", "{}"))
STALL_STYLES = ("none", "half", "bursts", "rare")


def generator(salt: int) -> np.random.Generator:
    """Random generator of one test: the run's seed and the test's own number."""
    return np.random.default_rng([int(os.environ.get("DPR_SEED", "1")), salt])


def format_parameters() -> dict[str, int]:
    """The container format of the hardware under test, by the names of `bruteforce.Format`."""
    return {name.lower(): PARAMETERS[name] for name in ("P", "PREFIX_W", "ALIGN")}


def random_format(rng: np.random.Generator) -> bf.Format:
    """A random format that the hardware under test has."""
    return stimulus.random_format(rng, **format_parameters())


async def start(dut: SimHandleBase) -> None:
    """Start the clock with the reset active, check the outputs' protocol from now on, release the reset."""
    logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.ERROR)  # cocotbext-axi logs every frame
    dut.rst.value = 1
    for name in ("s_axis", "s_desc"):
        if hasattr(dut, f"{name}_tvalid"):
            getattr(dut, f"{name}_tvalid").value = 0
    dut.m_axis_tready.value = 0
    Clock(dut.clk, 10, unit="ns").start()
    for _ in range(3):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    await RisingEdge(dut.clk)
    cocotb.start_soon(_check_stable(dut))


async def _check_stable(dut: SimHandleBase) -> None:
    """A stalled beat stays as it is until it is taken."""
    names = [n for n in ("tdata", "tlast", "tkeep", "tuser") if hasattr(dut, f"m_axis_{n}")]
    stalled = None
    while True:
        await RisingEdge(dut.clk)
        beat = [getattr(dut, f"m_axis_{n}").value for n in names] if dut.m_axis_tvalid.value else None
        if dut.rst.value:
            stalled = None
            continue
        assert stalled is None or beat == stalled, f"stalled beat {stalled} became {beat}"
        stalled = beat if beat and not dut.m_axis_tready.value else None


async def reset(dut: SimHandleBase, *streams: AxiStreamSource | AxiStreamSink) -> None:
    """One cycle of reset; everything queued in the streams is thrown away."""
    dut.rst.value = 1
    await RisingEdge(dut.clk)
    for stream in streams:
        stream.clear()
    dut.rst.value = 0
    await RisingEdge(dut.clk)


def source(dut: SimHandleBase, prefix: str, byte_size: int | None = None) -> AxiStreamSource:
    """Driver of an input stream."""
    return AxiStreamSource(AxiStreamBus.from_prefix(dut, prefix), dut.clk, dut.rst, byte_size=byte_size)


def sink(dut: SimHandleBase, prefix: str, byte_size: int | None = None) -> AxiStreamSink:
    """Receiver of an output stream."""
    return AxiStreamSink(AxiStreamBus.from_prefix(dut, prefix), dut.clk, dut.rst, byte_size=byte_size)


def stall(rng: np.random.Generator, *streams: AxiStreamSource | AxiStreamSink) -> None:
    """Give every stream a stall style of its own."""
    for stream in streams:
        stream.set_pause_generator(stimulus.stalls(rng, str(rng.choice(STALL_STYLES))))
        stream.pause = False


async def handshakes(dut: SimHandleBase, prefix: str, wanted: int, limit: int) -> list[int]:
    """Return the cycles, counted from now, in which the first `wanted` beats of a stream are transferred."""
    valid, ready = getattr(dut, f"{prefix}_tvalid"), getattr(dut, f"{prefix}_tready")
    cycles: list[int] = []
    for cycle in range(limit):
        await RisingEdge(dut.clk)
        if valid.value and ready.value:
            cycles.append(cycle)
            if len(cycles) == wanted:
                return cycles
    raise AssertionError(f"{prefix}: {len(cycles)} of {wanted} beats in {limit} cycles")
