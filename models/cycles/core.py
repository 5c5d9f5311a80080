# SPDX-License-Identifier: Apache-2.0
"""Cycles of a layer on the core of any design at full speed: input never late, output always taken.

The rules are those of models/dispatch_timing.py (docs/architecture.md, cycle contract at the core; paper sections 5.1 to
5.4), summed over all steps without going through them one by one. "Precision" is the precision in use: detected, or the
layer's where the detection is static.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.config import DesignConfig, load_config
from models.dispatch_timing import BASE_LATENCY, column_latency, plane_cycles, step_work
from models.layer import ConvLayer, LayerError, PoolLayer
from models.tile_shape import TileShape, is_serial, tile_shape, utilisation

Precisions = np.ndarray | int


@dataclass(frozen=True)
class LayerCycles:
    """The compute phase of one layer at the core. Counts cover all passes of one tile (all tiles work alike)."""

    layer: str
    config: str
    design: str
    bits_per_cycle: int
    serial: bool  # fully connected on trt or loom: columns are outputs
    tiles: int
    slices: int  # columns that share an output; 1: no cascade
    passes: int
    pallets: int  # of each pass
    steps: int  # of each pallet
    send: int  # cycles in which operands leave for the multipliers
    stalls: dict[str, int]  # the cycles between them, by cause (CAUSES of models/dispatch_timing.py)
    fill: int  # cycles before the first step starts and after the last capture
    bound_cycles: int  # without fill and without waiting for the output or the cascade
    base_cycles: int  # of the bit-parallel baseline, with its fill
    utilisation: float  # part of the multipliers' slots that a product of the layer fills
    mean_p_a: float  # bits of a step's activations, an all-zero step counted as the one bit that it takes
    mean_p_w: float  # the same of the weights; P where the tile takes them bit-parallel

    @property
    def cycles(self) -> int:
        """Cycles from the first step's handshake to the last column, both included: what the RTL must take."""
        return self.fill + self.send + sum(self.stalls.values())

    @property
    def speedup(self) -> float:
        """Speedup over the baseline, stalls and fills included."""
        return self.base_cycles / self.cycles

    @property
    def bound_speedup(self) -> float:
        """Speedup over the baseline without fill, drain and cascade: P / p_a and so on when the tile is full."""
        return (self.base_cycles - BASE_LATENCY) / self.bound_cycles


@dataclass(frozen=True)
class _Counts:
    """Sums over a layer; mean precisions in bits."""

    send: int
    output_drain: int
    weight_fetch: int
    reduce: int
    fill: int
    bound: int
    mean_p_a: float
    mean_p_w: float


def on_tiles(config: DesignConfig, tiles: int) -> DesignConfig:
    """Return the configuration of `tiles` tiles that share the broadcast activations: one tile of as many times the rows.

    Raises LayerError when there is no tile.
    """
    if tiles < 1:
        raise LayerError(f"tiles = {tiles}: must be at least 1")
    return config if tiles == 1 else replace(config, rows=config.rows * tiles)


def activation_streams(layer: ConvLayer, config: DesignConfig) -> int:
    """Return how many different sequences of steps the passes read: a group's, of a depthwise layer a brick's.

    Each one serves passes / streams passes in a row.
    """
    return layer.passes(config.rows, config.lanes) // layer.group_filters if layer.depthwise else layer.groups


def as_convolution(layer: ConvLayer | PoolLayer, config: DesignConfig) -> ConvLayer:
    """Return the convolution like which a layer is laid out. Raises LayerError when the design has no maximum."""
    if isinstance(layer, ConvLayer):
        return layer
    if config.design != "trt":
        raise LayerError(f"layer {layer.name!r} on {config.name!r}: only trt compares products (max pooling)")
    return layer.as_depthwise


def layer_cycles(
    layer: ConvLayer | PoolLayer,
    config: DesignConfig,
    p_a: Precisions | None = None,
    p_w: Precisions | None = None,
    *,
    slices: int = 1,
    tiles: int = 1,
) -> LayerCycles:
    """Return the cycles of a layer from the precision of each of its steps.

    Args:
        layer: a convolution, fully connected when it has one window; max pooling on trt.
        config: any design. BASE needs no precisions.
        p_a: bits of the activations, one number for all steps or int [streams, pallets, steps], see
            `activation_streams`; leading axes of length 1 may be left out.
        p_w: bits of the weights, one number or int [passes, steps]; needed by loom and by fully connected layers on trt.
        slices: columns that share an output (trt, fully connected): p_a and p_w are of steps of that many bricks.
        tiles: tiles that share the broadcast activations; each pass computes so many times the filters.

    Raises LayerError when layer, precisions and design do not fit each other.
    """
    serial = is_serial(layer, config)  # pooling never is, not even one channel in one window
    layer, wide = as_convolution(layer, config), on_tiles(config, tiles)
    shape = tile_shape(layer, wide, serial, slices)
    if config.design == "base":
        counts = _base_counts(shape, config)
    else:
        streams = activation_streams(layer, wide)
        p_a = _check(layer, config, "p_a", p_a, (1 if serial else streams, shape.pallets, shape.steps))
        if serial or config.design == "loom":
            p_w = _check(layer, config, "p_w", p_w, (shape.passes, shape.steps))
        count = _serial_counts if serial else _loom_counts if config.design == "loom" else _parallel_counts
        counts = count(shape, config, p_a, p_w)
    return _result(layer, config, shape, counts, serial, tiles)


def _result(layer: ConvLayer, config: DesignConfig, shape: TileShape, counts: _Counts, serial: bool, tiles: int) -> LayerCycles:
    baseline = config if config.design == "base" else load_config(config.baseline)
    base_steps = tile_shape(layer, on_tiles(baseline, tiles), serial=False).all_steps
    stalls = {cause: getattr(counts, cause) for cause in ("output_drain", "weight_fetch", "reduce")}
    return LayerCycles(
        layer=layer.name,
        config=config.name,
        design=config.design,
        bits_per_cycle=config.bits_per_cycle,
        serial=serial,
        tiles=tiles,
        slices=shape.slices,
        passes=shape.passes,
        pallets=shape.pallets,
        steps=shape.steps,
        send=counts.send,
        stalls=stalls,
        fill=counts.fill,
        bound_cycles=counts.bound,
        base_cycles=base_steps + BASE_LATENCY,
        utilisation=utilisation(layer, on_tiles(config, tiles), serial, shape.slices),
        mean_p_a=counts.mean_p_a,
        mean_p_w=counts.mean_p_w,
    )


def _check(
    layer: ConvLayer, config: DesignConfig, what: str, precisions: Precisions | None, shape: tuple[int, ...]
) -> np.ndarray:
    """Return precisions as an integer array of `shape`. Raises LayerError."""
    where = f"layer {layer.name!r} on {config.name!r}: {what}"
    if precisions is None:
        raise LayerError(f"{where} is missing: must be a number of bits or an array of shape {shape}")
    values = np.asarray(precisions)
    if values.dtype.kind not in "iu":
        raise LayerError(f"{where} is {values.dtype}: must be integers")
    fits = values.shape == shape[len(shape) - values.ndim :] and set(shape[: len(shape) - values.ndim]) <= {1}
    if values.ndim and not fits:
        raise LayerError(f"{where} of shape {values.shape}: must be one number or of shape {shape}")
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > config.p:
        raise LayerError(f"{where} = {low}..{high}: must be in 0..{config.p}")
    if config.detection == "static" and low != high:
        raise LayerError(f"{where} = {low}..{high}: must be one number, the detection of this configuration is static")
    return np.broadcast_to(values, shape)


def _base_counts(shape: TileShape, config: DesignConfig) -> _Counts:
    """One cycle a step (section 5.1)."""
    return _Counts(shape.all_steps, 0, 0, 0, BASE_LATENCY, shape.all_steps, float(config.p), float(config.p))


def _interval(config: DesignConfig) -> int:
    """Return the fewest cycles between two captures: the reducer hands on one column a cycle."""
    return column_latency(config) + config.cols


def _parallel_drain(work: np.ndarray, repeats: int, first: int, config: DesignConfig) -> int:
    """Return the cycles that pallets wait for the reducer, given the cycles each one computes.

    work: [...], each entry stands for `repeats` pallets. A pallet waits until the reducer's interval after the capture
    before it; the waiting is over when the next one starts, so none carries over. The first pallet, of `first` cycles,
    does not wait.
    """
    waits = np.maximum(0, _interval(config) - work)
    return int(waits.sum()) * repeats - max(0, _interval(config) - first)


def _parallel_counts(shape: TileShape, config: DesignConfig, p_a: np.ndarray, p_w: np.ndarray | None) -> _Counts:
    """DStripes, and TRT's convolutions: each step takes its planes, and all passes of a stream are alike (section 5.2)."""
    work, repeats = plane_cycles(p_a, config.bits_per_cycle).sum(axis=2), shape.passes // len(p_a)
    send = int(work.sum()) * repeats
    drain = _parallel_drain(work, repeats, int(work[0, 0]), config)
    mean = float(np.maximum(p_a, 1).mean())
    return _Counts(send, drain, 0, 0, 1 + _interval(config), send, mean, float(config.p))


def _loom_counts(shape: TileShape, config: DesignConfig, p_a: np.ndarray, p_w: np.ndarray) -> _Counts:
    """Loom's convolutions: a step takes its planes once for each weight bit (section 5.4).

    The work of every pallet in every pass of its stream is a matrix product; float64 holds it exactly.
    """
    planes = np.maximum(p_a, 1).astype(np.float64)
    weights = np.maximum(p_w, 1).astype(np.float64).reshape(len(planes), -1, shape.steps)
    work = (planes @ weights.transpose(0, 2, 1)).astype(np.int64)  # [streams, pallets, passes of a stream]
    send = int(work.sum())
    drain = _parallel_drain(work, 1, int(work[0, 0, 0]), config)
    return _Counts(send, drain, 0, 0, 1 + _interval(config), send, float(planes.mean()), float(weights.mean()))


def _serial_counts(shape: TileShape, config: DesignConfig, p_a: np.ndarray, p_w: np.ndarray) -> _Counts:
    """Fully connected layers of TRT and Loom: a pass is one pallet; weights load while the step before computes."""
    last = np.arange(shape.steps) == shape.steps - 1
    work = step_work(config, p_a[0], p_w, last, serial=True, slices=shape.slices)
    computing = np.maximum(work.work, _next(work.load))[:, :-1].sum(axis=1) + work.capture[:, -1]  # start to capture
    held = np.maximum(work.work, _next(work.load))[:, -1] - work.capture[:, -1]  # capture to the next pass's start
    held[-1] = 0
    waits = pass_waits(computing, held, _interval(config))
    send, reduce, drain = int(work.send.sum()), int(work.reduce.sum()), int(waits.sum())
    elapsed = int(computing.sum()) + drain + int(np.maximum(0, held - waits).sum())
    fill = int(work.load[0, 0]) + _interval(config)
    bound = int(np.maximum(work.work - work.reduce, work.load).sum())
    means = float(np.maximum(p_a, 1).mean()), float(np.maximum(p_w, 1).mean())
    return _Counts(send, drain, elapsed - send - reduce - drain, reduce, fill, bound, *means)


def _next(load: np.ndarray) -> np.ndarray:
    """Return the load of the step that follows, [passes, steps]; 0 after the last."""
    return np.append(load.ravel()[1:], 0).reshape(load.shape)


def pass_waits(computing: np.ndarray, held: np.ndarray, interval: int) -> np.ndarray:
    """Return how long the capture of each pass waits for the reducer, int64 [passes].

    computing: cycles from the start of a pass to the capture without waiting. held: cycles from there to the start of the
    next pass, which waiting hides. interval: fewest cycles between two captures. With w the wait of the pass before, a
    pass is computed `max(0, held - w) + computing` cycles after that capture, and waits for what is missing to
    `interval`. Where passes are as long as the interval none waits.
    """
    missing = np.maximum(0, interval - computing)
    waits = np.zeros(len(computing), np.int64)
    for i in np.flatnonzero(missing[1:]) + 1:
        waits[i] = max(0, missing[i] - max(0, held[i - 1] - waits[i - 1]))
    return waits
