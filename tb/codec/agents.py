# SPDX-License-Identifier: Apache-2.0
"""The agent of a stream. Active: it drives the source or the sink of the stream. Passive: it only watches.

The parts that watch - the monitor and the handshake checker - are there in both modes.
"""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, Timer
from cocotbext.axi import AxiStreamMonitor, AxiStreamSink, AxiStreamSource
from pyuvm import ConfigDB, uvm_agent, uvm_analysis_port, uvm_component, uvm_driver, uvm_monitor, uvm_sequencer

from tb.codec.axis import CLOCK_NS, Beats, cycle_at, endpoint
from tb.codec.handshake import HandshakeChecker, Progress
from tb.common.transactions import local_name, words_of

_QUEUED_FRAMES = 1  # frames a source holds beside the one it sends: enough to send them back to back


class StreamMonitor(uvm_monitor):
    """Publishes every complete frame of a stream as Beats on `ap`."""

    prefix = ""

    def build_phase(self) -> None:
        self.ap = uvm_analysis_port("ap", self)
        self.monitor = endpoint(AxiStreamMonitor, self.prefix)
        self.bits = self.monitor.byte_size  # of tdata, one byte of the library
        name = f"{local_name(self.get_parent().get_full_name())} frames"
        words = -(-self.bits // 64)
        self.stream = ConfigDB().get(self, "", "TRANSACTIONS").stream(name, tdata=words, tkeep=1, tuser=1, left=1)

    async def run_phase(self) -> None:
        while True:
            beats = Beats.of(await self.monitor.recv(compact=False))
            self._record(beats)
            self.ap.write(beats)

    def _record(self, beats: Beats) -> None:
        """Add the beats of a frame to the run's transactions, each with the cycle of the first and the beats left behind it."""
        count = len(beats.data)
        side = [np.array(part or [0] * count) for part in (beats.keep, beats.user)]
        self.stream.extend(
            np.full(count, cycle_at(beats.start)), words_of(beats.data, self.bits), *side, np.arange(count)[::-1]
        )


class SourceDriver(uvm_driver):
    """Sends items' frames; publishes each item on `sent` when the source has it. An item with a profile sets the stalls."""

    prefix = ""

    def build_phase(self) -> None:
        self.sent = uvm_analysis_port("sent", self)
        self.stalls = ConfigDB().get(self, "", "STALLS")
        self.source = endpoint(AxiStreamSource, self.prefix)
        self.source.queue_occupancy_limit_frames = _QUEUED_FRAMES

    async def run_phase(self) -> None:
        while True:
            item = await self.seq_item_port.get_next_item()
            await self.source.send(item.frame())
            if item.profile:
                self.stalls.apply(item.profile)
            self.sent.write(item)
            self.seq_item_port.item_done()


class StreamAgent(uvm_agent):
    """One stream of a bench. Set `prefix` and `drives` ("source" or "sink") before the build phase.

    The agent is active unless ConfigDB says `is_active` = UVM_PASSIVE for it.
    """

    prefix = ""
    drives = "source"

    def build_phase(self) -> None:
        super().build_phase()
        self.monitor = StreamMonitor.create("monitor", self)
        self.checker = HandshakeChecker.create("checker", self)
        self.monitor.prefix = self.checker.prefix = self.prefix
        self.driver = self.sequencer = self.sink = None
        if self.active() and self.drives == "source":
            self.driver = SourceDriver.create("driver", self)
            self.driver.prefix = self.prefix
            self.sequencer = uvm_sequencer.create("sequencer", self)
        elif self.active():
            self.sink = endpoint(AxiStreamSink, self.prefix)

    def connect_phase(self) -> None:
        stalls, context = ConfigDB().get(self, "", "STALLS"), ConfigDB().get(self, "", "CONTEXT")
        rng = context.rng(f"stalls of {self.prefix}")
        if self.driver:
            self.driver.seq_item_port.connect(self.sequencer.seq_item_export)
            stalls.add(self.driver.source, rng)
        if self.sink:
            stalls.add(self.sink, rng)

    @property
    def progress(self) -> Progress:
        """What has passed since the last reset."""
        return self.checker.progress

    def hold_any(self) -> None:
        """Let the source hold any number of frames: nothing of an epoch is left with a driver when a reset strikes."""
        self.driver.source.queue_occupancy_limit_frames = -1

    def clear(self) -> None:
        """Forget what has not been sent, after a reset."""
        if self.driver:
            self.driver.source.clear()

    def idle(self) -> bool:
        """Whether nothing waits to be sent, neither in the source nor, taken from it, on the wires."""
        if self.driver is None:
            return True
        source = self.driver.source
        return source.idle() and source.bus.tvalid.value != 1


class ResetDriver(uvm_component):
    """Drives rst, changing it at falling edges; calls `on_reset` (set by the environment's owner) once it is asserted."""

    def build_phase(self) -> None:
        self.on_reset = lambda: None

    async def power_up(self) -> None:
        """Reset, then start the clock: nobody looks at registers before they have a value."""
        cocotb.top.rst.value = 0
        await Timer(1, "ns")
        cocotb.top.rst.value = 1
        await Timer(1, "ns")
        Clock(cocotb.top.clk, CLOCK_NS, unit="ns").start()
        await self._hold(4)

    async def pulse(self, cycles: int) -> None:
        """Assert rst from the next falling edge on for `cycles` rising edges of the clock."""
        await FallingEdge(cocotb.top.clk)
        cocotb.top.rst.value = 1
        self.on_reset()
        await self._hold(cycles)

    async def _hold(self, cycles: int) -> None:
        await ClockCycles(cocotb.top.clk, cycles)
        await FallingEdge(cocotb.top.clk)
        cocotb.top.rst.value = 0
