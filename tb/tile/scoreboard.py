# SPDX-License-Identifier: Apache-2.0
"""Scores what a core did: every precision, every sum, every cycle and its cause, each against its model."""

from __future__ import annotations

import numpy as np
from pyuvm import ConfigDB, uvm_component

from models.dispatch_timing import DispatchTiming
from tb.tile.items import LayerMode, TileBatch
from tb.tile.layer_score import LayerScore, score_layer
from tb.tile.memory import MemoryImage
from tb.tile.reference import kept_columns, pallet_sums, reported_causes, step_precisions, step_timing
from tb.tile.subscriber import Caller
from tb.tile.trace import COUNTERS, OVERLAPS, TileTrace

_INPUTS = ("acts", "is_signed", "n_low", "first", "last", "waddr", "p_w")


class TileScoreboard(uvm_component):
    """Takes batches from the driver and their traces from the monitor."""

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.checks = ConfigDB().get(self, "", "CHECKS")
        self.config = self.context.config
        self.sent: list[TileBatch] = []
        self.memory: MemoryImage | None = None
        self.cycles = 0
        self.scored: LayerScore | None = None  # of the last batch, when it was a layer
        ConfigDB().get(self, "", "LEFTOVERS").append(self._left_over)
        self.batch_export = Caller("batch_export", self, self.sent.append)
        self.trace_export = Caller("trace_export", self, self.take)

    def _left_over(self) -> str:
        return f"{len(self.sent)} batches were sent and never seen" if self.sent else ""

    def take(self, trace: TileTrace) -> None:
        """Score what the core did with the oldest batch."""
        batch = self.sent.pop(0)
        if batch.memory is not None:
            self.memory = batch.memory
        if batch.reset_after is not None:
            self._score_cut(batch, trace)
        elif self._score_inputs(batch, trace):
            self.score(trace, batch)

    def _score_inputs(self, batch: TileBatch, trace: TileTrace) -> bool:
        """Whether the core got the batch; if not, the models cannot say what had to come out."""
        same = True
        for name in _INPUTS:
            same &= self.checks.equal(f"input {name}", getattr(trace.inputs, name), getattr(batch.steps, name))
        return same

    def score(self, trace: TileTrace, batch: TileBatch) -> None:
        """Score a complete trace (it starts and ends with an idle core)."""
        mode = batch.mode
        precision, trailing = step_precisions(trace.inputs, mode, self.config)
        self.checks.equal("precision of a step", trace.step_p, precision)
        self.checks.equal("trailing position of a step", trace.step_trailing, trailing)
        sums = self._score_columns(trace, mode)
        timing = self._score_cycles(trace, precision, batch)
        self.cycles += trace.cycles
        if batch.layer is not None:
            self.scored = score_layer(batch, trace, sums, timing, self.checks)

    def _score_columns(self, trace: TileTrace, mode: LayerMode) -> np.ndarray:
        """Score what came out; return it as int64 [pallets, cols, rows], zeros when its number is wrong."""
        config, pallets = self.config, int(trace.inputs.last.sum())
        columns, kept = np.arange(config.cols), kept_columns(mode, config)
        last = columns == config.cols - 1
        self.checks.equal("column", trace.column, np.tile(columns, pallets))
        self.checks.equal("column holds results", trace.keep, np.tile(kept, pallets))
        self.checks.equal("last column of a pallet", trace.column_last, np.tile(last, pallets))
        sums = pallet_sums(trace.inputs, mode, self.memory, config)
        if len(trace.sums) != pallets * config.cols:
            return np.zeros_like(sums)
        seen = trace.sums.reshape(sums.shape)
        self.checks.equal("sum [pallet, column, row]", seen[:, kept], sums[:, kept])
        return seen

    def _score_cycles(self, trace: TileTrace, precision: np.ndarray, batch: TileBatch) -> DispatchTiming:
        steps, mode = trace.inputs, batch.mode
        steps.gaps = batch.steps.gaps
        timing = step_timing(
            steps,
            precision,
            mode,
            self.config,
            first=int(trace.input_cycle[0]),
            ready=batch.ready,
            ready_start=trace.start,
        )
        self.checks.equal("cycle of an input handshake", trace.input_cycle, timing.handshake)
        self.checks.equal("cycle of a step's start", trace.step_cycle, timing.start)
        self.checks.equal("cycle of a column", trace.column_cycle, timing.column.ravel())
        reported = reported_causes(timing, mode, self.config)
        for cause in COUNTERS:
            if cause in trace.counters:
                self.checks.equal(f"cycles of {cause}", trace.counters[cause], reported[cause])
        if OVERLAPS in trace.counters:
            self.checks.equal("cycles with two causes", trace.counters[OVERLAPS], 0)
        return timing

    def _score_cut(self, batch: TileBatch, trace: TileTrace) -> None:
        """A batch that a reset cut short: what came out before is right, complete columns in order, and nothing else."""
        seen, config = len(trace.inputs), self.config
        for name in ("acts", "waddr"):
            self.checks.equal(f"input {name} before a reset", getattr(trace.inputs, name), getattr(batch.steps, name)[:seen])
        sums = pallet_sums(batch.steps, batch.mode, self.memory, config)
        columns = min(len(trace.sums), config.cols * len(sums))
        kept = np.flatnonzero(np.tile(kept_columns(batch.mode, config), len(sums))[:columns])
        self.checks.equal("columns beyond the batch before a reset", len(trace.sums) - columns, 0)
        self.checks.equal("sum [column, row] before a reset", trace.sums[kept], sums.reshape(-1, config.rows)[kept])
