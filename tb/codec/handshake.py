# SPDX-License-Identifier: Apache-2.0
"""The rules of a valid/ready stream, checked in every cycle of every stream (docs/architecture.md, section 5)."""

from __future__ import annotations

from dataclasses import dataclass, field

import cocotb
from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_time
from pyuvm import ConfigDB, uvm_component

from tb.codec.axis import BeatBus, cycle_at
from tb.common.transactions import local_name


class HandshakeRules:
    """The rules alone, a cycle a call: once offered, a beat stays, unchanged, until it is taken; nothing is unknown."""

    def __init__(self) -> None:
        self._offered: tuple[str, ...] | None = None

    def restart(self) -> None:
        """Forget the beat on offer: the stream is in reset."""
        self._offered = None

    def step(self, valid: str, ready: str, payload: tuple[str, ...] | None) -> str:
        """Return the rule broken in this cycle, or "".

        valid, ready: "0", "1" or what is no value. payload: bit strings, needed when valid is "1" and a beat is or was stalled.
        """
        offered, self._offered = self._offered, None
        if valid not in "01" or ready not in "01":
            return f"tvalid is {valid}, tready is {ready}"
        if valid == "1" and ready == "0":
            self._offered = payload
        if offered is None:
            return ""
        if valid == "0":
            return "tvalid fell before tready rose"
        return "" if payload == offered else f"the payload changed while stalled from {offered} to {payload}"

    @property
    def stalled(self) -> bool:
        """Whether a beat was refused in the last cycle."""
        return self._offered is not None


@dataclass
class Progress:
    """What has passed on a stream since the last reset. beats: the cycle of every beat."""

    beats: list[int] = field(default_factory=list)
    frames: int = 0
    in_frame: int = 0  # beats of the frame that is under way
    refused: bool = False  # whether there was a cycle with valid, without ready
    awaited: bool = False  # whether there was one with ready, without valid

    def step(self, cycle: int, valid: str, ready: str, ends: bool) -> bool:
        """Take note of a cycle; return whether a beat has passed. ends: the beat is the last of its frame."""
        self.refused |= valid == "1" and ready == "0"
        self.awaited |= valid == "0" and ready == "1"
        if valid != "1" or ready != "1":
            return False
        self.beats.append(cycle)
        self.in_frame = 0 if ends else self.in_frame + 1
        self.frames += ends
        return True


class HandshakeChecker(uvm_component):
    """Watches one stream, touches nothing. `prefix` is set by the agent; `progress` serves throughput and reset tests."""

    prefix = ""
    progress: Progress  # since the last reset: there is none before the first one

    def build_phase(self) -> None:
        self.checks = ConfigDB().get(self, "", "CHECKS")
        name = f"{local_name(self.get_parent().get_full_name())} beats"
        self.stream = ConfigDB().get(self, "", "TRANSACTIONS").stream(name)
        self.bus = BeatBus(self.prefix)
        self.rules = HandshakeRules()
        self.cycle = 0

    async def run_phase(self) -> None:
        edge = RisingEdge(cocotb.top.clk)
        while True:
            await edge
            self.cycle += 1
            if str(cocotb.top.rst.value) != "0":
                self.rules.restart()
                self.progress = Progress()
            else:
                self._step(str(self.bus.tvalid.value), str(self.bus.tready.value))

    def _step(self, valid: str, ready: str) -> None:
        payload = self.bus.payload() if valid == "1" and (ready == "0" or self.rules.stalled) else None
        broken = self.rules.step(valid, ready, payload)
        if broken:
            self.checks.fail(f"{self.get_full_name()}: {self.prefix}: cycle {self.cycle}: {broken}")
        if self.progress.step(self.cycle, valid, ready, valid == ready == "1" and self._ends()):
            self.stream.put(cycle_at(get_sim_time("step")))

    def _ends(self) -> bool:
        """Whether the beat on offer is the last of its frame; without tlast, every one is."""
        return not hasattr(self.bus, "tlast") or str(self.bus.tlast.value) == "1"
