# SPDX-License-Identifier: Apache-2.0
"""The tile's scoreboard and coverage on the core inside the engine: nobody drives it, its layer registers are the engine's."""

from __future__ import annotations

from tb.layer.items import LayerItem
from tb.tile.coverage import TileCoverage
from tb.tile.items import LayerMode, TileBatch
from tb.tile.memory import MemoryImage
from tb.tile.scoreboard import TileScoreboard
from tb.tile.subscriber import Caller
from tb.tile.trace import TileTrace


def _complete(trace: TileTrace, cols: int) -> bool:
    """Whether all pallets of the trace have come out."""
    return bool(trace.inputs.last[-1]) and len(trace.sums) == cols * int(trace.inputs.last.sum())


class CoreScoreboard(TileScoreboard):
    """Takes the steps that came as a batch of its own: every precision, sum and cycle of the core follows from them.

    The engine is never late with a step, and takes every column at once, so each handshake has one cycle to be in.
    mode: the registers of the layer under way. allow_cut: a reset may cut a layer short. seen: traces of the layer under way.
    """

    mode = LayerMode()
    allow_cut = False

    def build_phase(self) -> None:
        super().build_phase()
        self.finish_export = Caller("finish_export", self, self.finish)

    def load(self, item: LayerItem) -> None:
        """Expect the layer of an item: its weights are in the weight memory, its registers are set."""
        self.memory = MemoryImage(item.engine_weights(self.config).memory.words)
        self.mode = item.mode(self.config)
        self.seen = 0

    def take(self, trace: TileTrace) -> None:
        """Score a trace as the batch that it would be; it starts and ends with an idle core."""
        steps = trace.inputs
        if not len(steps) or (self.allow_cut and not _complete(trace, self.config.cols)):
            return
        self.seen += 1
        self.score(trace, TileBatch("layer", steps, self.mode))

    def finish(self, item: LayerItem) -> None:
        """The layer has been run, unless it was cut or refused: the core must have been seen at it."""
        if item.result is not None and item.broken is None:
            self.checks.equal(f"{item.layer.name}: traces of the core", self.seen, 1)


class CoreCoverage(TileCoverage):
    """Samples what the core inside the engine does. mode: the registers of the layer under way."""

    mode = LayerMode()

    def write(self, trace: TileTrace) -> None:
        self.modes = [self.mode]
        super().write(trace)
