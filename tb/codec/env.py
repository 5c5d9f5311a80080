# SPDX-License-Identifier: Apache-2.0
"""The environments: compressor, decompressor, both in a loop seen from outside, and the loop made of the first two.

An environment finds its streams by prefix; a test sets prefixes and collectors before the build phase.
"""

from __future__ import annotations

from pyuvm import uvm_active_passive_enum, uvm_analysis_port, uvm_env

from tb.codec.agents import SourceDriver, StreamAgent
from tb.codec.coverage import Collector, DescriptorCoverage, GroupCoverage, StimulusCoverage, StreamCoverage, TensorCoverage
from tb.codec.handshake import Progress
from tb.codec.scoreboards import CodecScoreboard, CompressorScoreboard, DecompressorScoreboard, LoopScoreboard

PASSIVE = uvm_active_passive_enum.UVM_PASSIVE


class CodecEnv(uvm_env):
    """What the three environments share. `main_input` and `main_output` say how far a tensor has come."""

    collectors: tuple[type[Collector], ...] = (TensorCoverage, StimulusCoverage, StreamCoverage)  # what a test can reach
    agents: list[StreamAgent]
    scoreboards: list[CodecScoreboard]

    def agent(self, name: str, prefix: str, drives: str) -> StreamAgent:
        """Create an agent on a stream of the bench."""
        agent = StreamAgent.create(name, self)
        agent.prefix, agent.drives = prefix, drives
        return agent

    def add_collectors(self, block: str) -> None:
        """Create the coverage collectors that the test has chosen."""
        self.covers = [kind.create(kind.__name__, self) for kind in self.collectors]
        for cover in self.covers:
            cover.block = block
            cover.streams = tuple(agent.get_name() for agent in self.agents)

    def connect_collectors(self, scored: uvm_analysis_port, driver: SourceDriver | None) -> None:
        """Feed each collector with what it samples."""
        for cover in self.covers:
            if cover.samples in ("scored", "both"):
                scored.connect(cover.analysis_export)
            if cover.samples == "both" and driver:
                driver.sent.connect(cover.sent_export.analysis_export)
            elif cover.samples == "sent" and driver:
                driver.sent.connect(cover.analysis_export)

    def sample_streams(self) -> None:
        """Sample what the handshake checkers have counted since the last reset."""
        for cover in self.covers:
            if cover.samples == "streams":
                for agent in self.agents:
                    cover.sample(agent.get_name(), agent.progress)

    @property
    def main_input(self) -> Progress:
        """Progress of the stream that brings the tensors."""
        raise NotImplementedError

    @property
    def main_output(self) -> Progress:
        """Progress of the stream that takes the results away."""
        raise NotImplementedError

    def pending(self) -> int:
        """Number of frames that wait for their partner in a scoreboard."""
        return sum(board.pending() for board in self.scoreboards)

    def idle(self) -> bool:
        """Whether everything sent has come out and was compared."""
        return self.pending() == 0 and all(agent.idle() and not agent.progress.in_frame for agent in self.agents)

    def beats(self) -> int:
        """Number of beats on all streams since the last reset: while it grows, nothing hangs."""
        return sum(len(agent.progress.beats) for agent in self.agents)

    def flush(self) -> None:
        """The design was reset: forget what is under way."""
        for agent in self.agents:
            agent.clear()
        for board in self.scoreboards:
            board.flush()


class CompressorEnv(CodecEnv):
    """Groups in, words out. `words_prefix` may be a stream inside a larger bench; then make its agent passive."""

    collectors = (*CodecEnv.collectors, GroupCoverage)
    groups_prefix, words_prefix = "s_axis", "m_axis"

    def build_phase(self) -> None:
        self.groups = self.agent("groups", self.groups_prefix, "source")
        self.words = self.agent("words", self.words_prefix, "sink")
        self.scoreboard = CompressorScoreboard.create("scoreboard", self)
        self.agents, self.scoreboards = [self.groups, self.words], [self.scoreboard]
        self.add_collectors("compressor")

    def connect_phase(self) -> None:
        self.groups.monitor.ap.connect(self.scoreboard.exports["groups"])
        self.words.monitor.ap.connect(self.scoreboard.exports["words"])
        self.connect_collectors(self.scoreboard.scored, self.groups.driver)

    @property
    def main_input(self) -> Progress:
        return self.groups.progress

    @property
    def main_output(self) -> Progress:
        return self.words.progress


class DecompressorEnv(CodecEnv):
    """Descriptors and words in, groups out. `words_prefix` may be a stream inside a larger bench."""

    collectors = (*CodecEnv.collectors, DescriptorCoverage, GroupCoverage)
    descriptors_prefix, words_prefix, groups_prefix = "s_desc", "s_axis", "m_axis"

    def build_phase(self) -> None:
        self.descriptors = self.agent("descriptors", self.descriptors_prefix, "source")
        self.words = self.agent("words", self.words_prefix, "source")
        self.groups = self.agent("groups", self.groups_prefix, "sink")
        self.scoreboard = DecompressorScoreboard.create("scoreboard", self)
        self.agents, self.scoreboards = [self.descriptors, self.words, self.groups], [self.scoreboard]
        self.add_collectors("decompressor")

    def connect_phase(self) -> None:
        for agent in self.agents:
            agent.monitor.ap.connect(self.scoreboard.exports[agent.get_name()])
        self.connect_collectors(self.scoreboard.scored, self.words.driver)

    @property
    def main_input(self) -> Progress:
        return self.words.progress

    @property
    def main_output(self) -> Progress:
        return self.groups.progress


class LoopEnv(CodecEnv):
    """Groups in, groups out: compressor and decompressor as one black box."""

    def build_phase(self) -> None:
        self.groups = self.agent("groups", "s_axis", "source")
        self.descriptors = self.agent("descriptors", "s_desc", "source")
        self.groups_out = self.agent("groups_out", "m_axis", "sink")
        self.scoreboard = LoopScoreboard.create("scoreboard", self)
        self.agents, self.scoreboards = [self.groups, self.descriptors, self.groups_out], [self.scoreboard]
        self.add_collectors("loop")

    def connect_phase(self) -> None:
        self.groups.monitor.ap.connect(self.scoreboard.exports["groups_in"])
        self.groups_out.monitor.ap.connect(self.scoreboard.exports["groups_out"])
        self.connect_collectors(self.scoreboard.scored, self.groups.driver)

    @property
    def main_input(self) -> Progress:
        return self.groups.progress

    @property
    def main_output(self) -> Progress:
        return self.groups_out.progress


class WatchedLoopEnv(CodecEnv):
    """The compressor's and the decompressor's environment, whole, around the loop: their agents on the middle are passive."""

    def build_phase(self) -> None:
        self.compressor = CompressorEnv.create("compressor", self)
        self.decompressor = DecompressorEnv.create("decompressor", self)
        self.compressor.collectors = (TensorCoverage, StimulusCoverage)
        self.decompressor.collectors = (TensorCoverage,)
        self.covers = []
        for block in (self.compressor, self.decompressor):
            block.words_prefix = "mid_axis"
            self.cdb_set("is_active", uvm_active_passive_enum.UVM_PASSIVE, f"{block.get_name()}.words")

    def connect_phase(self) -> None:
        self.groups, self.descriptors = self.compressor.groups, self.decompressor.descriptors
        self.agents = self.compressor.agents + self.decompressor.agents
        self.scoreboards = [self.compressor.scoreboard, self.decompressor.scoreboard]

    @property
    def main_input(self) -> Progress:
        return self.compressor.main_input

    @property
    def main_output(self) -> Progress:
        return self.decompressor.main_output
