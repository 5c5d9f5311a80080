# SPDX-License-Identifier: Apache-2.0
"""The layer environment and its tests. The tile inside the engine is watched by a passive tile agent."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pyuvm
from pyuvm import ConfigDB, uvm_active_passive_enum, uvm_env

from models.config import DesignConfig
from models.convolution import weight_words
from models.layer_registers import LayerFormats
from models.network import QuantisedLayer, load_network
from tb.common.base_test import DprTest
from tb.tile.agent import TileAgent
from tb.tile.coverage import TileCoverage
from tb.tile.scoreboard import TileScoreboard
from tb.layer.agent import LayerAgent
from tb.layer.items import LayerItem, LayerRow
from tb.layer.scoreboard import LayerScoreboard
from tb.layer.sequences import LayerSequence, MalformedLayers, RandomLayers, ResetLayers

ROWS_FILE = "layers.json"


class LayerEnv(uvm_env):
    """Layer agent and scoreboard; inside, a passive tile agent with the tile's own scoreboard and coverage."""

    def build_phase(self) -> None:
        ConfigDB().set(self, "tile_agent", "is_active", uvm_active_passive_enum.UVM_PASSIVE)
        self.agent = LayerAgent("agent", self)
        self.scoreboard = LayerScoreboard("scoreboard", self)
        self.tile_agent = TileAgent("tile_agent", self)
        self.tile_scoreboard = TileScoreboard("tile_scoreboard", self)
        self.tile_coverage = TileCoverage("tile_coverage", self)

    def connect_phase(self) -> None:
        self.agent.driver.finished.connect(self.scoreboard.analysis_export)
        self.tile_agent.monitor.seen.connect(self.tile_scoreboard.trace_export.analysis_export)
        self.tile_agent.monitor.seen.connect(self.tile_coverage.analysis_export)
        self.agent.driver.on_start = self._load_weights

    def _load_weights(self, item: LayerItem) -> None:
        config = ConfigDB().get(self, "", "CONTEXT").config
        words = weight_words(item.weights, item.layer, config.rows, config.lanes)
        self.tile_scoreboard.load_weights(words.reshape(-1, config.rows, config.lanes).astype(np.int64))


class LayerTest(DprTest):
    """Runs one sequence."""

    sequence: type[LayerSequence]

    def build_phase(self) -> None:
        super().build_phase()
        self.env = LayerEnv("env", self)

    async def body(self) -> None:
        await self.sequence(type(self).__name__).start(self.env.agent.sequencer)
        self.cycles = self.env.scoreboard.cycles


@pyuvm.test()
class LayerRandom(LayerTest):
    sequence = RandomLayers


@pyuvm.test()
class LayerReset(LayerTest):
    sequence = ResetLayers

    def end_of_elaboration_phase(self) -> None:
        self.env.tile_scoreboard.allow_cut = True


@pyuvm.test()
class LayerMalformed(LayerTest):
    sequence = MalformedLayers


class _OneItem(LayerSequence):
    """Sends one given item."""

    def __init__(self, item: LayerItem) -> None:
        super().__init__("one")
        self.item = item

    def items(self):
        yield self.item


@pyuvm.test()
class LayerDigits(LayerTest):
    """Held-out images through the classifier's convolutions: the containers of one layer are the input of the next."""

    async def body(self) -> None:
        network = load_network("digits")
        images, labels = network.held_out_images(self.context.knob("images", 8), seed=self.context.seed)
        acts, words, rows = list(images), [None] * len(images), []
        for entry in network.layers:
            row, acts, words = await self._layer(entry, acts, words)
            rows.append(asdict(row))
        classes, expected = network.logits(np.stack(acts)).argmax(axis=-1), network.classify(images)
        self.checks.equal("class of each image", classes, expected)
        self.cycles = self.env.scoreboard.cycles
        counts = {"images": len(images), "agree": int((classes == expected).sum()), "correct": int((classes == labels).sum())}
        (self.context.run_dir / ROWS_FILE).write_text(json.dumps({"rows": rows, "classification": counts}, indent=1))

    async def _layer(self, entry: QuantisedLayer, acts: list, words: list) -> tuple[LayerRow, list, list]:
        config = self.context.config
        row = LayerRow(entry.layer.name, config.design, config.name, self.context.sim, len(acts))
        formats = LayerFormats(False, entry.n_low_in, entry.shift, entry.n_low_out, True)
        outputs, containers, precision = [], [], []
        for number, (image, image_words) in enumerate(zip(acts, words, strict=True)):
            item = LayerItem(entry.layer, image, entry.weights, entry.bias, formats)
            item.words, item.new_weights, item.profile_n_high = image_words, number == 0, entry.n_high_in
            if item.new_weights:
                row.weight_compressed_bytes = 8 * len(item.weight_words(config))
            await _OneItem(item).start(self.env.agent.sequencer)
            if self.env.scoreboard.decoded is None:
                raise RuntimeError(f"{entry.layer.name}: no outputs for the next layer")
            outputs.append(self.env.scoreboard.decoded)
            containers.append(item.result.words)
            precision.append(_account(row, item, self.env.scoreboard, config))
        row.mean_precision = float(np.mean(precision))
        row.speedup = row.base_cycles / row.rtl_cycles
        row.stripes_speedup = row.base_cycles / row.stripes_cycles
        row.bound_speedup = row.base_cycles / row.bound_cycles
        return row, outputs, containers


def _account(row: LayerRow, item: LayerItem, scoreboard: LayerScoreboard, config: DesignConfig) -> float:
    """Add an image's figures to the layer's row; return its mean precision."""
    cycles, layer = scoreboard.expected.cycles, item.layer
    row.rtl_cycles += item.result.compute_cycles
    row.model_cycles += cycles.dstripes_cycles
    row.base_cycles += cycles.base_cycles
    row.stripes_cycles += cycles.stripes_tile_cycles
    row.bound_cycles += cycles.bound_cycles
    row.fill += item.result.fill_cycles
    row.mismatches += scoreboard.mismatches
    for cause, count in item.result.stalls.items():
        row.stalls[cause] = row.stalls.get(cause, 0) + count
    value_bytes = config.p // 8
    row.compressed_bytes += 8 * len(item.input_words(config))
    row.raw_bytes += layer.H * layer.W * layer.C * value_bytes
    row.weight_raw_bytes = layer.K * layer.products * value_bytes
    return cycles.mean_precision
