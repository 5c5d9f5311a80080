# SPDX-License-Identifier: Apache-2.0
"""The tile agent. Active: a driver plays batches through the bench's files. Passive: only the monitor, on another's tile."""

from __future__ import annotations

from pathlib import Path

import cocotb
from cocotb.triggers import Timer, ValueChange
from pyuvm import ConfigDB, uvm_active_passive_enum, uvm_agent, uvm_analysis_port, uvm_driver, uvm_monitor, uvm_sequencer

from tb.common.hdl_clock import CLOCK_NS, falling_edge, read_int, wait_done
from tb.common.transactions import local_name
from tb.tile.items import TileBatch
from tb.tile.record import TraceRecord
from tb.tile.trace import COUNTERS, OVERLAPS, parse_trace, ready_bytes, stimulus_bytes

_WATCHDOG_CYCLES = 400_000  # of one batch; knob "watchdog"


class TileDriver(uvm_driver):
    """Plays one item a wake: expands it to a batch, writes its files, changes `go`, sleeps until `done` follows."""

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.checks = ConfigDB().get(self, "", "CHECKS")
        self.sent = uvm_analysis_port("sent", self)
        self.watchdog = self.context.knob("watchdog", _WATCHDOG_CYCLES)
        self.go = 0
        self.resets = 0
        self.stuck = False  # a batch did not end: those that follow are not played

    async def run_phase(self) -> None:
        bench = cocotb.top
        bench.rst.value = 1
        bench.go.value = 0
        await Timer(4 * CLOCK_NS, "ns")
        await falling_edge()
        bench.rst.value = 0
        while True:
            item = await self.seq_item_port.get_next_item()
            if not self.stuck:
                await self._play(item.expand(self.context.config))
            self.seq_item_port.item_done()

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
            await self._reset(item.reset_after, item.reset_cycles)
        elif not await wait_done(bench.done, self.go, self.watchdog):
            self.stuck = True
            self.checks.fail(f"batch {self.go} did not end within {self.watchdog} cycles")

    async def _reset(self, after: int, cycles: int | None) -> None:
        """Assert reset `after` cycles, at a falling clock edge, for `cycles`; None: for one, two or three cycles in turn.

        One is the shortest that the contract allows: what is under way must not outlive it in any stage.
        """
        await Timer(after * CLOCK_NS, "ns")
        cocotb.top.rst.value = 1
        await Timer((cycles or 1 + self.resets % 3) * CLOCK_NS, "ns")
        self.resets += 1
        cocotb.top.rst.value = 0


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
