# SPDX-License-Identifier: Apache-2.0
"""The driver of a bench that plays whole batches by itself: Python wakes once a batch, not once a cycle."""

from __future__ import annotations

from typing import Any

import cocotb
from cocotb.triggers import Timer
from pyuvm import ConfigDB, uvm_driver

from tb.common.hdl_clock import CLOCK_NS, wait_done

_FIRST_RESET = 5  # cycles before the first item
_WATCHDOG_CYCLES = 400_000  # of one batch; knob "watchdog"


class BatchDriver(uvm_driver):
    """Resets the bench, then plays item after item until one does not end. What an item is, `play` says."""

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.checks = ConfigDB().get(self, "", "CHECKS")
        self.watchdog = self.context.knob("watchdog", _WATCHDOG_CYCLES)
        self.go = 0
        self.resets = 0
        self.stuck = False  # an item did not end: those that follow are not played

    async def run_phase(self) -> None:
        self.quiet()
        await self.reset(_FIRST_RESET)
        while True:
            item = await self.seq_item_port.get_next_item()
            if not self.stuck:
                await self.play(item)
            self.seq_item_port.item_done()

    def quiet(self) -> None:
        """Give the inputs that matter the values that they have before the first item."""
        cocotb.top.go.value = 0

    async def play(self, item: Any) -> None:
        """Play an item to its end."""
        raise NotImplementedError

    async def ended(self, what: str) -> bool:
        """Wait until the bench has done what `go` asked for. Return False, with a failed check, when it does not."""
        if await wait_done(cocotb.top.done, self.go, self.watchdog):
            return True
        self.checks.fail(f"{what} did not end within {self.watchdog} cycles")
        return False

    async def reset(self, cycles: int | None = None) -> None:
        """Assert reset, at a falling clock edge, for `cycles`; None: for one, two or three cycles in turn.

        One is the shortest that the contract allows: what is under way must not outlive it in any stage.
        """
        if cycles is None:
            cycles = 1 + self.resets % 3
            self.resets += 1
        cocotb.top.rst.value = 1
        await Timer(cycles * CLOCK_NS, "ns")
        cocotb.top.rst.value = 0
