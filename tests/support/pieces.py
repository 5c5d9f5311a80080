# SPDX-License-Identifier: Apache-2.0
"""What plain cocotb tests share: clock and reset, the ports of one piece of a wrapper, buses of values."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import SimHandleBase
from cocotb.triggers import RisingEdge, Timer

PERIOD_NS = 10
PARAMETERS: dict[str, int] = json.loads(os.environ.get("DPR_PARAMETERS", "{}"))
PIECES: dict[str, dict] = json.loads(os.environ.get("DPR_PIECES", "{}"))  # of a written bench (tests/support/bench.py)


def pieces_of(module: str) -> list[str]:
    """Names of the pieces of a written bench that are instances of `module`."""
    return [name for name, piece in PIECES.items() if piece["module"] == module]


def generator(test: str) -> np.random.Generator:
    """Random generator of one test: the run's seed and the test's own name."""
    return np.random.default_rng([int(os.environ.get("DPR_SEED", "1")), *test.encode()])


class Piece:
    """One block of a wrapper, whose ports begin with the block's name: `piece.s_valid` is NAME_s_valid."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ports: dict[str, SimHandleBase] = {}

    def parameter(self, name: str, default: int | None = None) -> int:
        """A parameter that the bench sets. Raises KeyError when it does not and there is no default."""
        parameters = PIECES[self._name]["parameters"]
        return parameters[name] if default is None else parameters.get(name, default)

    def port(self, name: str) -> SimHandleBase:
        """Its handle."""
        if name not in self._ports:
            self._ports[name] = getattr(cocotb.top, f"{self._name}_{name}")
        return self._ports[name]

    __getattr__ = port

    def drive(self, **values: int) -> None:
        """Set input ports; they change after the current clock edge."""
        for name, value in values.items():
            self.port(name).value = int(value)

    def read(self, *ports: str) -> list[int]:
        """Return output ports as unsigned integers; after a clock edge was awaited: as they were right before it."""
        return [int(self.port(name).value) for name in ports]


async def cycle() -> None:
    """Wait for a clock edge. What is read now was there right before it, what is set now comes right after it."""
    await RisingEdge(cocotb.top.clk)


async def cycles(count: int) -> None:
    """Wait for `count` clock edges, quicker than one by one."""
    await Timer((count - 1) * PERIOD_NS + PERIOD_NS // 2, "ns")
    await cycle()


async def start() -> None:
    """Start the clock, reset for two cycles. Set the inputs before, or they are unknown while in reset."""
    Clock(cocotb.top.clk, PERIOD_NS, unit="ns").start()
    await reset(2)


async def reset(cycles: int = 1) -> None:
    """Assert the reset."""
    cocotb.top.rst.value = 1
    for _ in range(cycles):
        await cycle()
    cocotb.top.rst.value = 0


def pack(values: Iterable[int], width: int) -> int:
    """Return a bus of `width`-bit two's complement values, value i at [i * width +: width]."""
    return sum((int(value) & ((1 << width) - 1)) << index * width for index, value in enumerate(values))


def unpack(bus: int, width: int, count: int, signed: bool = True) -> list[int]:
    """Return the values of a bus."""
    raw = [bus >> index * width & ((1 << width) - 1) for index in range(count)]
    return [value - (1 << width) if signed and value >> width - 1 else value for value in raw]
