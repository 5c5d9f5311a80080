# SPDX-License-Identifier: Apache-2.0
"""The tile agent. Active: a driver plays batches through the bench's files. Passive: only the monitor, on another's tile."""

from __future__ import annotations

from pathlib import Path

import cocotb
from cocotb.triggers import Timer, ValueChange
from pyuvm import ConfigDB, uvm_active_passive_enum, uvm_agent, uvm_analysis_port, uvm_monitor, uvm_sequencer

from tb.common.batch_driver import BatchDriver
from tb.common.hdl_clock import CLOCK_NS, falling_edge, read_int
from tb.common.transactions import local_name
from tb.tile.items import TileBatch, TileItem
from tb.tile.record import TraceRecord
from tb.tile.trace import COUNTERS, OVERLAPS, parse_trace, ready_bytes, stimulus_bytes


class TileDriver(BatchDriver):
    """Plays one item a wake: expands it to a batch, writes its files, changes `go`, sleeps until `done` follows."""

    def build_phase(self) -> None:
        super().build_phase()
        self.sent = uvm_analysis_port("sent", self)

    async def play(self, item: TileItem) -> None:
        """Play an item as a batch, or the part of it before its reset."""
        await self._play(item.expand(self.context.config))

    async def _play(self, item: TileBatch) -> None:
        bench, folder, bits = cocotb.top, self.context.run_dir, self.context.config.p
        (folder / "stim.bin").write_bytes(stimulus_bytes(item.steps, bits))
        (folder / "ready.bin").write_bytes(ready_bytes(item.ready))
        if item.memory is not None:
            (folder / "weights.bin").write_bytes(item.memory.file_bytes(self.context.config))
            bench.first_word.value = item.memory.first
        await falling_edge()
        self.go += 1
        bench.records.value = len(item.steps)
        bench.new_weights.value = int(item.memory is not None)
        bench.cfg_static.value = int(item.mode.static)
        bench.cfg_n_h.value = item.mode.n_high
        bench.cfg_serial.value = int(item.mode.serial)
        bench.cfg_pool.value = int(item.mode.pool)
        bench.cfg_slices.value = item.mode.slices
        bench.go.value = self.go
        self.sent.write(item)
        if item.reset_after is not None:
            await Timer(item.reset_after * CLOCK_NS, "ns")
            await self.reset(item.reset_cycles)
        else:
            self.stuck = not await self.ended(f"batch {self.go}")


class TileMonitor(uvm_monitor):
    """Publishes a TileTrace each time the bench has flushed the monitor's files."""

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.seen = uvm_analysis_port("seen", self)
        self.files: dict[str, int] = {"inputs.bin": 0, "steps.bin": 0, "sums.bin": 0}
        ports = {**COUNTERS, OVERLAPS: OVERLAPS}
        self.counters = {cause: getattr(cocotb.top, port) for cause, port in ports.items() if hasattr(cocotb.top, port)}
        name = local_name(self.get_parent().get_full_name())
        self.record = TraceRecord(ConfigDB().get(self, "", "TRANSACTIONS"), name, self.context.config, list(self.counters))

    def _new(self, name: str) -> bytes:
        path: Path = self.context.run_dir / name
        with path.open("rb") as file:
            file.seek(self.files[name])
            data = file.read()
        self.files[name] += len(data)
        return data

    async def run_phase(self) -> None:
        while True:
            await ValueChange(cocotb.top.done)
            if cocotb.top.done.value.is_resolvable and int(cocotb.top.done.value):  # not the X to 0 at time 0
                self.publish()

    def publish(self) -> None:
        """Read what is new in the files and hand it on."""
        trace = parse_trace(*(self._new(name) for name in self.files), self.context.config)
        trace.start = read_int(cocotb.top.start)
        trace.counters = {cause: read_int(port) for cause, port in self.counters.items()}
        self.record.add(trace)
        self.seen.write(trace)


class TileAgent(uvm_agent):
    """Sequencer and driver when active, monitor always."""

    def build_phase(self) -> None:
        super().build_phase()
        self.monitor = TileMonitor("monitor", self)
        if self.active():
            self.sequencer = uvm_sequencer("sequencer", self)
            self.driver = TileDriver("driver", self)

    def connect_phase(self) -> None:
        if self.active():
            self.driver.seq_item_port.connect(self.sequencer.seq_item_export)

    def active(self) -> bool:
        """Whether this agent drives; `is_active` in ConfigDB says so."""
        return self.get_is_active() == uvm_active_passive_enum.UVM_ACTIVE
