# SPDX-License-Identifier: Apache-2.0
"""The weights as a tile needs them: at each step, their precisions, and the words of the weight memory.

docs/architecture.md, how a layer is laid on a tile, and weight memory words; paper sections 5 and 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig
from models.convolution import check_integers, check_weights
from models.layer import ConvLayer
from models.precision import limits, magnitude, precision_of_or
from models.tile_shape import TileShape, tile_shape


@dataclass(frozen=True, eq=False)
class WeightMemory:
    """The words of one layer.

    words: int64 [words, rows, lanes], one weight an element, where weights are read bit-parallel (word_bits = rows *
    lanes * P, row r lane l at bit (r * lanes + l) * P); else uint8 [words, word_bits], one bit an element. addresses:
    int64 [passes, steps], a step's first word. precisions: int64 [passes, steps] as `weight_precisions`.
    """

    words: np.ndarray
    word_bits: int
    addresses: np.ndarray
    precisions: np.ndarray


def check_tile_weights(weights: np.ndarray, layer: ConvLayer, config: DesignConfig) -> np.ndarray:
    """Return weights [K, R, S, C / groups]. Raises LayerError when they do not fit the layer or config.p signed bits."""
    low, high = limits(config.p, signed=True)
    return check_integers(check_weights(weights, layer), f"layer {layer.name!r} on {config.name!r}: weights", low, high)


def _pad(values: np.ndarray, axis: int, multiple: int) -> np.ndarray:
    """Pad an axis with zeros to whole multiples."""
    missing = -values.shape[axis] % multiple
    if not missing:
        return values
    return np.pad(values, [(0, missing if i == axis else 0) for i in range(values.ndim)])


def _depthwise_bricks(values: np.ndarray, layer: ConvLayer, config: DesignConfig) -> np.ndarray:
    """Return values [K, R, S, 1] as [bricks, channels of a pass, filters of a channel, steps]."""
    channels = layer.pass_channels(config.rows, config.lanes)
    values = _pad(values.reshape(layer.C, layer.group_filters, -1), 0, channels)
    return values.reshape(-1, channels, *values.shape[1:])


def _filter_passes(values: np.ndarray, layer: ConvLayer, filters: int) -> np.ndarray:
    """Return values [K, R, S, C / groups] as [passes, filters of a pass, R * S, C / groups], group by group."""
    values = values.reshape(layer.groups, layer.group_filters, layer.R * layer.S, layer.group_channels)
    return _pad(values, 1, filters).reshape(-1, filters, *values.shape[2:])


def tile_weights(layer: ConvLayer, config: DesignConfig, weights: np.ndarray, serial: bool, slices: int = 1) -> np.ndarray:
    """Return the weight that each multiplier uses at each step: int16 [passes, steps, rows, columns, lanes].

    weights: [K, R, S, C / groups] integers of config.p signed bits. columns = 1, the same weights for all of them,
    unless serial. Where there is no weight the value is 0. Raises LayerError.
    """
    weights = check_tile_weights(weights, layer, config).astype(np.int16)
    shape, rows, lanes = tile_shape(layer, config, serial, slices), config.rows, config.lanes
    if layer.depthwise:
        bricks = _depthwise_bricks(weights, layer, config).transpose(0, 2, 3, 1)  # [bricks, multiplier, steps, channels]
        tile = np.zeros((*bricks.shape[:3], rows, lanes), np.int64)
        diagonal = np.arange(bricks.shape[3])
        tile[..., diagonal, diagonal] = bricks
        return tile.reshape(shape.passes, shape.steps, rows, 1, lanes)
    tile = _pad(_filter_passes(weights, layer, rows * shape.outputs), 3, lanes)
    tile = _pad(tile.reshape(*tile.shape[:2], -1, lanes), 2, shape.slices)
    tile = tile.reshape(shape.passes, shape.outputs, rows, shape.slices, shape.steps, lanes).transpose(0, 4, 2, 1, 3, 5)
    tile = tile.reshape(shape.passes, shape.steps, rows, -1, lanes)
    return _pad(tile, 3, config.cols) if serial else tile


def _step_magnitudes(layer: ConvLayer, config: DesignConfig, magnitudes: np.ndarray, shape: TileShape) -> np.ndarray:
    """Return the OR of the magnitudes [K, R, S, C / groups] that each step uses, [passes, steps]: no weight is moved."""
    if layer.depthwise:
        bricks = np.bitwise_or.reduce(_depthwise_bricks(magnitudes, layer, config), axis=1)
        return bricks.reshape(shape.passes, shape.steps)
    ored = np.bitwise_or.reduce(_filter_passes(magnitudes, layer, config.rows * shape.outputs), axis=1)
    ored = _pad(ored, 2, config.lanes).reshape(shape.passes, -1, config.lanes)
    ored = _pad(np.bitwise_or.reduce(ored, axis=2), 1, shape.slices)
    return np.bitwise_or.reduce(ored.reshape(shape.passes, shape.slices, shape.steps), axis=1)


def serial_weights(config: DesignConfig, serial: bool) -> bool:
    """Return whether the weights go to the tile bit-serially: all of Loom, TRT's fully connected layers."""
    return config.design == "loom" or serial


def weight_precisions(layer: ConvLayer, config: DesignConfig, weights: np.ndarray, serial: bool, slices: int = 1) -> np.ndarray:
    """Return the signed precision of the weights that each step uses, int64 [passes, steps], in bits.

    0 for a step of zeros, and everywhere when the weights are read bit-parallel. A configuration of static detection
    uses the layer's largest precision for all steps. weights: [K, R, S, C / groups] integers of config.p signed bits.
    Raises LayerError.
    """
    weights, shape = check_tile_weights(weights, layer, config), tile_shape(layer, config, serial, slices)
    if not serial_weights(config, serial):
        return np.zeros((shape.passes, shape.steps), np.int64)
    magnitudes = magnitude(weights.astype(np.int16, copy=False))
    precisions = precision_of_or(_step_magnitudes(layer, config, magnitudes, shape), config.p, signed=True)
    return np.full_like(precisions, precisions.max()) if config.detection == "static" else precisions


def _repeat(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Repeat each step counts[step] times.

    Returns flat int64 arrays: the step of each repetition, the repetitions that follow it in its step (counts - 1 .. 0),
    and the first repetition of each step.
    """
    first = np.cumsum(counts) - counts
    step = np.repeat(np.arange(len(counts)), counts)
    return step, (first + counts)[step] - 1 - np.arange(len(step)), first


def _bit(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Return bit position[i] of values[i], two's complement (beyond the top: the sign); same shape as int16 values."""
    return values >> position.astype(np.int16).reshape(-1, *[1] * (values.ndim - 1)) & np.int16(1)


def _chunk_words(tile: np.ndarray, precisions: np.ndarray, config: DesignConfig) -> tuple[np.ndarray, np.ndarray]:
    """Pack TRT's serial weights [steps, rows, cols, lanes]: bits_per_cycle bits of every weight a word, the highest first.

    precisions: int64 [steps]. Returns (uint8 [words, rows * lanes * P], int64 [steps] address of the first).
    """
    width = config.bits_per_cycle
    chunks = -(-np.maximum(precisions, 1) // width)
    step, chunk, first = _repeat(chunks)
    words = np.zeros((len(step), config.rows, config.lanes, config.p), np.uint8)
    for bit in range(width):
        bits = _bit(tile[step], chunk * width + bit)
        words[..., bit : config.cols * width : width] = bits.transpose(0, 1, 3, 2)
    return words.reshape(len(step), -1), first


def _plane_words(tile: np.ndarray, precisions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pack Loom's weights [steps, rows, columns, lanes]: a bit of every weight of a column a word, the highest first.

    precisions: int64 [steps]. Returns (uint8 [words, rows * lanes], int64 [steps] address of the first).
    """
    columns = tile.shape[2]
    step, plane, first = _repeat(np.maximum(precisions, 1))
    bits = _bit(tile[step], plane).astype(np.uint8).transpose(0, 2, 1, 3)
    return bits.reshape(len(step) * columns, -1), first * columns


def weight_memory(tile: np.ndarray, precisions: np.ndarray, config: DesignConfig, serial: bool) -> WeightMemory:
    """Return the words of a layer from its `tile_weights` and its `weight_precisions`."""
    passes, steps = precisions.shape
    flat, flat_precisions = tile.reshape(passes * steps, *tile.shape[2:]), precisions.ravel()
    if config.design == "loom":
        words, first = _plane_words(flat, flat_precisions)
    elif serial:
        words, first = _chunk_words(flat, flat_precisions, config)
    else:
        words, first = flat[:, :, 0].astype(np.int64), np.arange(passes * steps)
    bits = words.shape[1] if words.ndim == 2 else config.rows * config.lanes * config.p
    return WeightMemory(words, bits, first.reshape(passes, steps), precisions)
