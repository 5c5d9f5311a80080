# SPDX-License-Identifier: Apache-2.0
"""The tile's scoreboard and coverage on the core inside the engine: nobody drives it, its layer registers are the engine's."""

from __future__ import annotations

import numpy as np

from tb.layer.items import LayerItem
from tb.tile.coverage import TileCoverage
from tb.tile.items import LayerMode, TileBatch
from tb.tile.scoreboard import TileScoreboard
from tb.tile.trace import TileTrace


class CoreScoreboard(TileScoreboard):
    """Takes the handshakes as they came: every precision, sum and cycle of the core follows from them."""

    def build_phase(self) -> None:
        super().build_phase()
        self.mode = LayerMode()

    def load(self, item: LayerItem) -> None:
        """Expect the layer of an item: its weights are in the weight memory, its registers are set."""
        self.load_weights(item.engine_weights(self.config).memory.words)
        self.mode = item.mode(self.config)

    def score(self, trace: TileTrace, batch: TileBatch | None) -> None:
        """Score a complete trace as the batch that it would be."""
        steps = trace.inputs
        steps.gaps = np.diff(trace.input_cycle, prepend=trace.input_cycle[0] - 1) - 1
        super().score(trace, TileBatch("layer", steps, self.mode))


class CoreCoverage(TileCoverage):
    """Samples what the core inside the engine does."""

    def build_phase(self) -> None:
        super().build_phase()
        self.mode = LayerMode()

    def write(self, trace: TileTrace) -> None:
        self.modes = [self.mode]
        super().write(trace)
