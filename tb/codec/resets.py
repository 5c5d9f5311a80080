# SPDX-License-Identifier: Apache-2.0
"""Resets in the middle of tensors, in a phase that is recognised on the pins alone."""

from __future__ import annotations

from collections.abc import Sequence

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge

from tb.codec.base import CodecTest
from tb.codec.coverage import ResetCoverage, reset_name
from tb.codec.env import CodecEnv
from tb.codec.items import StreamItem, TensorItem
from tb.codec.stalls import PROFILES

_PATIENCE = 4000  # cycles within which a phase must come
_DRAINING = 8  # words of a stream with a bad first header, after which the decompressor only drops


def phase_of(env: CodecEnv, malformed: bool) -> str:
    """Return what the design does to its oldest tensor.

    "idle": nothing; "header": it has begun to take it, nothing has come out; "codes": results come out, input goes on;
    "flush": all input is in; "drain": the tensor is malformed from its first container on and its words are dropped.
    """
    into, out = env.main_input, env.main_output
    if into.frames == out.frames and not into.in_frame:
        return "idle"
    if into.frames > out.frames:
        return "flush"
    if malformed and into.in_frame >= _DRAINING:
        return "drain"
    return "codes" if out.in_frame else "header"


class ResetTest(CodecTest):
    """Resets in every phase under all stalls in turn, `rounds` times; after each one a tensor must pass unharmed.

    A subclass provides tensors.
    """

    phases: tuple[str, ...] = ("idle", "header", "codes", "flush")
    block = ""

    def build_phase(self) -> None:
        super().build_phase()
        self.env.collectors = ()
        self.reset_coverage = ResetCoverage.create("reset_coverage", self)
        self.reset_coverage.block, self.reset_coverage.phases = self.block, self.phases

    def victims(self, phase: str) -> Sequence[TensorItem | StreamItem]:
        """Return the tensors that the reset interrupts: long ones."""
        raise NotImplementedError

    def survivors(self) -> Sequence[TensorItem | StreamItem]:
        """Return the tensors that follow the reset."""
        raise NotImplementedError

    async def stimulus(self) -> None:
        for agent in self.env.agents:
            if agent.driver:
                agent.hold_any()
        rng = self.context.rng("resets")
        for turn in range(self.context.knob("rounds", len(PROFILES))):
            for phase in self.phases:
                await self._interrupt(phase, list(PROFILES)[turn % len(PROFILES)], rng)
                await self.send(self._under_stalls(self.survivors(), str(rng.choice(list(PROFILES)))))
                await self.drain()

    async def _interrupt(self, phase: str, profile: str, rng: np.random.Generator) -> None:
        if phase == "idle":
            self.stalls.apply(profile)
        else:
            await self.send(self._under_stalls(self.victims(phase), profile))
        if not await self._reach(phase, int(rng.integers(1, 6))):
            self.checks.fail(f"the design was not seen in phase {phase!r} within {_PATIENCE} cycles")
        self.reset_coverage.write(reset_name(phase, profile))
        await self.reset.pulse(int(rng.integers(1, 4)))

    @staticmethod
    def _under_stalls(items: Sequence, profile: str) -> Sequence:
        for item in items:
            item.profile = profile
        return items

    async def _reach(self, phase: str, cycles: int) -> bool:
        """Wait until the design has spent `cycles` cycles in a phase and is in it; return whether that came about."""
        for _ in range(_PATIENCE):
            await FallingEdge(cocotb.top.clk)
            cycles -= phase_of(self.env, "drain" in phase) == phase
            if cycles <= 0 and phase_of(self.env, "drain" in phase) == phase:
                return True
        return False
