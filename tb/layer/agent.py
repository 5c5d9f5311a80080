# SPDX-License-Identifier: Apache-2.0
"""The layer agent: its driver runs registers, load, compute and store of one layer through the bench's files."""

from __future__ import annotations

from collections.abc import Callable

import cocotb
import numpy as np
from cocotb.triggers import First, Timer
from pyuvm import ConfigDB, uvm_agent, uvm_analysis_port, uvm_driver, uvm_sequencer

from tb.common.hdl_clock import CLOCK_NS, falling_edge, read_int, wait_done
from tb.layer.items import Descriptor, LayerItem, LayerResult

_REGISTERS, _LOAD, _COMPUTE, _STORE = range(4)
_WATCHDOG_CYCLES = 400_000  # of one command; knob "watchdog"
_STALLS = {  # cause: port of tb_layer.v
    "output_drain": "stalls",
    "weight_fetch": "stall_weight_fetch",
    "activation_fetch": "stall_activation_fetch",
    "reduce": "reduce_cycles",
}


class LayerDriver(uvm_driver):
    """Runs one LayerItem: five commands, each one wake of Python."""

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.checks = ConfigDB().get(self, "", "CHECKS")
        self.finished = uvm_analysis_port("finished", self)
        self.watchdog = self.context.knob("watchdog", _WATCHDOG_CYCLES)
        self.go = 0
        self.read = 0  # bytes of out.bin already seen
        self.on_start: Callable[[LayerItem], None] = lambda item: None

    async def run_phase(self) -> None:
        bench = cocotb.top
        for signal in (bench.go, bench.command, bench.count, bench.entries, bench.descriptor, bench.stalls_on):
            signal.value = 0
        await self._reset(4)
        while True:
            item = await self.seq_item_port.get_next_item()
            self.on_start(item)
            await self._run(item)
            self.finished.write(item)
            self.seq_item_port.item_done()

    async def _reset(self, cycles: int) -> None:
        cocotb.top.rst.value = 1
        await Timer(cycles * CLOCK_NS, "ns")
        await falling_edge()
        cocotb.top.rst.value = 0

    async def _run(self, item: LayerItem) -> None:
        config, formats, bench = self.context.config, item.formats, cocotb.top
        bench.stalls_on.value = int(item.stalls)
        if item.new_weights:
            await self._registers(item)
            weights = Descriptor(item.engine_weights(config).bricks.size, True, 0, True)
            await self._load(weights, item.weight_words(config))
        acts = Descriptor(item.input_count(config), formats.signed, formats.n_low, False)
        words = item.input_words(config)
        if not await self._phase(item, "load", self._load(acts, words)):
            return
        load_cycles = read_int(bench.phase_cycles)
        if item.expect_error:
            item.result = self._result(np.zeros(0, np.uint64), load_cycles)
            await self._reset(2)
            return
        if not await self._phase(item, "compute", self._command(_COMPUTE)):
            return
        if not await self._phase(item, "store", self._command(_STORE)):
            return
        item.result = self._result(self._stored(), load_cycles)

    def _stored(self) -> np.ndarray:
        with (self.context.run_dir / "out.bin").open("rb") as file:
            file.seek(self.read)
            data = file.read()
        self.read += len(data)
        return np.frombuffer(data, "<u8")

    def _result(self, words: np.ndarray, load_cycles: int) -> LayerResult:
        bench = cocotb.top
        return LayerResult(
            words=words,
            compute_cycles=read_int(bench.compute_cycles),
            step_cycles=read_int(bench.step_cycles),
            fill_cycles=read_int(bench.fill_cycles),
            stalls={cause: read_int(getattr(bench, port)) for cause, port in _STALLS.items()},
            load_cycles=load_cycles,
            store_cycles=read_int(bench.phase_cycles),
            load_error=read_int(bench.load_error),
            load_overflow=bool(read_int(bench.load_overflow)),
        )

    async def _registers(self, item: LayerItem) -> None:
        """Write registers, biases and the precisions of serial weights."""
        config = self.context.config
        registers, biases, entries = item.register_words(config), item.bias_words(config), item.precision_words(config)
        values = np.concatenate([registers, biases, entries])
        (self.context.run_dir / "registers.bin").write_bytes(values.astype(">u4").tobytes())
        cocotb.top.entries.value = len(entries)
        await self._command(_REGISTERS, count=len(biases))

    async def _load(self, descriptor: Descriptor, words: np.ndarray) -> None:
        (self.context.run_dir / "words.bin").write_bytes(words.astype(">u8").tobytes())
        cocotb.top.descriptor.value = descriptor.value(self.context.config.p)
        await self._command(_LOAD, count=len(words))

    async def _command(self, command: int, count: int = 0) -> None:
        await falling_edge()
        self.go += 1
        cocotb.top.command.value = command
        cocotb.top.count.value = count
        cocotb.top.go.value = self.go
        if not await wait_done(cocotb.top.done, self.go, self.watchdog):
            self.checks.fail(f"command {command} did not end within {self.watchdog} cycles")

    async def _phase(self, item: LayerItem, name: str, work) -> bool:
        """Run a phase, or cut it by a reset; return whether it ran to its end."""
        if item.reset_in != name:
            await work
            return True
        task = cocotb.start_soon(work)
        await First(task, Timer((item.reset_after + 2) * CLOCK_NS, "ns"))
        await falling_edge()
        await self._reset(2)
        await task
        self._stored()  # what came out before the reset is not scored
        return False


class LayerAgent(uvm_agent):
    """Sequencer and driver."""

    def build_phase(self) -> None:
        super().build_phase()
        self.sequencer = uvm_sequencer("sequencer", self)
        self.driver = LayerDriver("driver", self)

    def connect_phase(self) -> None:
        self.driver.seq_item_port.connect(self.sequencer.seq_item_export)
