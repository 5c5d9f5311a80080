# SPDX-License-Identifier: Apache-2.0
"""The layer environment and its tests. The tile inside the engine is watched by a passive tile agent."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pyuvm
from pyuvm import ConfigDB, uvm_active_passive_enum, uvm_env

from models.network import load_network
from tb.common.base_test import DprTest
from tb.layer.agent import LayerAgent
from tb.layer.corners import CornerLayers, MemoryLayers
from tb.layer.coverage import ChainCoverage, Collector, ErrorCoverage, LayerCoverage, MemoryCoverage, ResetCoverage
from tb.layer.items import LayerItem
from tb.layer.network import LayerAccount, LayerRow, NetworkLayer, OneLayer, network_layers
from tb.layer.passive import CoreCoverage, CoreScoreboard
from tb.layer.record import LayerRecord
from tb.layer.scoreboard import LayerScoreboard
from tb.layer.sequences import LayerSequence, MalformedLayers, RandomLayers, ResetLayers
from tb.tile.agent import TileAgent

ROWS_FILE = "layers.json"


class LayerEnv(uvm_env):
    """Layer agent, scoreboard and coverage; inside, a passive tile agent with the tile's own scoreboard and coverage."""

    collectors: tuple[type[Collector], ...] = (LayerCoverage,)  # a test sets them before the build phase

    def build_phase(self) -> None:
        ConfigDB().set(self, "tile_agent", "is_active", uvm_active_passive_enum.UVM_PASSIVE)
        self.agent = LayerAgent("agent", self)
        self.record = LayerRecord("record", self)
        self.scoreboard = LayerScoreboard("scoreboard", self)
        self.covers = [kind(kind.__name__, self) for kind in self.collectors]
        self.tile_agent = TileAgent("tile_agent", self)
        self.tile_scoreboard = CoreScoreboard("tile_scoreboard", self)
        self.tile_coverage = CoreCoverage("tile_coverage", self)

    def connect_phase(self) -> None:
        self.agent.driver.finished.connect(self.record.analysis_export)
        self.agent.driver.finished.connect(self.scoreboard.analysis_export)
        self.agent.driver.finished.connect(self.tile_scoreboard.finish_export.analysis_export)
        for cover in self.covers:
            self.agent.driver.finished.connect(cover.analysis_export)
        self.tile_agent.monitor.seen.connect(self.tile_scoreboard.trace_export.analysis_export)
        self.tile_agent.monitor.seen.connect(self.tile_coverage.analysis_export)
        self.agent.driver.on_start = self._expect

    def _expect(self, item: LayerItem) -> None:
        self.tile_scoreboard.load(item)
        self.tile_coverage.mode = self.tile_scoreboard.mode


class LayerTest(DprTest):
    """Runs one sequence."""

    sequence: type[LayerSequence]
    more_collectors: tuple[type[Collector], ...] = ()  # what this test reaches beyond layers of every kind

    def build_phase(self) -> None:
        super().build_phase()
        self.env = LayerEnv("env", self)
        self.env.collectors = (*LayerEnv.collectors, *self.more_collectors)

    async def body(self) -> None:
        await self.sequence(type(self).__name__).start(self.env.agent.sequencer)
        self.cycles = self.env.scoreboard.cycles


@pyuvm.test()
class LayerRandom(LayerTest):
    sequence = RandomLayers


@pyuvm.test()
class LayerCorners(LayerTest):
    sequence = CornerLayers


@pyuvm.test()
class LayerMemories(LayerTest):
    sequence = MemoryLayers
    more_collectors = (MemoryCoverage,)


@pyuvm.test()
class LayerReset(LayerTest):
    sequence = ResetLayers
    more_collectors = (ResetCoverage,)

    def end_of_elaboration_phase(self) -> None:
        self.env.tile_scoreboard.allow_cut = True


@pyuvm.test()
class LayerMalformed(LayerTest):
    sequence = MalformedLayers
    more_collectors = (ErrorCoverage,)


@pyuvm.test()
class LayerDigits(LayerTest):
    """Held-out images through the classifier: the containers of one layer are the input of the next.

    On TRT the fully connected layer as well, whose outputs are the classes; else only the convolutions.
    """

    more_collectors = (ChainCoverage,)

    async def body(self) -> None:
        config, network = self.context.config, load_network("digits")
        images, labels = network.held_out_images(self.context.knob("images", 8), seed=self.context.seed)
        acts, words, rows = list(images), [None] * len(images), []
        for work in network_layers(network, config):
            row, acts, words = await self._layer(work, acts, words)
            rows.append(asdict(row))
        outputs = np.stack(acts)
        logits = outputs[:, 0, 0] if config.design == "trt" else network.logits(outputs)
        classes, expected = logits.argmax(axis=-1), network.classify(images)
        self.checks.equal("class of each image", classes, expected)
        self.cycles = self.env.scoreboard.cycles
        counts = {"images": len(images), "agree": int((classes == expected).sum()), "correct": int((classes == labels).sum())}
        (self.context.run_dir / ROWS_FILE).write_text(json.dumps({"rows": rows, "classification": counts}, indent=1))

    async def _layer(self, work: NetworkLayer, acts: list, words: list) -> tuple[LayerRow, list, list]:
        config, scoreboard = self.context.config, self.env.scoreboard
        account = LayerAccount(work, config, self.context.sim, len(acts))
        outputs, containers = [], []
        for number, (image, image_words) in enumerate(zip(acts, words, strict=True)):
            item = work.item(image, image_words)
            item.new_weights = number == 0
            await OneLayer(item).start(self.env.agent.sequencer)
            if scoreboard.decoded is None:
                raise RuntimeError(f"{item.layer.name}: no outputs for the next layer")
            outputs.append(scoreboard.decoded)
            containers.append(item.result.words)
            account.add(item, scoreboard.expected.cycles, scoreboard.mismatches)
        return account.finished(), outputs, containers
