# SPDX-License-Identifier: Apache-2.0
"""A reset of one cycle in every cycle of a short batch: no pipeline stage may outlive it, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterator

from tb.tile.pallets import PalletShape, mode_kinds, random_mode
from tb.tile.sequences import TileSequence

_AFTER = 12  # cycles of the sweep beyond what the steps themselves take: pipeline and reducer


class ResetSweep(TileSequence):
    """In every mode: batches of two pallets, each cut a cycle later than the one before, and a whole one after each."""

    def items(self) -> Iterator:
        shapes = [PalletShape(1, "all_maximum", False, self.config.p - 2)] * 2
        for kind in mode_kinds(self.config):
            mode = random_mode(self.rng, self.config, kind)
            for cycle in range(1, self.context.knob("cycles", self._length(kind))):
                cut = self.pallets(f"{kind} cut {cycle}", mode, shapes)
                cut.reset_after, cut.reset_cycles = cycle, 1
                yield cut
                yield self.pallets(f"{kind} whole {cycle}", mode, shapes[:1])

    def _length(self, kind: str) -> int:
        """Cycles until the batch is over, or a little more: its columns, and its weights where they come serially."""
        loads = 2 * self.config.p if self.config.design == "loom" or "serial" in kind else 0
        return 2 * self.config.cols + loads + _AFTER
