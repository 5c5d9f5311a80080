# SPDX-License-Identifier: Apache-2.0
"""The tile environment and its tests."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pyuvm
from pyuvm import ConfigDB, uvm_active_passive_enum, uvm_env

from models.convolution import output_stage
from models.network import QuantisedLayer, load_network
from tb.common.base_test import DprTest
from tb.tile.agent import TileAgent
from tb.tile.coverage import TileCoverage
from tb.tile.directed import CrossSequence
from tb.tile.items import LayerItem
from tb.tile.layer_score import LayerScore
from tb.tile.layer_sequences import CornerLayers, LayerSequence, RandomLayers
from tb.tile.network_layers import IMAGES_SEED, CoreRow, network_item, synthetic_item, synthetic_layers
from tb.tile.scoreboard import TileScoreboard
from tb.tile.sequences import ContractSequence, CornerSequence, RandomSequence, ResetSequence, TileSequence
from tb.tile.trace_layers import choose, trace_from_environment

ROWS_FILE = "layers.json"


class TileEnv(uvm_env):
    """Agent, scoreboard, coverage."""

    samples_cuts = False  # whether a test resets the core; set before the build phase

    def build_phase(self) -> None:
        self.agent = TileAgent("agent", self)
        self.scoreboard = TileScoreboard("scoreboard", self)
        self.coverage = TileCoverage("coverage", self)
        self.coverage.samples_cuts = self.samples_cuts

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
class TileCrosses(TileTest):
    sequence = CrossSequence


@pyuvm.test()
class TileReset(TileTest):
    sequence = ResetSequence

    def build_phase(self) -> None:
        super().build_phase()
        self.env.samples_cuts = True


@pyuvm.test()
class TileContract(TileTest):
    """Gaps of 0 and an output that is always taken make the timing model the cycle contract itself."""

    sequence = ContractSequence


@pyuvm.test()
class TileLayers(TileTest):
    sequence = RandomLayers


@pyuvm.test()
class TileCornerLayers(TileTest):
    sequence = CornerLayers


class LayerPlayer(TileTest):
    """Plays one layer after the other and looks at each score."""

    async def _play(self, item: LayerItem) -> LayerScore:
        self.env.scoreboard.scored = None
        await LayerSequence(item.get_name(), [item]).start(self.env.agent.sequencer)
        if self.env.scoreboard.scored is None:
            raise RuntimeError(f"{item.get_name()}: did not come through")
        return self.env.scoreboard.scored


@pyuvm.test()
class TileNetwork(LayerPlayer):
    """A trained network on held-out images, then synthetic layers; writes a row a layer for `make layers DESIGN=`.

    With 16 bits the sums of each layer, from the RTL, make the activations of the next one.
    """

    async def body(self) -> None:
        rows = [] if self.context.knob("images", 2) == 0 else await self._network(self.context.knob("images", 2))
        config = self.context.config
        for synthetic in synthetic_layers(config):
            row = CoreRow.of(synthetic.layer.name, synthetic.kind, config, self.context.sim)
            row.add(await self._play(synthetic_item(synthetic.layer, config)))
            rows.append(row)
        self.cycles = self.env.scoreboard.cycles
        document = {"level": "core", "rows": [asdict(row) for row in rows]}
        (self.context.run_dir / ROWS_FILE).write_text(json.dumps(document, indent=1))

    async def _network(self, count: int) -> list[CoreRow]:
        network, config = load_network("digits"), self.context.config
        images, _ = network.held_out_images(count, seed=IMAGES_SEED)
        inputs, rows, sums = network.run(images).all_inputs, [], np.zeros(0)
        acts = inputs[0]
        for number, (entry, kind) in enumerate(network.layers_with_classifier):
            row = CoreRow.of(entry.layer.name, kind, config, self.context.sim)
            acts = acts if config.p == 16 else inputs[number]
            scores = [await self._play(network_item(entry, image, config.p)) for image in acts]
            for score in scores:
                row.add(score)
            rows.append(row)
            sums = np.stack([score.outputs for score in scores]) + entry.bias
            acts = _next_acts(entry, sums)
        if config.p == 16:
            self.checks.equal("class of each image", sums[:, 0].argmax(axis=-1), network.classify(images))
        return rows


@pyuvm.test()
class TileTraceLayers(LayerPlayer):
    """The layers of a trace, each with the trace's own inputs; writes a row a layer for `make layers NET=`."""

    async def body(self) -> None:
        config, trace, rows, skipped = self.context.config, trace_from_environment(), [], []
        for chosen in choose(trace, config, self.context.knob("inputs", 1)):
            if not chosen.items:
                skipped.append({"layer": chosen.layer.name, "config": config.name, "reason": chosen.reason})
                continue
            row, cycles = CoreRow.of(chosen.layer.name, chosen.layer.kind, config, self.context.sim), []
            for item in chosen.items:
                score = await self._play(item)
                row.add(score)
                cycles.append(score.cycles)
            rows.append(asdict(row) | {"digests": list(chosen.layer.digests[: len(cycles)]), "input_cycles": cycles})
        self.cycles = self.env.scoreboard.cycles
        document = {"level": "core", "network": trace.name, "rows": rows, "skipped": skipped}
        (self.context.run_dir / ROWS_FILE).write_text(json.dumps(document, indent=1))


def _next_acts(entry: QuantisedLayer, sums: np.ndarray) -> np.ndarray:
    """Return the activations that a layer's sums with bias [N, windows, K] become, uint16 [N, Ho, Wo, K]."""
    outputs = output_stage(sums, np.zeros_like(entry.bias), entry.shift, bits=16, n_low_out=entry.n_low_out)
    return outputs.reshape(len(sums), entry.layer.Ho, entry.layer.Wo, entry.layer.K)
