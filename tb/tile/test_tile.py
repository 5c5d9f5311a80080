# SPDX-License-Identifier: Apache-2.0
"""The tile environment and its tests."""

from __future__ import annotations

import json
import time

import pyuvm
from pyuvm import ConfigDB, uvm_active_passive_enum, uvm_env

from tb.common.base_test import DprTest
from tb.tile.agent import TileAgent
from tb.tile.coverage import TileCoverage
from tb.tile.scoreboard import TileScoreboard
from tb.tile.sequences import ContractSequence, CornerSequence, RandomSequence, ResetSequence, SpeedSequence, TileSequence


class TileEnv(uvm_env):
    """Agent, scoreboard, coverage."""

    def build_phase(self) -> None:
        self.agent = TileAgent("agent", self)
        self.scoreboard = TileScoreboard("scoreboard", self)
        self.coverage = TileCoverage("coverage", self)

    def connect_phase(self) -> None:
        self.agent.monitor.seen.connect(self.scoreboard.trace_export.analysis_export)
        self.agent.monitor.seen.connect(self.coverage.analysis_export)
        if self.agent.active():
            self.agent.driver.sent.connect(self.scoreboard.batch_export.analysis_export)
            self.agent.driver.sent.connect(self.coverage.batch_export.analysis_export)


class TileTest(DprTest):
    """Runs one sequence on an active agent."""

    sequence: type[TileSequence]

    def build_phase(self) -> None:
        super().build_phase()
        ConfigDB().set(None, "*", "is_active", uvm_active_passive_enum.UVM_ACTIVE)
        self.env = TileEnv("env", self)

    async def body(self) -> None:
        await self.sequence(type(self).__name__).start(self.env.agent.sequencer)
        self.cycles = self.env.scoreboard.cycles


@pyuvm.test()
class TileRandom(TileTest):
    sequence = RandomSequence


@pyuvm.test()
class TileCorners(TileTest):
    sequence = CornerSequence


@pyuvm.test()
class TileReset(TileTest):
    sequence = ResetSequence


@pyuvm.test()
class TileContract(TileTest):
    """Gaps of 0 and an output that is always taken make the timing model the cycle contract itself."""

    sequence = ContractSequence


@pyuvm.test()
class TileSpeed(TileTest):
    """The whole environment on long batches; writes cycles and seconds for `make bench`."""

    sequence = SpeedSequence

    async def body(self) -> None:
        begin = time.perf_counter()
        await super().body()
        seconds = time.perf_counter() - begin
        (self.context.run_dir / "speed.json").write_text(json.dumps({"cycles": self.cycles, "seconds": seconds}))
