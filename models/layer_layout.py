# SPDX-License-Identifier: Apache-2.0
"""The data of a layer as the layer engine has it in its memories (docs/architecture.md, sections on layouts).

Everything is in bricks of 16 values: activations at a position group by group, weights row by row, outputs and biases in
the order in which they are computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig
from models.convolution import check_activations, pad_channels
from models.layer import ConvLayer, LayerError, PoolLayer
from models.layer_registers import engine_layer, output_bricks
from models.tile_shape import is_serial
from models.weight_memory import WeightMemory, tile_weights, weight_memory, weight_precisions


def input_bricks(acts: np.ndarray, layer: ConvLayer | PoolLayer, config: DesignConfig) -> np.ndarray:
    """Return activations [H, W, C] as the activation memory has them: [H * W * bricks of a position, 16], same dtype.

    At a position the groups follow one another, each padded with zeros to whole bricks; the channels of a depthwise or a
    pooling layer are one group. Raises LayerError.
    """
    acts, layer = np.asarray(check_activations(acts, layer)), engine_layer(layer, config)
    groups = 1 if layer.depthwise else layer.groups
    return pad_channels(acts.reshape(layer.H, layer.W, groups, -1), config.lanes).reshape(-1, config.lanes)


@dataclass(frozen=True, eq=False)
class EngineWeights:
    """The weights of a layer: what the weight memory holds, and how to get it there."""

    memory: WeightMemory
    bricks: np.ndarray  # int64 [rows * words, 16] signed config.p bits, in the order of loading

    @property
    def words(self) -> int:
        """Words of the weight memory."""
        return len(self.memory.words)


def engine_weights(
    layer: ConvLayer | PoolLayer, config: DesignConfig, weights: np.ndarray | None, slices: int = 1
) -> EngineWeights:
    """Return the weights [K, R, S, C / groups] as the engine takes them; of a pooling layer None: identity.

    The load unit fills the rows of a pass one after the other. A serial layer is loaded as if it were one pass; a word
    of bit planes is 16 values of config.p bits a row. Raises LayerError.
    """
    if isinstance(layer, PoolLayer):
        weights = np.ones((layer.C, layer.R, layer.S, 1), np.int64)
    serial, layer = is_serial(layer, config), engine_layer(layer, config)
    tile = tile_weights(layer, config, weights, serial, slices)
    memory = weight_memory(tile, weight_precisions(layer, config, weights, serial, slices), config, serial)
    if not serial:
        bricks = memory.words.reshape(len(tile), -1, config.rows, config.lanes).transpose(0, 2, 1, 3)
        return EngineWeights(memory, bricks.reshape(-1, config.lanes))
    bits = memory.words.reshape(-1, config.rows, config.lanes, config.p).astype(np.int64)
    places = np.int64(1) << np.arange(config.p)
    places[-1] = -places[-1]
    return EngineWeights(memory, (bits @ places).transpose(1, 0, 2).reshape(-1, config.lanes))


def brick_filters(layer: ConvLayer | PoolLayer, config: DesignConfig) -> np.ndarray:
    """Return the filter of each value of a window's bricks of outputs, int64 [bricks, rows]; -1: none, the value is 0.

    Groups follow one another, each in whole bricks. Of a depthwise layer a brick holds the same one of the filters of
    each of 16 channels: with one filter a channel these are the channels in order.
    """
    count, layer = output_bricks(layer, config) // layer.windows, engine_layer(layer, config)
    brick, row = np.arange(count)[:, None], np.arange(config.rows)
    if layer.depthwise:
        channel = brick // layer.group_filters * config.rows + row
        return np.where(channel < layer.C, channel * layer.group_filters + brick % layer.group_filters, -1)
    group, nth = np.divmod(brick, count // layer.groups)
    nth = nth * config.rows + row
    return np.where(nth < layer.group_filters, group * layer.group_filters + nth, -1)


def arrange_outputs(values: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """Return values [..., K] in the order of `brick_filters` [bricks, rows]: [..., bricks, rows], 0 where there is none."""
    return np.where(filters >= 0, np.asarray(values)[..., filters], 0)


def collect_outputs(bricks: np.ndarray, filters: np.ndarray, count: int) -> np.ndarray:
    """Return the `count` filters' values [windows, K] from bricks [windows, bricks, rows]. Raises LayerError."""
    if bricks.shape[1:] != filters.shape:
        raise LayerError(f"bricks of shape {bricks.shape}: the last axes must be {filters.shape}")
    values = np.zeros((len(bricks), count), bricks.dtype)
    values[:, filters[filters >= 0]] = bricks[:, filters >= 0]
    return values


def bias_words(bias: np.ndarray, layer: ConvLayer | PoolLayer, config: DesignConfig) -> np.ndarray:
    """Return the biases [K] in the order of the bias memory, flat int64: one for each value of a window's bricks.

    Bricks of a serial layer's last pass that do not leave the engine have no biases; they are read and not used.
    """
    return arrange_outputs(bias, brick_filters(layer, config)).ravel()
