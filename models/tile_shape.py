# SPDX-License-Identifier: Apache-2.0
"""How many passes, pallets and steps a layer takes on a tile (docs/architecture.md, how a layer is laid on a tile)."""

from __future__ import annotations

from dataclasses import dataclass

from models.config import DesignConfig
from models.layer import ConvLayer, LayerError, PoolLayer

SERIAL_DESIGNS = ("trt", "loom")  # with weight registers, so that columns can compute different outputs of one window


@dataclass(frozen=True)
class TileShape:
    """The loops around a step, and what the columns of a serial layer work on."""

    passes: int
    pallets: int  # of each pass
    steps: int  # of each pallet
    slices: int  # parts of an output's bricks, on as many columns
    outputs: int  # outputs that a row computes at a time: 1, of a serial layer cols // slices

    @property
    def all_steps(self) -> int:
        """Steps of the whole layer."""
        return self.passes * self.pallets * self.steps


def is_serial(layer: ConvLayer | PoolLayer, config: DesignConfig) -> bool:
    """Return whether the columns take different outputs instead of different windows: fully connected, TRT or Loom."""
    return config.design in SERIAL_DESIGNS and isinstance(layer, ConvLayer) and layer.fully_connected


def _check(layer: ConvLayer, config: DesignConfig, serial: bool, slices: int) -> None:
    """Refuse what the design cannot lay out."""
    where = f"layer {layer.name!r} on {config.name!r}"
    if serial and not is_serial(layer, config):
        raise LayerError(f"{where}: serial needs trt or loom, and a layer of 1 window and 1 group")
    most = config.cols if serial and config.design == "trt" else 1
    if not 1 <= slices <= most:
        raise LayerError(f"{where}: slices = {slices}: must be in 1..{most} (only trt cascades, fully connected layers)")


def tile_shape(layer: ConvLayer, config: DesignConfig, serial: bool, slices: int = 1) -> TileShape:
    """Return the loops of a layer on the tile of `config`.

    serial: see `is_serial`. slices: columns that share an output (TRT, serial), else 1. A pooling layer is laid out as
    its `as_depthwise`, not serial. Raises LayerError when the design cannot lay the layer out in this way.
    """
    _check(layer, config, serial, slices)
    bricks = layer.step_count(config.lanes)
    if not serial:
        passes = layer.passes(config.rows, config.lanes)
        return TileShape(passes, layer.pallets(config.cols), bricks, slices=1, outputs=1)
    outputs = config.cols // slices
    return TileShape(-(-layer.K // (config.rows * outputs)), 1, -(-bricks // slices), slices, outputs)


def utilisation(layer: ConvLayer, config: DesignConfig, serial: bool, slices: int = 1) -> float:
    """Return the part of the multipliers' slots, over all steps, that a product of the layer fills: in (0, 1]."""
    slots = tile_shape(layer, config, serial, slices).all_steps * config.rows * config.cols * config.lanes
    return layer.macs / slots
