# SPDX-License-Identifier: Apache-2.0
"""What a tile's monitor saw, as transactions of the run: step inputs, step starts, columns, and the counters of a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.config import DesignConfig
from tb.common.transactions import Transactions
from tb.tile.trace import TileTrace

_CONTROL = ("is_signed", "n_low", "first", "last", "waddr", "p_w")


class TraceRecord:
    """Adds traces to the streams of one monitor."""

    def __init__(self, transactions: Transactions, name: str, config: DesignConfig, counters: Sequence[str]) -> None:
        """name: of the agent; counters: the causes of lost cycles that its bench counts."""
        control = dict.fromkeys(_CONTROL, 1)
        self.inputs = transactions.stream(f"{name} inputs", bits=32, acts=config.cols * config.lanes, **control)
        self.steps = transactions.stream(f"{name} steps", p=1, trailing=1)
        self.columns = transactions.stream(f"{name} columns", column=1, keep=1, last=1, sums=config.rows)
        self.counters = transactions.stream(f"{name} counters", **dict.fromkeys(counters, 1))

    def add(self, trace: TileTrace) -> None:
        """Add all that a trace has. Sums count where the column holds results, counters once something was played.

        Elsewhere nobody takes sums, and before that a counter without a reset has whatever its simulator starts with.
        """
        steps = trace.inputs
        self.inputs.extend(trace.input_cycle, steps.acts, *(getattr(steps, name) for name in _CONTROL))
        self.steps.extend(trace.step_cycle, trace.step_p, trace.step_trailing)
        sums = np.where(trace.keep[:, None], trace.sums, 0)
        self.columns.extend(trace.column_cycle, trace.column, trace.keep, trace.column_last, sums)
        if len(steps):
            self.counters.put(trace.start, *trace.counters.values())
