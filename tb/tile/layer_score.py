# SPDX-License-Identifier: Apache-2.0
"""Scores a batch that is a layer: its outputs against the convolution, its cycles and their causes against the cycle model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig
from models.convolution import accumulate
from models.cycles import LayerCycles, layer_cycles_of
from models.dispatch_timing import DispatchTiming
from models.pooling import max_pool
from tb.common.checks import Checks
from tb.tile.items import LayerItem, TileBatch
from tb.tile.reference import first_load
from tb.tile.trace import TileTrace


@dataclass(frozen=True)
class LayerScore:
    """What a layer was found to be. cycles: of the RTL, from the first handshake to the last column."""

    item: LayerItem
    outputs: np.ndarray  # int64 [windows, K], the RTL's sums
    mismatches: int
    cycles: int
    fill: int  # cycles before the first step's start and after the last capture
    stalls: dict[str, int]  # of the RTL, by cause
    model: LayerCycles


def expected_outputs(item: LayerItem) -> np.ndarray:
    """Return the layer's sums or largest values, int64 [windows, K]."""
    if item.weights is None:
        return max_pool(item.acts, item.layer, item.n_low)
    return accumulate(item.acts, item.weights, item.layer, item.n_low, rows=1)


def model_cycles(item: LayerItem, config: DesignConfig) -> LayerCycles:
    """Return what the layer takes at full speed."""
    profile = {"signed": item.signed, "n_low": item.n_low, "n_high": item.n_high, "slices": item.slices}
    return layer_cycles_of(item.layer, config, item.acts, item.weights, **profile)


def score_layer(batch: TileBatch, trace: TileTrace, sums: np.ndarray, timing: DispatchTiming, checks: Checks) -> LayerScore:
    """Compare a layer with the models; the cycles only if nothing outside the core made it wait.

    sums: int64 [pallets, cols, rows] of the RTL. timing: the event times, which the RTL has been compared with.
    """
    item, program = batch.layer, batch.program
    name, config = item.layer.name, program.config
    outputs, expected = program.collect(sums), expected_outputs(item)
    checks.equal(f"{name}: outputs [window, filter]", outputs, expected)
    model = model_cycles(item, config)
    stalls = _stalls(batch, trace, timing)
    fill = trace.cycles - sum(stalls.values()) - trace.counters["send"]
    if batch.full_speed:
        checks.equal(f"{name}: cycles", trace.cycles, model.cycles)
        checks.equal(f"{name}: cycles that send", trace.counters["send"], model.send)
        checks.equal(f"{name}: fill", fill, model.fill)
        for cause, cycles in model.stalls.items():
            checks.equal(f"{name}: cycles lost to {cause}", stalls[cause], cycles)
    return LayerScore(item, outputs, int((outputs != expected).sum()), trace.cycles, fill, stalls, model)


def _stalls(batch: TileBatch, trace: TileTrace, timing: DispatchTiming) -> dict[str, int]:
    """Return the RTL's stalls within the layer: between the first step's start and the last capture.

    The core also reports that it waits for the weights of the first step, which is fill, and for the weight bus to finish
    the last step (Loom), which the columns do not wait for.
    """
    counters = {cause: count for cause, count in trace.counters.items() if cause in ("output_drain", "weight_fetch", "reduce")}
    counters["weight_fetch"] -= timing.tail + first_load(timing, batch.mode, batch.program.config)
    return counters | {"activation_fetch": timing.causes["activation_fetch"]}
