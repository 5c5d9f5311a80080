# SPDX-License-Identifier: Apache-2.0
"""The environment of tb_codec_soak.v: a driver and a monitor that wake once a batch, a scoreboard over whole arrays."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.triggers import Timer, ValueChange
from pyuvm import ConfigDB, uvm_agent, uvm_analysis_port, uvm_component, uvm_env, uvm_monitor, uvm_sequencer

from models.config import GROUP
from tb.codec.soak import Beats, SoakBatch, parse_groups, parse_words
from tb.common.batch_driver import BatchDriver
from tb.common.hdl_clock import CLOCK_NS, falling_edge, read_int
from tb.tile.subscriber import Caller


class SoakDriver(BatchDriver):
    """Plays one batch a wake: writes its files, changes `go`, sleeps until `done` follows; a reset may come before."""

    def build_phase(self) -> None:
        super().build_phase()
        self.sent = uvm_analysis_port("sent", self)

    def quiet(self) -> None:
        """Nothing to do, and a seed that a shift register can start from."""
        super().quiet()
        bench = cocotb.top
        for signal in (bench.groups, bench.tensors, bench.stall_in, bench.stall_desc, bench.stall_out, bench.bursts):
            signal.value = 0
        bench.seed.value = 1

    async def play(self, batch: SoakBatch) -> None:
        """Play a batch, or the part of it before its reset."""
        bench, folder = cocotb.top, self.context.run_dir
        (folder / "groups.bin").write_bytes(batch.group_bytes(self.context.config))
        (folder / "descriptors.bin").write_bytes(batch.descriptor_bytes())
        await falling_edge()
        self.go += 1
        bench.groups.value = batch.groups
        bench.tensors.value = len(batch.tensors)
        bench.seed.value = batch.seed
        bench.stall_in.value = batch.stalls.groups_in
        bench.stall_desc.value = batch.stalls.descriptors
        bench.stall_out.value = batch.stalls.groups_out
        bench.bursts.value = int(batch.stalls.bursts)
        bench.go.value = self.go
        self.sent.write(batch)
        if batch.reset_after is not None:
            await Timer((batch.reset_after + 3) * CLOCK_NS, "ns")
            await self.reset(3)
        else:
            self.stuck = not await self.ended(f"batch {self.go}")


class SoakMonitor(uvm_monitor):
    """Publishes (in, words, out) each time the bench has flushed its files; adds them to the run's transactions."""

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.seen = uvm_analysis_port("seen", self)
        self.read = dict.fromkeys(("in.bin", "words.bin", "out.bin"), 0)
        transactions = ConfigDB().get(self, "", "TRANSACTIONS")
        self.streams = [
            transactions.stream("groups in", control=1, values=GROUP),
            transactions.stream("words", tlast=1, word=1),
            transactions.stream("groups out", control=1, values=GROUP),
        ]

    async def run_phase(self) -> None:
        while True:
            await ValueChange(cocotb.top.done)
            if cocotb.top.done.value.is_resolvable and int(cocotb.top.done.value):
                self._publish()

    def _publish(self) -> None:
        groups_in, words, groups_out = (self._new(name) for name in self.read)
        config = self.context.config
        beats = parse_groups(groups_in, config), parse_words(words), parse_groups(groups_out, config)
        for stream, part in zip(self.streams, beats, strict=True):
            stream.extend(part.cycle, part.control, part.data.view(np.int64))
        self.seen.write(beats)

    def _new(self, name: str) -> bytes:
        with (self.context.run_dir / name).open("rb") as file:
            file.seek(self.read[name])
            data = file.read()
        self.read[name] += len(data)
        return data


class SoakAgent(uvm_agent):
    """Sequencer, driver, monitor."""

    def build_phase(self) -> None:
        super().build_phase()
        self.sequencer = uvm_sequencer("sequencer", self)
        self.driver = SoakDriver("driver", self)
        self.monitor = SoakMonitor("monitor", self)

    def connect_phase(self) -> None:
        self.driver.seq_item_port.connect(self.sequencer.seq_item_export)


class SoakScoreboard(uvm_component):
    """Every word between the halves against the model, every group that comes out against what went in, trimmed.

    A batch that a reset cut has to be right as far as it got.
    """

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.checks = ConfigDB().get(self, "", "CHECKS")
        self.sent: list[SoakBatch] = []
        self.groups = self.scored = 0
        ConfigDB().get(self, "", "LEFTOVERS").append(self._left_over)
        self.batches = Caller("batches", self, self.sent.append)
        self.beats = Caller("beats", self, self._score)

    def _left_over(self) -> str:
        return f"{len(self.sent)} batches were sent and never seen" if self.sent else ""

    def _score(self, beats: tuple[Beats, Beats, Beats]) -> None:
        batch, (groups_in, words, groups_out) = self.sent.pop(0), beats
        self.scored += 1
        self._score_groups("in", batch, groups_in, batch.values(), batch.per_group(batch.settings()))
        expected, lasts = batch.words()
        self._equal(batch, "words", words.data, expected)
        self._equal(batch, "tlast of words", words.control == 1, lasts)
        self._score_groups("out", batch, groups_out, batch.trimmed(), np.zeros(batch.groups, np.int64))
        self.checks.equal("beats withdrawn or changed while they waited", read_int(cocotb.top.broken), 0)
        self.groups += len(groups_out.cycle)

    def _score_groups(self, side: str, batch: SoakBatch, seen: Beats, values: np.ndarray, user: np.ndarray) -> None:
        """Compare the beats of a stream of groups."""
        mask = (1 << self.context.config.p) - 1
        self._equal(batch, f"values {side} [group, lane]", seen.data, values & mask)
        self._equal(batch, f"tkeep {side}", seen.keep, batch.keep())
        self._equal(batch, f"tlast {side}", seen.last, batch.lasts())
        self._equal(batch, f"tuser {side}", seen.user, user)

    def _equal(self, batch: SoakBatch, what: str, actual: np.ndarray, expected: np.ndarray) -> None:
        """Compare all beats; of a batch that was cut those that were seen."""
        if batch.reset_after is not None:
            expected = expected[: len(actual)]
        self.checks.equal(f"batch {self.scored}: {what}", actual, expected)


class SoakEnv(uvm_env):
    """Agent and scoreboard."""

    def build_phase(self) -> None:
        self.agent = SoakAgent("agent", self)
        self.scoreboard = SoakScoreboard("scoreboard", self)

    def connect_phase(self) -> None:
        self.agent.driver.sent.connect(self.scoreboard.batches.analysis_export)
        self.agent.monitor.seen.connect(self.scoreboard.beats.analysis_export)
