# SPDX-License-Identifier: Apache-2.0
"""Cycle models of convolution layers on the layer engine (docs/architecture.md, cycle contract; paper section 5).

The compute phase of one DStripes tile: operands on chip, one step of one pallet after the other. BASE and Stripes are the
counts of the contract, without fill and without stalls, which flatters them; `dstripes_cycles` is what the RTL must take,
exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig
from models.convolution import check_activations, pad_channels, pallet_bricks
from models.dispatch_timing import CAPTURE_TO_COLUMN
from models.layer import ConvLayer, LayerError
from models.precision import group_precision

# Register stages that a layer passes once: window sequencer, activation memory, dispatcher, tile, reducer, requantisers.
# The one number of this file that is read off the RTL.
PIPELINE_CYCLES = 9


def fill_cycles(config: DesignConfig) -> int:
    """Return the constant part of a layer's compute phase, in cycles: the same for all layers of a configuration.

    The sequencer lays out the first pallet's windows, one column a cycle; the pipeline fills; the last pallet's columns
    drain, one a cycle. No computation hides these.
    """
    return config.cols + PIPELINE_CYCLES + config.cols


def drain_interval(config: DesignConfig) -> int:
    """Return the fewest cycles between the captures of two pallets.

    The reducer hands on one column a cycle, beginning CAPTURE_TO_COLUMN cycles after the capture.
    """
    return config.cols + CAPTURE_TO_COLUMN


@dataclass(frozen=True)
class ConvCycles:
    """The compute phase of one layer, in cycles. Counts cover all passes of one tile."""

    layer: str
    passes: int
    pallets: int
    steps: int
    base_cycles: int  # one cycle a window, step and pass
    stripes_cycles: int  # the profile's precision for each pallet step and pass, without fill and stalls
    stripes_stalls: int  # cycles in which the tile at that precision would wait for the reducer
    bound_cycles: int  # DStripes without fill and stalls
    stalls: dict[str, int]  # cycles in which DStripes waits, by cause
    fill: int  # see fill_cycles
    mean_precision: float  # bits a pallet step, an all-zero one counted as the one cycle that it takes

    @property
    def dstripes_cycles(self) -> int:
        """Cycles of DStripes with stalls and fill: what the RTL must take."""
        return self.bound_cycles + sum(self.stalls.values()) + self.fill

    @property
    def stripes_tile_cycles(self) -> int:
        """Cycles of the same tile at the profile's precision, with its stalls and fill: the fair one beside an RTL run."""
        return self.stripes_cycles + self.stripes_stalls + self.fill

    @property
    def speedup(self) -> float:
        """Speedup of DStripes over BASE, stalls and fill included."""
        return self.base_cycles / self.dstripes_cycles

    @property
    def stripes_speedup(self) -> float:
        """Speedup of Stripes over BASE."""
        return self.base_cycles / self.stripes_cycles

    @property
    def bound_speedup(self) -> float:
        """Speedup of DStripes over BASE without stalls and fill: 16 / mean_precision when all 16 columns are in use."""
        return self.base_cycles / self.bound_cycles


def pallet_precisions(
    acts: np.ndarray, layer: ConvLayer, config: DesignConfig, signed: bool = False, n_low: int = 0
) -> np.ndarray:
    """Return the precision of each pallet step, int64 [pallets, steps], in bits: 0 when all its values are zero.

    acts: [H, W, C] integers of config.p bits. A group's precision is the largest of its bricks', so each brick is
    looked at once, however many windows share it. Raises LayerError when the activations do not fit the layer, or when
    it has several groups, which the engine does not take.
    """
    if layer.groups != 1:
        raise LayerError(f"layer {layer.name!r}: groups = {layer.groups}: must be 1 on the engine, use layer_cycles_of")
    bricks = pad_channels(check_activations(acts, layer), config.lanes).reshape(layer.H, layer.W, -1, config.lanes)
    precision = np.asarray(group_precision(bricks, config.p, signed, n_low), dtype=np.int64)
    return pallet_bricks(precision, layer, config.cols).max(axis=2)


def output_drain_stalls(pallet_cycles: np.ndarray, interval: int) -> int:
    """Return the cycles that pallets wait for the reducer, given the cycles each one computes, in order of all passes.

    The reducer drains the accumulators of one pallet while the next one is computed: a pallet is captured at the
    earliest `interval` cycles after the one before it (`drain_interval`). The first pallet finds the reducer free.
    """
    return int(np.maximum(0, interval - np.asarray(pallet_cycles, dtype=np.int64)[1:]).sum())


def cycles_from_precisions(
    precisions: np.ndarray, layer: ConvLayer, config: DesignConfig, profile_precision: int
) -> ConvCycles:
    """Return the cycles of a layer from the precision of each of its pallet steps.

    precisions: integers [pallets, steps] in 0..config.p, e.g. of `pallet_precisions`. profile_precision: n_H - n_L + 1
    of the layer's profile in bits, which Stripes uses throughout. Raises LayerError when they do not fit layer and
    config.
    """
    pallets, steps, passes = layer.pallets(config.cols), layer.step_count(config.lanes), layer.passes(config.rows)
    precisions = np.asarray(precisions, dtype=np.int64)
    if precisions.shape != (pallets, steps):
        raise LayerError(f"layer {layer.name!r}: precisions of shape {precisions.shape}: must be {(pallets, steps)}")
    if precisions.min() < 0 or precisions.max() > config.p or not 1 <= profile_precision <= config.p:
        raise LayerError(
            f"layer {layer.name!r}: precisions {precisions.min()}..{precisions.max()} with a profile of "
            f"{profile_precision} bits: must be in 0..{config.p} (profile 1..{config.p})"
        )
    cycles = np.maximum(precisions, 1)
    return ConvCycles(
        layer=layer.name,
        passes=passes,
        pallets=pallets,
        steps=steps,
        base_cycles=layer.windows * steps * passes,
        stripes_cycles=profile_precision * pallets * steps * passes,
        stripes_stalls=output_drain_stalls(np.full(passes * pallets, profile_precision * steps), drain_interval(config)),
        bound_cycles=int(cycles.sum()) * passes,
        stalls={"output_drain": output_drain_stalls(np.tile(cycles.sum(axis=1), passes), drain_interval(config))},
        fill=fill_cycles(config),
        mean_precision=float(cycles.mean()),
    )


def convolution_cycles(
    acts: np.ndarray,
    layer: ConvLayer,
    config: DesignConfig,
    n_high: int,
    *,
    n_low: int = 0,
    signed: bool = False,
) -> ConvCycles:
    """Return the cycles of a layer for the activations [H, W, C] of one input.

    n_high, n_low: bit positions of the layer's profile; n_low trims the values, n_high is only what Stripes uses (a
    value beyond it is not saturated: DStripes takes the precision that it finds). Raises LayerError as the functions
    above.
    """
    precisions = pallet_precisions(acts, layer, config, signed, n_low)
    return cycles_from_precisions(precisions, layer, config, n_high - n_low + 1)
