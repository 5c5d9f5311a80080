# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the cores, from the traces of batches."""

from __future__ import annotations

import numpy as np
from pyuvm import ConfigDB, uvm_subscriber

from models.dispatch_timing import column_latency, plane_cycles, step_work
from tb.common.cover import different_rows
from tb.tile.coverage_points import change, compared, samplers, sign, steps_bin
from tb.tile.cross_coverage import CrossCoverage, CutCoverage
from tb.tile.items import LayerMode, TileBatch
from tb.tile.memory import bit_serial
from tb.tile.reference import step_precisions
from tb.tile.subscriber import Caller
from tb.tile.trace import TileTrace


class TileCoverage(uvm_subscriber):
    """Samples the trace of each batch; without batches (a core that somebody else drives) `modes` says what it is to do."""

    samples_cuts = False  # whether the test resets the core in the middle of batches

    def build_phase(self) -> None:
        self.config = ConfigDB().get(self, "", "CONTEXT").config
        self.samplers = samplers(self.config)
        self.crosses = CrossCoverage(self.config)
        self.cuts = CutCoverage(self.config) if self.samples_cuts else None
        self.modes: list[LayerMode] = []
        self.batches: list[TileBatch] = []
        self.sampled: set[tuple] = set()
        self.batch_export = Caller("batch_export", self, self._batch)

    def _batch(self, batch: TileBatch) -> None:
        self.modes.append(batch.mode)
        self.batches.append(batch)

    def write(self, trace: TileTrace) -> None:
        mode = self.modes.pop(0)
        batch = self.batches.pop(0) if self.batches else None
        if not len(trace.inputs):
            return
        precision, _ = step_precisions(trace.inputs, mode, self.config)
        self._steps(trace, precision, mode)
        self._weights(trace, precision, mode)
        self._pallets(trace, precision, mode)
        self._batches(trace, mode)
        self.crosses.sample(trace, precision, mode, batch)
        if self.cuts and batch.reset_after is not None:
            self.cuts.sample(trace, batch)

    def _new(self, kind: str, *columns: np.ndarray) -> list[tuple[int, ...]]:
        """The rows not sampled before in this run: sampling one costs as much as simulating ten cycles."""
        found = {(kind, *row) for row in different_rows(*columns)}
        new = sorted(found - self.sampled)
        self.sampled |= found
        return [row[1:] for row in new]

    def _steps(self, trace: TileTrace, precision: np.ndarray, mode: LayerMode) -> None:
        steps, bits = trace.inputs, self.config.bits_per_cycle
        flat = steps.acts.reshape(len(steps), -1)
        minimum = (flat == -(1 << (self.config.p - 1))).any(axis=1) & steps.is_signed
        before = np.concatenate([precision[:1], precision[:-1]])
        columns = [precision, before, steps.is_signed, steps.n_low, minimum, np.full(len(steps), mode.static)]
        for p, previous, signed, n_low, lowest, static in self._new("step", *columns):
            values = {"sign": sign(signed), "n_low": n_low, "most_negative": bool(lowest), "bits_in_last_chunk": p % bits}
            dynamic = {"precision": p, "precision_change": change(previous, p)}
            self.samplers["step"](values | ({"static_precision": p} if static else dynamic))

    def _weights(self, trace: TileTrace, precision: np.ndarray, mode: LayerMode) -> None:
        """Precisions of serial weights beside those of the activations; both in cycles."""
        if not bit_serial(self.config, mode.serial):
            return
        bits, p_w = self.config.bits_per_cycle, trace.inputs.p_w
        operands = p_w, plane_cycles(p_w, bits), plane_cycles(precision, bits)
        for weight_precision, load, planes in self._new(f"weights {mode.serial}", *operands):
            values = {"weight_precision": weight_precision}
            if mode.serial or self.config.design == "loom":
                values["weights_beside_acts"] = compared(load, planes)
            if mode.serial:
                values["planes_beside_columns"] = compared(planes, self.config.cols)
            self.samplers["weights"](values)

    def _pallets(self, trace: TileTrace, precision: np.ndarray, mode: LayerMode) -> None:
        """Per complete pallet: steps, whether it computes faster than the reducer drains, whether back-pressure held it."""
        config, steps, held = self.config, trace.inputs, _held(trace, self.config.cols)
        work = np.ones_like(precision)
        if config.design != "base":
            work = step_work(config, precision, steps.p_w, steps.last, serial=mode.serial, slices=mode.slices).work
        starts, ends = np.flatnonzero(steps.first), np.flatnonzero(steps.last)
        whole = min(len(starts), len(ends), len(held))  # a core with a bug may give too many
        starts, ends, held = starts[:whole], ends[:whole], held[:whole]
        busy = np.diff(np.concatenate([[0], np.cumsum(work)])[np.stack([starts, ends + 1])], axis=0)[0]
        fast = busy < config.cols + column_latency(config)
        for count, quick, stopped in self._new("pallet", ends - starts + 1, fast, held):
            values = {"faster_than_reducer": bool(quick), "column_held": bool(stopped)}
            self.samplers["pallet"](values | {"steps": steps_bin(count)})

    def _batches(self, trace: TileTrace, mode: LayerMode) -> None:
        name = "pool" if mode.pool else "serial" if mode.serial else "parallel"
        values: dict[str, object] = {"mode": f"{name} {'static' if mode.static else 'dynamic'}"}
        values["cascade"] = mode.slices if mode.serial else None
        for signed in np.unique(trace.inputs.is_signed):
            self.samplers["batch"](values | {"pool_sign": sign(signed) if mode.pool else None})
        for cause in (cause for cause, cycles in trace.counters.items() if cycles):
            self.samplers["batch"]({"stalled_by": cause})


def _held(trace: TileTrace, cols: int) -> np.ndarray:
    """Whether back-pressure held a column of each pallet, bool [pallets]; of a single column it cannot be seen."""
    cycles = trace.column_cycle[: len(trace.column_cycle) // cols * cols].reshape(-1, cols)
    return cycles[:, -1] - cycles[:, 0] >= cols
