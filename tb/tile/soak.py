# SPDX-License-Identifier: Apache-2.0
"""Many small random layers, some of them cut by a reset."""

from __future__ import annotations

from collections.abc import Iterator

from models.config import DesignConfig
from tb.tile.items import LayerItem, TileBatch, TileItem
from tb.tile.random_layers import Budget, layer_kinds, random_layer_item
from tb.tile.sequences import TileSequence

_CYCLES = 1200  # of a layer, at most, about: many small ones find more than few large ones


class CutLayer(TileItem):
    """A layer that a reset cuts: what came out before must be right, and the next layer exact."""

    def __init__(self, item: LayerItem, reset_after: int) -> None:
        """reset_after: cycles after the start of the batch."""
        super().__init__(f"cut {item.get_name()}")
        self.item, self.reset_after = item, reset_after

    def expand(self, config: DesignConfig) -> TileBatch:
        """Return the layer's batch, to be cut."""
        batch = self.item.expand(config)
        batch.reset_after = self.reset_after
        return batch


class SoakLayers(TileSequence):
    """`layers` random layers of every kind in turn, each under its own stalls; before every tenth one another that is cut."""

    def items(self) -> Iterator[TileItem]:
        budget, kinds = Budget(self.context.knob("cycles", _CYCLES)), layer_kinds(self.config)
        for number in range(self.context.knob("layers", 200)):
            kind = kinds[number % len(kinds)]
            if number % 10 == 9:
                cut = random_layer_item(self.rng, self.config, f"cut{number}", kind, budget)
                yield CutLayer(cut, int(self.rng.integers(3, budget.cycles // 4)))
            yield random_layer_item(self.rng, self.config, f"{kind}{number}", kind, budget)
