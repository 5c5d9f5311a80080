# SPDX-License-Identifier: Apache-2.0
"""The layer agent: its driver runs registers, load, compute and store of one layer through the bench's files."""

from __future__ import annotations

from collections.abc import Callable

import cocotb
import numpy as np
from cocotb.triggers import First, Timer
from pyuvm import uvm_agent, uvm_analysis_port, uvm_sequencer

from tb.common.batch_driver import BatchDriver
from tb.common.hdl_clock import CLOCK_NS, falling_edge, read_int
from tb.layer.broken import BrokenTensor
from tb.layer.items import Descriptor, LayerItem, LayerResult, RegisterWords

_REGISTERS, _LOAD, _COMPUTE, _STORE = range(4)
_WORDS = 65_536  # of a tensor's containers (WORDS of tb_layer.v)
_STALLS = {  # cause: port of tb_layer.v
    "output_drain": "stalls",
    "weight_fetch": "stall_weight_fetch",
    "activation_fetch": "stall_activation_fetch",
    "reduce": "reduce_cycles",
}


class LayerDriver(BatchDriver):
    """Runs one LayerItem: five commands, each one wake of Python."""

    def build_phase(self) -> None:
        super().build_phase()
        self.finished = uvm_analysis_port("finished", self)
        self.read = 0  # bytes of out.bin already seen
        self.on_start: Callable[[LayerItem], None] = lambda item: None

    def quiet(self) -> None:
        """No command, nothing to load."""
        super().quiet()
        bench = cocotb.top
        for signal in (bench.command, bench.count, bench.entries, bench.descriptor, bench.stalls_on):
            signal.value = 0

    async def play(self, item: LayerItem) -> None:
        """Run a layer, or the part of it before its reset."""
        self.on_start(item)
        await self._run(item)
        self.finished.write(item)

    async def _run(self, item: LayerItem) -> None:
        config, formats, bench = self.context.config, item.formats, cocotb.top
        bench.stalls_on.value = int(item.stalls)
        if item.new_weights:
            await self._registers(item)
        if item.broken is not None:
            await self._refused(item, item.broken)
            return
        if item.new_weights:
            weights = Descriptor(item.engine_weights(config).bricks.size, True, 0, True)
            await self._load(weights, item.weight_words(config))
        acts = Descriptor(item.input_count(config), formats.signed, formats.n_low, False)
        words = item.input_words(config)
        if not await self._phase(item, "load", self._load(acts, words)):
            return
        load_cycles = read_int(bench.phase_cycles)
        if not await self._phase(item, "compute", self._command(_COMPUTE)):
            return
        if not await self._phase(item, "store", self._command(_STORE)):
            return
        item.result = self._result(self._stored(), load_cycles)

    async def _refused(self, item: LayerItem, tensor: BrokenTensor) -> None:
        """Load a tensor that does not load; reset, without which the engine would go on reporting it."""
        params = tensor.params
        descriptor = Descriptor(tensor.count, params.signed, params.n_low, tensor.tensor == "weights")
        await self._load(descriptor, tensor.words)
        item.result = self._result(np.zeros(0, np.uint64), read_int(cocotb.top.phase_cycles))
        await falling_edge()
        await self.reset(1)

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
        """Write registers, biases and the precisions of serial weights; of a scrambled item first others."""
        for words in item.scrambled(self.context.config) if item.scramble is not None else ():
            await self._write(words)
        await self._write(item.register_words_of(self.context.config))

    async def _write(self, words: RegisterWords) -> None:
        values = np.concatenate([words.registers, words.biases, words.entries])
        (self.context.run_dir / "registers.bin").write_bytes(values.astype(">u4").tobytes())
        cocotb.top.entries.value = len(words.entries)
        await self._command(_REGISTERS, count=len(words.biases))

    async def _load(self, descriptor: Descriptor, words: np.ndarray) -> None:
        if len(words) > _WORDS:
            raise ValueError(f"{len(words)} words of containers: tb_layer.v holds {_WORDS}")
        (self.context.run_dir / "words.bin").write_bytes(words.astype(">u8").tobytes())
        cocotb.top.descriptor.value = descriptor.value(self.context.config.p)
        await self._command(_LOAD, count=len(words))

    async def _command(self, command: int, count: int = 0) -> None:
        await falling_edge()
        self.go += 1
        cocotb.top.command.value = command
        cocotb.top.count.value = count
        cocotb.top.go.value = self.go
        await self.ended(f"command {command}")

    async def _phase(self, item: LayerItem, name: str, work) -> bool:
        """Run a phase, or cut it by a reset; return whether it ran to its end."""
        if item.reset_in != name:
            await work
            return True
        task = cocotb.start_soon(work)
        await First(task, Timer((item.reset_after + 2) * CLOCK_NS, "ns"))
        item.cut_under_way = not task.done()
        await falling_edge()
        await self.reset()
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
