# SPDX-License-Identifier: Apache-2.0
"""Samples the crosses of tb/tile/crosses.py from the traces of batches. Names: tile.<design>.p<P>.<point>."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from models.config import DesignConfig
from models.dispatch_timing import plane_cycles, step_work
from models.layer import ConvLayer
from tb.common.cover import Sample, different_rows, labelled, once
from tb.tile import crosses
from tb.tile.items import LayerMode, TileBatch
from tb.tile.memory import bit_serial
from tb.tile.trace import TileTrace


class CrossCoverage:
    """The crosses of one configuration; each bin counts once a run. Batches that a reset cut are not sampled here."""

    def __init__(self, config: DesignConfig) -> None:
        self.config = config
        self.group = f"tile.{config.design}.p{config.p}"
        design, static = config.design, config.detection == "static"
        self.kind = self._point("layer_kind", crosses.layer_kinds(config))
        if config.rows > 1:
            self.fill = self._point("channels_filters", crosses.fill_bins())
        if config.cols > 1:
            self.pallet = self._point("steps_back_pressure", crosses.pallet_bins())
        if design != "base":
            which = "static_" if static else ""
            columns = f"cols{config.cols}.b{config.bits_per_cycle}." if design == "loom" else ""
            self.stall = self._point(f"{columns}{which}precision_sign_stall", crosses.stall_bins(config))
            self.n_low = self._point(f"{which}n_low_precision", crosses.n_low_bins(config))
        if design in ("trt", "loom"):
            cycles = f"b{config.bits_per_cycle}.{which}weights_against_acts"
            self.against = self._point(cycles, crosses.against_bins(config))
        if design == "trt":
            self.slices = self._point(f"cols{config.cols}.slices_outputs", crosses.slice_bins(config))
            self.pool = self._point("pool_corners", crosses.pool_bins())
            if config.bits_per_cycle > 1:
                chunks = [f"{bits} bits" for bits in range(config.bits_per_cycle)]
                self.chunk = self._point(f"b{config.bits_per_cycle}.weight_bits_in_last_word", chunks)

    def _point(self, name: str, bins: Iterable[str]) -> Sample:
        return once(labelled(f"{self.group}.{name}", bins))

    def sample(self, trace: TileTrace, precision: np.ndarray, mode: LayerMode, batch: TileBatch | None) -> None:
        """Sample a batch: what the monitor saw, the precision of each step, the layer registers, what was sent, if known."""
        if (batch is not None and batch.reset_after is not None) or not self._whole(trace):
            return
        self._pallets(trace, mode)
        if self.config.design != "base":
            self._steps(trace, precision, mode)
        if bit_serial(self.config, mode.serial):
            self._weights(trace, precision, mode)
        if batch is not None and batch.layer is not None:
            self._layer(batch)

    def _whole(self, trace: TileTrace) -> bool:
        """Whether all pallets are there, each with its steps and columns; of a core with a bug they may not be."""
        steps = trace.inputs
        counts = len(trace.column_cycle) == int(steps.last.sum()) * self.config.cols, len(trace.step_cycle) == len(steps)
        return all(counts) and bool(np.array_equal(steps.first[1:], steps.last[:-1]) and steps.first[0] and steps.last[-1])

    def _steps(self, trace: TileTrace, precision: np.ndarray, mode: LayerMode) -> None:
        steps, config = trace.inputs, self.config
        if mode.static != (config.detection == "static"):
            return  # these crosses are about the way in which the design finds its precisions
        work = step_work(config, precision, steps.p_w, steps.last, serial=mode.serial, slices=mode.slices)
        for cause, where in crosses.step_stalls(trace, work, config.cols).items():
            for p, signed in different_rows(precision[where], steps.is_signed[where]):
                self.stall(crosses.stall_name(p, bool(signed), cause))
        for n_low, p in different_rows(steps.n_low, precision):
            self.n_low(crosses.n_low_name(n_low, p))

    def _weights(self, trace: TileTrace, precision: np.ndarray, mode: LayerMode) -> None:
        bits, p_w = self.config.bits_per_cycle, trace.inputs.p_w
        for pair in different_rows(plane_cycles(p_w, bits), plane_cycles(precision, bits)):
            self.against(crosses.against_name(mode, *pair))
        if self.config.design == "trt" and bits > 1:
            for chunk in np.unique(p_w % bits).tolist():
                self.chunk(f"{chunk} bits")

    def _pallets(self, trace: TileTrace, mode: LayerMode) -> None:
        steps, config = trace.inputs, self.config
        starts, ends = np.flatnonzero(steps.first), np.flatnonzero(steps.last)
        if config.cols > 1:
            cycles = trace.column_cycle.reshape(-1, config.cols)
            held = cycles[:, -1] - cycles[:, 0] >= config.cols
            for count, refused in different_rows(ends - starts + 1, held):
                self.pallet(crosses.pallet_name(count, bool(refused)))
        if mode.pool:
            for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
                values = steps.acts[first : last + 1].ravel()
                self.pool(crosses.pool_name(values, bool(steps.is_signed[first]), config.p))

    def _layer(self, batch: TileBatch) -> None:
        layer = batch.layer.layer
        kind = crosses.layer_kind(layer)
        self.kind(kind)
        if kind == "conv" and self.config.rows > 1:
            self.fill(crosses.fill_name(layer, self.config))
        if batch.mode.serial and self.config.design == "trt" and isinstance(layer, ConvLayer):
            self.slices(crosses.slice_name(layer, batch.mode.slices, self.config))


class CutCoverage:
    """In which way of working, and how early, a reset cut a batch."""

    def __init__(self, config: DesignConfig) -> None:
        name = f"tile.{config.design}.p{config.p}.reset_during"
        self.cut = once(labelled(name, crosses.reset_bins(config)))

    def sample(self, trace: TileTrace, batch: TileBatch) -> None:
        """Sample a batch that a reset cut."""
        when = crosses.CUTS[len(trace.column_cycle) > 0]
        self.cut(f"{crosses.way(batch.mode)}, {when}")
