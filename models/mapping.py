# SPDX-License-Identifier: Apache-2.0
"""How a layer is laid on the tile of every design: the steps, the weight memory, and where which sum comes out.

docs/architecture.md, how a layer is laid on a tile; paper sections 2.2, 5 and 6. `tile_program` is what a testbench
plays into a tile; models/tile_shape.py has the counts alone, models/weight_memory.py the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.config import DesignConfig
from models.convolution import check_activations, check_integers, pad_channels, pallet_bricks
from models.layer import ConvLayer, LayerError, PoolLayer
from models.pooling import check_pooling
from models.precision import group_precision, limits, trim, value_dtype
from models.tile_shape import TileShape, is_serial, tile_shape, utilisation
from models.weight_memory import WeightMemory, tile_weights, weight_memory, weight_precisions

__all__ = ["TileProgram", "is_serial", "tile_program", "tile_shape", "utilisation", "weight_precisions"]


@dataclass(frozen=True, eq=False)
class TileProgram:
    """A layer as a sequence of steps. S steps in all, in the order (pass, pallet, step).

    The activations are as they are sent, with the bits below n_low that the tile drops.
    """

    layer: ConvLayer  # of a pooling layer: the depthwise layer like which it is laid out
    config: DesignConfig
    shape: TileShape
    serial: bool  # columns are outputs, not windows
    pool: bool  # products are compared, not added
    signed: bool  # activations
    n_low: int  # lowest and highest bit position of the activations' profile
    n_high: int
    memory: WeightMemory
    inputs: np.ndarray  # int32 [inputs, pallets, steps, cols, lanes], the different sets of steps that passes use
    weights: np.ndarray  # int16 [passes, steps, rows, columns, lanes], see models.weight_memory.tile_weights
    outputs: np.ndarray  # int64 [passes * pallets, cols, rows]: window * K + filter of the sum, -1 where none is

    @property
    def static(self) -> bool:
        """Whether the tile uses the profile n_high..n_low instead of detecting the precision of each step."""
        return self.config.detection == "static"

    @property
    def slices(self) -> int:
        """Columns that share an output; 1: no cascade."""
        return self.shape.slices

    @property
    def words(self) -> np.ndarray:
        """Weight memory: int64 [words, rows, lanes] where read bit-parallel, else single bits uint8 [words, word_bits]."""
        return self.memory.words

    @property
    def word_bits(self) -> int:
        """Width of the weight memory in bits."""
        return self.memory.word_bits

    def pass_steps(self, index: int) -> np.ndarray:
        """Return the activations of pass `index`, int32 [pallets * steps, cols, lanes]."""
        steps = self.inputs[index * len(self.inputs) // self.shape.passes]
        return steps.reshape(-1, *steps.shape[2:])

    @cached_property
    def acts(self) -> np.ndarray:
        """Activations of all steps, int32 [S, cols, lanes]."""
        passes = np.repeat(self.inputs, self.shape.passes // len(self.inputs), axis=0)
        return passes.reshape(-1, *self.inputs.shape[3:])

    def _every_step(self, values: np.ndarray) -> np.ndarray:
        """Repeat values [passes, 1 or pallets, steps] for every pallet: [S]."""
        return np.broadcast_to(values, (self.shape.passes, self.shape.pallets, self.shape.steps)).ravel()

    @cached_property
    def first(self) -> np.ndarray:
        """First step of its pallet, bool [S]."""
        return self._every_step(np.arange(self.shape.steps) == 0)

    @cached_property
    def last(self) -> np.ndarray:
        """Last step of its pallet, bool [S]."""
        return self._every_step(np.arange(self.shape.steps) == self.shape.steps - 1)

    @cached_property
    def waddr(self) -> np.ndarray:
        """Address of each step's first word, int64 [S]."""
        return self._every_step(self.memory.addresses[:, None])

    @cached_property
    def p_w(self) -> np.ndarray:
        """Weight precision of each step, int64 [S]: 0 where the weights are read bit-parallel."""
        return self._every_step(self.memory.precisions[:, None])

    @cached_property
    def keep(self) -> np.ndarray:
        """Columns that hold results, bool [cols]: the last slice of each cascade; all when there is no cascade."""
        return np.arange(self.config.cols) % self.slices == self.slices - 1

    def collect(self, sums: np.ndarray) -> np.ndarray:
        """Return the layer's sums, int64 [windows, K], from those of the tile's columns [passes * pallets, cols, rows]."""
        sums = np.asarray(sums)
        if sums.shape != self.outputs.shape:
            raise LayerError(f"layer {self.layer.name!r}: sums of shape {sums.shape}: must be {self.outputs.shape}")
        collected, useful = np.zeros(self.layer.windows * self.layer.K, np.int64), self.outputs >= 0
        collected[self.outputs[useful]] = sums[useful]
        return collected.reshape(self.layer.windows, self.layer.K)

    def expected_sums(self) -> np.ndarray:
        """Return all that comes out of the tile, int64 [passes * pallets, cols, rows], useful or not.

        Made from the operands of the steps alone. Columns that `keep` excludes are 0 here: the hardware may show any
        value. All float64 sums are exact, see models/convolution.py.
        """
        acts = trim(self.inputs, self.n_low).astype(np.float64)
        repeat = self.shape.passes // len(acts)
        combine = _pool_pass if self.pool else _serial_pass if self.serial else _parallel_pass
        sums = [combine(acts[i // repeat], weights.astype(np.float64)) for i, weights in enumerate(self.weights)]
        sums = np.concatenate(sums).astype(np.int64)
        return _cascade(sums, self.shape, self.keep) if self.slices > 1 else sums


def _parallel_pass(acts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum acts [pallets, steps, cols, lanes] times weights [steps, rows, 1, lanes]: [pallets, cols, rows]."""
    pallets, steps, cols, lanes = acts.shape
    operands = acts.transpose(0, 2, 1, 3).reshape(pallets * cols, steps * lanes)
    sums = operands @ weights.transpose(0, 3, 1, 2).reshape(steps * lanes, -1)
    return sums.reshape(pallets, cols, -1)


def _serial_pass(acts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum acts [1, steps, cols, lanes] times weights [steps, rows, cols, lanes]: [1, cols, rows]."""
    by_column = weights.transpose(2, 1, 0, 3).reshape(weights.shape[2], weights.shape[1], -1)
    operands = acts[0].transpose(1, 0, 2).reshape(len(by_column), -1, 1)
    return (by_column @ operands)[None, :, :, 0]


def _pool_pass(acts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compare each step's products, operands as `_parallel_pass`: [pallets, cols, rows]."""
    return (acts @ weights[:, :, 0].transpose(0, 2, 1)).max(axis=1)


def _cascade(sums: np.ndarray, shape: TileShape, keep: np.ndarray) -> np.ndarray:
    """Add the slices of each output [passes, cols, rows] into its last column; other columns are 0."""
    used = shape.outputs * shape.slices
    reduced = np.zeros_like(sums)
    reduced[:, keep] = sums[:, :used].reshape(len(sums), shape.outputs, shape.slices, -1).sum(axis=2)
    return reduced


def _parallel_inputs(acts: np.ndarray, layer: ConvLayer, config: DesignConfig) -> np.ndarray:
    """Return the steps of acts [H, W, C] for each group, or each brick of a depthwise layer: [inputs, pallets, ...]."""
    channels = layer.pass_channels(config.rows, config.lanes) if layer.depthwise else layer.group_channels
    split = pad_channels(acts, channels).reshape(layer.H, layer.W, -1, channels)
    bricks = pad_channels(split, config.lanes).reshape(layer.H, layer.W, split.shape[2], -1, config.lanes)
    pallets = pallet_bricks(bricks.transpose(0, 1, 3, 2, 4), layer, config.cols)
    return np.ascontiguousarray(np.moveaxis(pallets, 3, 0))


def _serial_inputs(acts: np.ndarray, layer: ConvLayer, config: DesignConfig, shape: TileShape) -> np.ndarray:
    """Return the steps of the only window: [1, 1, steps, cols, lanes]; slice s of every output has its own bricks."""
    bricks = pad_channels(acts, config.lanes).reshape(layer.H, layer.W, -1, config.lanes)
    bricks = pallet_bricks(bricks, layer, 1)[0, :, 0]
    missing = shape.steps * shape.slices - len(bricks)
    slices = np.pad(bricks, [(0, missing), (0, 0)]).reshape(shape.slices, shape.steps, config.lanes)
    columns = np.tile(slices.transpose(1, 0, 2), (1, shape.outputs, 1))
    return np.pad(columns, [(0, 0), (0, config.cols - columns.shape[1]), (0, 0)])[None, None]


def _serial_outputs(layer: ConvLayer, config: DesignConfig, shape: TileShape) -> np.ndarray:
    """Return the filter of each sum [passes, cols, rows], -1 where there is none."""
    place = np.arange(shape.passes * shape.outputs * config.rows).reshape(shape.passes, shape.outputs, config.rows)
    filters = np.full((shape.passes, config.cols, config.rows), -1)
    filters[:, shape.slices - 1 : shape.outputs * shape.slices : shape.slices] = np.where(place < layer.K, place, -1)
    return filters


def _row_filters(layer: ConvLayer, config: DesignConfig, shape: TileShape) -> np.ndarray:
    """Return the filter that each row computes in each pass [passes, rows], -1 where there is none."""
    index, row = np.arange(shape.passes)[:, None], np.arange(config.rows)
    if layer.depthwise:
        channels = layer.pass_channels(config.rows, config.lanes)
        brick, nth = np.divmod(index, layer.group_filters)
        channel = brick * channels + row
        return np.where((row < channels) & (channel < layer.C), channel * layer.group_filters + nth, -1)
    group, block = np.divmod(index, shape.passes // layer.groups)
    nth = block * config.rows + row
    return np.where(nth < layer.group_filters, group * layer.group_filters + nth, -1)


def _parallel_outputs(layer: ConvLayer, config: DesignConfig, shape: TileShape) -> np.ndarray:
    """Return window * K + filter of each sum [passes * pallets, cols, rows], -1 where there is none."""
    filters = _row_filters(layer, config, shape)[:, None, None, :]
    windows = np.arange(shape.pallets * config.cols).reshape(1, shape.pallets, config.cols, 1)
    outputs = np.where((filters >= 0) & (windows < layer.windows), windows * layer.K + filters, -1)
    return outputs.reshape(-1, config.cols, config.rows)


def _check_acts(
    acts: np.ndarray, layer: ConvLayer, config: DesignConfig, signed: bool, n_low: int, n_high: int | None
) -> tuple[np.ndarray, int]:
    """Return (acts [H, W, C] as int32, n_high, by default the highest position in use). Raises LayerError."""
    where = f"layer {layer.name!r} on {config.name!r}"
    acts = check_integers(check_activations(acts, layer), f"{where}: activations", *limits(config.p, signed))
    if acts.ndim != 3:
        raise LayerError(f"{where}: activations of shape {acts.shape}: must be [H, W, C], one input")
    if not 0 <= n_low < config.p:
        raise LayerError(f"{where}: n_low = {n_low}: must be in 0..{config.p - 1}")
    values = trim(acts.astype(value_dtype(config.p, signed)).reshape(1, -1), n_low)
    highest = n_low + max(1, int(group_precision(values, config.p, signed, n_low)[0])) - 1
    n_high = highest if n_high is None else n_high
    if not n_low <= n_high < config.p:
        raise LayerError(f"{where}: n_high = {n_high}: must be in n_low..p - 1 = {n_low}..{config.p - 1}")
    if config.detection == "static" and highest > n_high:
        raise LayerError(f"{where}: n_high = {n_high}: the activations reach bit {highest}, and the profile is static")
    return acts.astype(np.int32), n_high


def _check_pool(layer: ConvLayer | PoolLayer, config: DesignConfig, signed: bool) -> ConvLayer:
    """Return the depthwise layer like which pooling is laid out. Raises LayerError when the tile cannot compute it."""
    if config.design != "trt":
        raise LayerError(f"layer {layer.name!r} on {config.name!r}: only trt compares products (max pooling)")
    check_pooling(layer, signed)
    shape = {field: getattr(layer, field) for field in ("name", "C", "H", "W", "R", "S", "stride", "pad")}
    return PoolLayer(**shape).as_depthwise


def tile_program(
    layer: ConvLayer | PoolLayer,
    config: DesignConfig,
    acts: np.ndarray,
    weights: np.ndarray | None,
    *,
    signed: bool = False,
    n_low: int = 0,
    n_high: int | None = None,
    slices: int | None = None,
    pool: bool = False,
) -> TileProgram:
    """Lay a layer on the tile of `config`.

    acts: [H, W, C] integers of config.p bits, signed or not. weights: [K, R, S, C / groups] signed integers of config.p
    bits; of a pooling layer None. n_low, n_high: the layer's profile, bit positions; n_high None: the highest in use.
    slices: columns that share an output (TRT, fully connected), None: 1. pool: compute the maximum of each window and
    channel (also for every PoolLayer). Raises LayerError when an operand does not fit the layer, the precision or a
    static profile, or when the design cannot compute the layer.
    """
    pool = pool or isinstance(layer, PoolLayer)
    serial = not pool and is_serial(layer, config)
    if pool:
        layer = _check_pool(layer, config, signed)
        weights = np.ones((layer.K, layer.R, layer.S, 1), np.int16)
    acts, n_high = _check_acts(acts, layer, config, signed, n_low, n_high)
    shape = tile_shape(layer, config, serial, 1 if slices is None else slices)
    tile = tile_weights(layer, config, weights, serial, shape.slices)
    precisions = weight_precisions(layer, config, weights, serial, shape.slices)
    return TileProgram(
        layer,
        config,
        shape,
        serial,
        pool,
        signed,
        n_low,
        n_high,
        memory=weight_memory(tile, precisions, config, serial),
        inputs=_serial_inputs(acts, layer, config, shape) if serial else _parallel_inputs(acts, layer, config),
        weights=tile,
        outputs=(_serial_outputs if serial else _parallel_outputs)(layer, config, shape),
    )
