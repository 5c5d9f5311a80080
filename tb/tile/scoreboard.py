# SPDX-License-Identifier: Apache-2.0
"""Scores a tile's trace: every precision, every sum, every cycle, each against its model."""

from __future__ import annotations

import numpy as np
from pyuvm import ConfigDB, uvm_component, uvm_subscriber

from models.dispatch_timing import DispatchTiming, dispatch_timing
from models.precision import group_precision, trailing_position, trim
from tb.tile.items import READY_CYCLES, Pallets, TileBatch, TileTrace


def step_settings(pallets: Pallets) -> list[tuple[np.ndarray, bool, int]]:
    """Group the steps by (is_signed, n_low): the models take these per layer, the bench changes them per pallet."""
    keys = np.stack([pallets.is_signed.astype(np.int64), pallets.n_low], axis=1)
    return [(np.flatnonzero((keys == key).all(axis=1)), bool(key[0]), int(key[1])) for key in np.unique(keys, axis=0)]


def step_precisions(pallets: Pallets, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the model's precision and trailing position of every step, int64 [S] each; computed once for a set of steps."""
    if pallets.precisions is None:
        pallets.precisions = _step_precisions(pallets, bits)
    return pallets.precisions


def _step_precisions(pallets: Pallets, bits: int) -> tuple[np.ndarray, np.ndarray]:
    flat = pallets.acts.reshape(len(pallets.acts), -1)
    precision, trailing = (np.zeros(len(flat), np.int64) for _ in range(2))
    for index, signed, n_low in step_settings(pallets):
        precision[index] = group_precision(flat[index], bits, signed, n_low)
        trailing[index] = trailing_position(flat[index], bits, signed)
    return precision, trailing


def pallet_sums(pallets: Pallets, weights: np.ndarray) -> np.ndarray:
    """Return the sums of every pallet, int64 [pallets, cols, rows].

    The products of a step are summed in float64, which is exact: lanes x 2^31 is far below 2^53. Steps are summed in int64.
    """
    acts = pallets.acts.copy()
    for index, _, n_low in step_settings(pallets):
        acts[index] = trim(acts[index], n_low)
    operands = acts.astype(np.float64), weights[pallets.waddr].astype(np.float64)
    products = np.matmul(operands[0], operands[1].transpose(0, 2, 1)).astype(np.int64)
    return np.add.reduceat(products, np.flatnonzero(pallets.first), axis=0)


def _complete(trace: TileTrace, cols: int) -> bool:
    """Whether all pallets of the trace have come out."""
    return bool(trace.inputs.last[-1]) and len(trace.sums) == cols * int(trace.inputs.last.sum())


class TileScoreboard(uvm_component):
    """Takes traces from the monitor and, when the agent is active, batches from the driver.

    Passive use: `load_weights` tells it what is in the weight memory, and the output is expected to be always taken.
    """

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.checks = ConfigDB().get(self, "", "CHECKS")
        self.sent: list[TileBatch] = []
        self.weights: np.ndarray | None = None
        self.cycles = 0
        self.allow_cut = False  # passive use only: a reset may cut a trace short
        self.inject = self.context.knob("inject", 0)  # a negative test corrupts one expectation
        ConfigDB().get(self, "", "LEFTOVERS").append(self._left_over)
        self.batch_export = _Subscriber("batch_export", self, self._batch)
        self.trace_export = _Subscriber("trace_export", self, self._trace)

    def _left_over(self) -> str:
        return f"{len(self.sent)} batches were sent and never seen" if self.sent else ""

    def load_weights(self, weights: np.ndarray) -> None:
        """Set the contents of the weight memory, int64 [words, rows, lanes]."""
        self.weights = weights

    def _batch(self, batch: TileBatch) -> None:
        self.sent.append(batch)

    def _trace(self, trace: TileTrace) -> None:
        batch = self.sent.pop(0) if self.sent else None
        if batch is not None and batch.weights is not None:
            self.load_weights(batch.weights)
        if batch is not None and batch.reset_after is not None:
            self._score_cut(batch, trace)
            return
        if batch is not None:
            if self._score_inputs(batch, trace):
                self.score(trace, batch)
        elif not len(trace.inputs.acts):
            return
        elif _complete(trace, self.context.config.cols):
            self.score(trace, None)
        elif not self.allow_cut:
            self.checks.fail(f"{len(trace.sums)} columns came out after {int(trace.inputs.last.sum())} pallets went in")

    def _score_inputs(self, batch: TileBatch, trace: TileTrace) -> bool:
        """Whether the tile got the batch; if not, the models cannot say what had to come out."""
        same = True
        for name in ("acts", "is_signed", "n_low", "first", "last", "waddr"):
            same &= self.checks.equal(f"input {name}", getattr(trace.inputs, name), getattr(batch.pallets, name))
        return same

    def score(self, trace: TileTrace, batch: TileBatch | None) -> DispatchTiming:
        """Score a complete trace (it starts and ends with an idle dispatcher)."""
        bits, cols = self.context.config.p, self.context.config.cols
        precision, trailing = step_precisions(trace.inputs, bits)
        self.checks.equal("precision of a step", trace.step_p, precision + (self.inject == 1))
        self.checks.equal("trailing position of a step", trace.step_trailing, trailing)
        sums = pallet_sums(trace.inputs, self.weights)
        sums[-1, -1, -1] += self.inject == 2
        self.checks.equal("column", trace.column, np.tile(np.arange(cols), len(sums)))
        self.checks.equal("sum [column, row]", trace.sums, sums.reshape(-1, sums.shape[-1]))
        timing = self._score_cycles(trace, precision, batch)
        self.cycles += int(trace.column_cycle[-1] - trace.input_cycle[0]) + 1
        return timing

    def _score_cycles(self, trace: TileTrace, precision: np.ndarray, batch: TileBatch | None) -> DispatchTiming:
        if batch is None:  # passive: take the handshakes as they came, the output is always taken
            gaps, ready = np.diff(trace.input_cycle, prepend=trace.input_cycle[0] - 1) - 1, np.ones(READY_CYCLES, bool)
        else:
            gaps, ready = batch.pallets.gaps, batch.ready
        timing = dispatch_timing(
            gaps,
            precision,
            trace.inputs.last,
            self.context.config.cols,
            first=int(trace.input_cycle[0]),
            ready=lambda cycle: bool(ready[(cycle - trace.start) % READY_CYCLES]),
        )
        self.checks.equal("cycle of an input handshake", trace.input_cycle, timing.handshake)
        self.checks.equal("cycle of a step's start", trace.step_cycle, timing.start + (self.inject == 3))
        self.checks.equal("cycle of a column", trace.column_cycle, timing.column.ravel())
        self.checks.equal("cycles lost to the reducer", trace.stalls, timing.stalls)
        return timing

    def _score_cut(self, batch: TileBatch, trace: TileTrace) -> None:
        """A batch that a reset cut short: what came out before is right, complete columns in order, and nothing else."""
        seen = len(trace.inputs.acts)
        for name in ("acts", "waddr"):
            self.checks.equal(f"input {name} before a reset", getattr(trace.inputs, name), getattr(batch.pallets, name)[:seen])
        sums = pallet_sums(batch.pallets, self.weights)
        expected = sums.reshape(-1, sums.shape[-1])[: len(trace.sums)]
        self.checks.equal("sum [column, row] before a reset", trace.sums, expected)


class _Subscriber(uvm_subscriber):
    """An analysis export that calls a function."""

    def __init__(self, name: str, parent: uvm_component, call) -> None:
        super().__init__(name, parent)
        self.call = call

    def write(self, item: object) -> None:
        self.call(item)
