# SPDX-License-Identifier: Apache-2.0
"""What came out of the layer engine, as transactions of the run: containers, and the counters of each layer."""

from __future__ import annotations

import numpy as np
from pyuvm import ConfigDB, uvm_subscriber

from tb.common.transactions import Stream
from tb.layer.items import LayerItem, LayerResult

_COUNTS = ("compute_cycles", "step_cycles", "fill_cycles", "load_cycles", "store_cycles", "load_error", "load_overflow")


class LayerRecord(uvm_subscriber):
    """Adds finished layers to the run's transactions. Their "cycle" is the number of the layer; the engine counts its own."""

    def build_phase(self) -> None:
        self.transactions = ConfigDB().get(self, "", "TRANSACTIONS")
        self.words = self.transactions.stream("engine words", word=1)
        self.counts: Stream | None = None
        self.layers = 0

    def write(self, item: LayerItem) -> None:
        self.layers += 1
        if item.result is not None:  # not cut by a reset
            self._add(item.result)

    def _add(self, result: LayerResult) -> None:
        if self.counts is None:
            self.counts = self.transactions.stream("engine counts", **dict.fromkeys((*_COUNTS, *result.stalls), 1))
        self.words.extend(np.full(len(result.words), self.layers), result.words.view(np.int64))
        self.counts.put(self.layers, *(int(getattr(result, name)) for name in _COUNTS), *result.stalls.values())
