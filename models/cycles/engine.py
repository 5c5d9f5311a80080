# SPDX-License-Identifier: Apache-2.0
"""Cycle models of layers on the layer engine (docs/architecture.md, cycle contract; paper section 5).

`engine_cycles` is what the RTL must take, exactly, on every design that the engine has: the cycles of the core
(models/cycles/core.py), operands on chip and never late, and a constant around it. `convolution_cycles` compares one DStripes
tile with the counts of BASE and Stripes, those without fill and without stalls, which flatters them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig
from models.convolution import check_activations, pad_channels, pallet_bricks
from models.cycles.core import LayerCycles
from models.cycles.tensors import layer_cycles_of
from models.dispatch_timing import BASE_LATENCY, CAPTURE_TO_COLUMN, column_latency, plane_cycles
from models.layer import ConvLayer, LayerError, PoolLayer
from models.precision import group_precision

# Register stages around the core: the start of the sequencer, the activation memory, two of the output unit. The one number of
# this file that is read off the RTL.
ENGINE_STAGES = 4
# Register stages that a layer passes once on DStripes: those, the dispatcher's stage A, and from a capture to its first column.
PIPELINE_CYCLES = ENGINE_STAGES + 1 + CAPTURE_TO_COLUMN


def fill_cycles(config: DesignConfig, first_load: int = 1) -> int:
    """Return the constant part of a layer's compute phase, in cycles: the same for all layers of a configuration.

    The sequencer lays out the first pallet's windows, one column a cycle; the pipeline fills; the last pallet's columns
    drain, one a cycle. No computation hides these. first_load: cycles for which the first step's weights load (1 unless
    they are serial, then a word a cycle).
    """
    around = config.cols + ENGINE_STAGES
    return around + (BASE_LATENCY if config.design == "base" else first_load + drain_interval(config))


def drain_interval(config: DesignConfig) -> int:
    """Return the fewest cycles between the captures of two pallets.

    The reducer hands on one column a cycle, beginning `column_latency` cycles after the capture.
    """
    return config.cols + column_latency(config)


@dataclass(frozen=True)
class EngineCycles:
    """The compute phase of one layer on the engine, in cycles."""

    core: LayerCycles
    around: int  # before the first step's handshake and after the last column

    @property
    def cycles(self) -> int:
        """From the start to the end of the phase: what the RTL must take."""
        return self.core.cycles + self.around

    @property
    def send(self) -> int:
        """Cycles in which operands leave for the multipliers."""
        return self.core.send

    @property
    def fill(self) -> int:
        """Cycles before the first operands leave, and after the core's last activity."""
        return self.core.fill + self.around

    @property
    def stalls(self) -> dict[str, int]:
        """Cycles in between, by cause; activations are never late."""
        return self.core.stalls | {"activation_fetch": 0}


def engine_cycles(
    layer: ConvLayer | PoolLayer,
    config: DesignConfig,
    acts: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    *,
    signed: bool = False,
    n_low: int = 0,
    n_high: int | None = None,
    slices: int = 1,
) -> EngineCycles:
    """Return the cycles of a layer on the engine for one input; arguments and errors as `layer_cycles_of`."""
    core = layer_cycles_of(layer, config, acts, weights, signed=signed, n_low=n_low, n_high=n_high, slices=slices)
    return EngineCycles(core, config.cols + ENGINE_STAGES)


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
    cycles, profile = (
        plane_cycles(precisions, config.bits_per_cycle),
        int(plane_cycles(profile_precision, config.bits_per_cycle)),
    )
    return ConvCycles(
        layer=layer.name,
        passes=passes,
        pallets=pallets,
        steps=steps,
        base_cycles=layer.windows * steps * passes,
        stripes_cycles=profile * pallets * steps * passes,
        stripes_stalls=output_drain_stalls(np.full(passes * pallets, profile * steps), drain_interval(config)),
        bound_cycles=int(cycles.sum()) * passes,
        stalls={"output_drain": output_drain_stalls(np.tile(cycles.sum(axis=1), passes), drain_interval(config))},
        fill=fill_cycles(config),
        mean_precision=float(np.maximum(precisions, 1).mean()),
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
