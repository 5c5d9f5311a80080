# SPDX-License-Identifier: Apache-2.0
"""The base of the codec's tests: clock, reset, sending with both ends in step, draining with a watchdog, and the verdict's
last entries (one tlast a tensor, the digest of the stimulus)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

import cocotb
from cocotb.triggers import ClockCycles, First
from pyuvm import ConfigDB

from tb.codec.agents import ResetDriver
from tb.codec.env import CodecEnv
from tb.codec.items import StreamItem, TensorItem
from tb.codec.sequences import descriptors, send
from tb.codec.stalls import StallControl
from tb.common.base_test import DprTest

HANG_CYCLES = 2000  # no beat on any stream for so long: nothing takes that long, not even under the worst stalls
_POLL = 8
_LOOKS = 2  # that must find nothing under way
DIGEST_FILE = "stimulus.json"


class CodecTest(DprTest):
    """Base of the codec's tests. `env_type` is what it builds; `stimulus` runs between power-up and the final drain."""

    env_type: type[CodecEnv]

    def build_phase(self) -> None:
        super().build_phase()
        self.stalls = StallControl()
        ConfigDB().set(None, "*", "STALLS", self.stalls)
        self.reset = ResetDriver.create("reset", self)
        self.env = self.env_type.create("env", self)
        self.sent = 0
        self.digest = hashlib.sha256()

    def connect_phase(self) -> None:
        self.reset.on_reset = self.env.flush

    async def body(self) -> None:
        await self.reset.power_up()
        exercise = cocotb.start_soon(self._exercise())
        await First(exercise, cocotb.start_soon(self._hang()))
        if not exercise.done():
            self.checks.fail(f"no beat on any stream for {HANG_CYCLES} cycles with tensors under way: the design hangs")
            exercise.cancel()
        self.cycles = self.env.agents[0].checker.cycle
        self._check_lasts()
        facts = {"stimulus": self.digest.hexdigest(), "cycles": self.cycles}
        (self.context.run_dir / DIGEST_FILE).write_text(json.dumps(facts, indent=1))

    async def _exercise(self) -> None:
        await self.stimulus()
        await self.drain()
        self.env.sample_streams()

    async def stimulus(self) -> None:
        """What the test sends."""
        raise NotImplementedError

    def drawn(self, generators: dict[str, Callable], amounts: dict[str, int]) -> list[TensorItem | StreamItem]:
        """Return the items of the generators named in `amounts`, each with its own stream of random numbers.

        amounts: how much of each; the test list changes it by a knob of the generator's name.
        """
        items = []
        for name, amount in amounts.items():
            items += generators[name](self.context.rng(name), self.context.config, self.context.knob(name, amount))
        return items

    async def send(self, items: Sequence[TensorItem | StreamItem], late: int = 0) -> None:
        """Send items, and their descriptors beside them if the bench takes descriptors; returns when the drivers have all.

        late: the descriptors start that many cycles after the tensors.
        """
        for item in items:
            self.digest.update(item.digest())
        self.sent += len(items)
        main = self.env.words if isinstance(items[0], StreamItem) else self.env.groups
        tasks = [cocotb.start_soon(send(main.sequencer, items))]
        if hasattr(self.env, "descriptors"):
            if late:
                await ClockCycles(cocotb.top.clk, late)
            tasks.append(cocotb.start_soon(send(self.env.descriptors.sequencer, descriptors(items))))
        for task in tasks:
            await task

    async def drain(self) -> None:
        """Wait until everything sent has come out and was compared.

        A beat that the source sets up at the very edge of a look is in neither place yet: the next look sees it.
        """
        quiet = 0
        while quiet < _LOOKS:
            await ClockCycles(cocotb.top.clk, _POLL)
            quiet = quiet + 1 if self.env.idle() else 0

    async def _hang(self) -> None:
        """Return when nothing has moved for HANG_CYCLES although something should."""
        quiet = before = 0
        while quiet < HANG_CYCLES:
            await ClockCycles(cocotb.top.clk, _POLL)
            beats = self.env.beats()
            quiet = 0 if self.env.idle() or beats != before else quiet + _POLL
            before = beats

    def _check_lasts(self) -> None:
        """Since the last reset every tensor has ended once at the input and once at the output."""
        self.checks.equal("tlast beats at the output", self.env.main_output.frames, self.env.main_input.frames)
