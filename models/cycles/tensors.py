# SPDX-License-Identifier: Apache-2.0
"""Cycles of a layer from its tensors: each brick's precision is detected once, a step's is the largest of its bricks'.

No operand is copied for every window or pass that uses it; what is gathered is one byte a brick.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.config import DesignConfig
from models.convolution import check_activations, pad_channels, window_bricks
from models.cycles.core import LayerCycles, activation_streams, as_convolution, layer_cycles, on_tiles
from models.layer import ConvLayer, LayerError, PoolLayer
from models.precision import group_precision
from models.tile_shape import is_serial, tile_shape
from models.weight_memory import weight_precisions


@dataclass(frozen=True)
class BrickPrecisions:
    """What a fully connected layer needs for any number of slices; bits."""

    acts: np.ndarray | int  # of each brick, int [bricks], or one number for all
    weights: np.ndarray | int  # of each brick in each `rows` filters, int [ceil(K / rows), bricks], or one number


def activation_precisions(
    acts: np.ndarray, layer: ConvLayer, config: DesignConfig, *, signed: bool = False, n_low: int = 0
) -> np.ndarray:
    """Return the precision of the activations of each step of a layer whose columns are windows.

    acts: [H, W, C] integers of config.p bits. Returns uint8 [streams, pallets, steps], see `activation_streams`. Raises
    LayerError or ValueError when the activations do not fit the layer or config.p.
    """
    acts, streams = check_activations(acts, layer), activation_streams(layer, config)
    if acts.ndim != 3:
        raise LayerError(f"layer {layer.name!r}: activations of shape {acts.shape}: must be [H, W, C], one input")
    channels = layer.pass_channels(config.rows, config.lanes) if layer.depthwise else layer.group_channels
    bricks = pad_channels(pad_channels(acts, channels).reshape(layer.H, layer.W, streams, channels), config.lanes)
    precisions = group_precision(bricks.reshape(*bricks.shape[:3], -1, config.lanes), config.p, signed, n_low)
    precisions = precisions.astype(np.uint8).reshape(layer.H, layer.W, -1)
    windows = window_bricks(precisions, layer)  # [windows, R * S * streams * CB]
    missing = -len(windows) % config.cols
    windows = np.pad(windows, [(0, missing), (0, 0)]).reshape(-1, config.cols, windows.shape[1])
    pallets = windows.max(axis=1).reshape(len(windows), layer.R * layer.S, streams, -1)
    return pallets.transpose(2, 0, 1, 3).reshape(streams, len(windows), -1)


def brick_precisions(
    acts: np.ndarray, weights: np.ndarray, layer: ConvLayer, config: DesignConfig, *, signed: bool = False, n_low: int = 0
) -> BrickPrecisions:
    """Return the precisions of a fully connected layer's bricks, for `best_slices`. Raises as `activation_precisions`."""
    one_window = replace(config, cols=1)
    bricks = activation_precisions(acts, layer, one_window, signed=signed, n_low=n_low)[0, 0]
    return BrickPrecisions(bricks, row_precisions(weights, layer, config))


def row_precisions(weights: np.ndarray, layer: ConvLayer, config: DesignConfig) -> np.ndarray:
    """Return the precision of the weights of each brick in each `rows` filters, int64 [filters / rows, bricks].

    weights: [K, R, S, C / groups]. This is what the steps of a convolution use on Loom: [passes, steps].
    """
    loom = replace(config, design="loom", detection="dynamic")
    return weight_precisions(layer, loom, weights, serial=False)


def _largest(values: np.ndarray, axis: int, count: int) -> np.ndarray:
    """Return the largest of each `count` consecutive entries of an axis (the last ones may be fewer)."""
    return np.maximum.reduceat(values, np.arange(0, values.shape[axis], count), axis=axis)


def _slice_steps(values: np.ndarray, slices: int) -> np.ndarray:
    """Return the largest of the bricks [..., bricks] that the slices of a step take: [..., steps]."""
    steps = -(-values.shape[-1] // slices)
    missing = steps * slices - values.shape[-1]
    padded = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, missing)])
    return padded.reshape(*values.shape[:-1], slices, steps).max(axis=-2)


def serial_cycles(
    layer: ConvLayer, config: DesignConfig, bricks: BrickPrecisions, *, slices: int = 1, tiles: int = 1
) -> LayerCycles:
    """Return the cycles of a fully connected layer on trt or loom from the precisions of its bricks.

    With several tiles the weights' rows are those of all of them (`brick_precisions` of `on_tiles`). Raises LayerError.
    """
    p_a, p_w = bricks.acts, bricks.weights
    outputs = tile_shape(layer, on_tiles(config, tiles), True, slices).outputs
    if np.ndim(p_a):
        p_a = _slice_steps(np.asarray(p_a), slices)
    if np.ndim(p_w):
        p_w = _slice_steps(_largest(np.asarray(p_w), 0, outputs), slices)
    return layer_cycles(layer, config, p_a, p_w, slices=slices, tiles=tiles)


def best_slices(layer: ConvLayer, config: DesignConfig, bricks: BrickPrecisions, *, tiles: int = 1) -> LayerCycles:
    """Return the cycles of a fully connected layer on TRT with the best number of slices, which is in the result.

    Tries 1 .. config.cols (paper section 5.3.1, cascade mode); of equals the smallest. bricks: see `brick_precisions`,
    or numbers of bits for all. Raises LayerError.
    """
    tried = [serial_cycles(layer, config, bricks, slices=slices, tiles=tiles) for slices in range(1, config.cols + 1)]
    return min(tried, key=lambda result: (result.cycles, result.slices))


def _static(layer: ConvLayer, config: DesignConfig, found: np.ndarray, n_low: int, n_high: int | None) -> int:
    """Return the profile's precision. Raises LayerError when there is none or the activations do not fit it."""
    where = f"layer {layer.name!r} on {config.name!r}: n_high = {n_high}"
    if n_high is None or not n_low <= n_high < config.p:
        raise LayerError(f"{where}: static detection needs n_low..{config.p - 1}, n_low = {n_low}")
    if found.max() > n_high - n_low + 1:
        raise LayerError(f"{where}: the activations need {n_low + int(found.max()) - 1}, and the profile is static")
    return n_high - n_low + 1


def layer_cycles_of(
    layer: ConvLayer | PoolLayer,
    config: DesignConfig,
    acts: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    *,
    signed: bool = False,
    n_low: int = 0,
    n_high: int | None = None,
    slices: int | None = None,
    tiles: int = 1,
) -> LayerCycles:
    """Return the cycles of a layer for one input.

    Args:
        layer: a convolution, fully connected when it has one window; max pooling on trt.
        config: any design. BASE needs no tensors.
        acts: [H, W, C] integers of config.p bits, `signed` or not.
        weights: [K, R, S, C / groups] signed integers; needed by loom and by fully connected layers on trt.
        n_low, n_high: bit positions of the layer's profile; bits below n_low are dropped, n_high is for static detection.
        slices: columns that share an output (trt, fully connected); None: the best number.
        tiles: tiles that share the activations.

    Raises LayerError or ValueError when an operand is missing or does not fit the layer, the design or a static profile.
    """
    given, layer, wide = layer, as_convolution(layer, config), on_tiles(config, tiles)
    if config.design == "base":
        return layer_cycles(layer, config, tiles=tiles)
    serial = is_serial(given, config)
    if acts is None or (weights is None and (serial or config.design == "loom")):
        raise LayerError(f"layer {layer.name!r} on {config.name!r}: {'activations' if acts is None else 'weights'} are missing")
    if serial:
        bricks = brick_precisions(acts, weights, layer, wide, signed=signed, n_low=n_low)
        if config.detection == "static":
            bricks = BrickPrecisions(_static(layer, config, bricks.acts, n_low, n_high), int(bricks.weights.max()))
        if slices is None and config.design == "trt":
            return best_slices(layer, config, bricks, tiles=tiles)
        return serial_cycles(layer, config, bricks, slices=1 if slices is None else slices, tiles=tiles)
    p_a = activation_precisions(acts, layer, wide, signed=signed, n_low=n_low)
    p_w = row_precisions(weights, layer, wide) if config.design == "loom" else None
    if config.detection == "static":
        p_a, p_w = _static(layer, config, p_a, n_low, n_high), None if p_w is None else int(p_w.max())
    return layer_cycles(given, config, p_a, p_w, slices=1 if slices is None else slices, tiles=tiles)
