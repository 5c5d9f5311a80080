# SPDX-License-Identifier: Apache-2.0
"""Talking to a bench that makes its own clock: inputs change at falling edges, `done` follows `go` when a command is done."""

from __future__ import annotations

from cocotb.handle import LogicArrayObject
from cocotb.triggers import First, Timer, ValueChange
from cocotb.utils import get_sim_time

CLOCK_NS = 10  # the benches' period; rising edges at 5, 15, ...


async def falling_edge() -> None:
    """Wait for the next falling edge of the bench's clock, the only time at which Python changes an input."""
    await Timer(CLOCK_NS - get_sim_time("ns") % CLOCK_NS, "ns")


async def wait_done(done: LogicArrayObject, value: int, cycles: int) -> bool:
    """Wait until `done` has `value`; return False when `cycles` have passed first."""
    watchdog = Timer(cycles * CLOCK_NS, "ns")
    while not (done.value.is_resolvable and int(done.value) == value):
        if await First(ValueChange(done), watchdog) is watchdog:
            return False
    return True


def read_int(signal: LogicArrayObject) -> int:
    """Return the value of a status signal, 0 while it is unknown (a counter that has not counted yet)."""
    value = signal.value
    return int(value) if value.is_resolvable else 0
