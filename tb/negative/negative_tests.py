# SPDX-License-Identifier: Apache-2.0
"""Tests that must end as failed, each for one reason, and one that passes to show that the bench itself is sound.

They belong to no regression; tests/scripts/test_worthless.py runs them and looks at the verdicts.
"""

from __future__ import annotations

import cocotb
import pyuvm
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge

from tb.common.base_test import DprTest

_PERIOD_NS = 10


class _Counted(DprTest):
    """Let the counter count, compare it once."""

    expected = 5

    async def count(self) -> int:
        """Return the counter's value `expected` cycles after the reset."""
        dut = cocotb.top
        Clock(dut.clk, _PERIOD_NS, unit="ns").start()
        dut.rst.value = 1
        await ClockCycles(dut.clk, 2)
        dut.rst.value = 0
        await ClockCycles(dut.clk, _Counted.expected)
        await FallingEdge(dut.clk)
        self.cycles = _Counted.expected + 2
        return int(dut.count.value)

    async def body(self) -> None:
        self.checks.equal("count", await self.count(), self.expected)


@pyuvm.test()
class NegativeControl(_Counted):
    """Nothing is wrong: passes."""


@pyuvm.test()
class NegativeMismatch(_Counted):
    """The expected value is wrong."""

    expected = 6


@pyuvm.test()
class NegativeUnchecked(_Counted):
    """Runs, and compares nothing."""

    async def body(self) -> None:
        await self.count()


@pyuvm.test()
class NegativeTimeless(_Counted):
    """Compares, but no simulated time passes."""

    async def body(self) -> None:
        self.checks.equal("constant", 1, 1)


@pyuvm.test()
class NegativeLeftover(_Counted):
    """All that is compared matches, but something was never consumed."""

    async def body(self) -> None:
        await super().body()
        self.leftovers.append(lambda: "3 groups in the scoreboard")


@pyuvm.test()
class NegativeLogged(_Counted):
    """All that is compared matches, but somebody reported an error."""

    async def body(self) -> None:
        await super().body()
        self.logger.error("something is wrong, and nobody raised it")


@pyuvm.test()
class NegativeRaised(_Counted):
    """The stimulus itself breaks after a good comparison."""

    async def body(self) -> None:
        await super().body()
        raise RuntimeError("the stimulus broke")


@pyuvm.test()
class NegativeForgotten(pyuvm.uvm_test):
    """Not built on the base test: no objection, no verdict."""

    async def run_phase(self) -> None:
        self.logger.info("pyuvm alone lets this pass")


@pyuvm.test()
class NegativeHang(_Counted):
    """Never ends by itself."""

    async def body(self) -> None:
        while True:
            await self.count()
