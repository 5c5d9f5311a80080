# SPDX-License-Identifier: Apache-2.0
"""A layer's cycles on a configuration from its tensors, all inputs of a trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from models.config import DesignConfig
from models.cycles.core import LayerCycles, layer_cycles, on_tiles
from models.cycles.from_precisions import uniform_cycles
from models.cycles.rows import LayerRow, exact_row
from models.cycles.tensors import BrickPrecisions, activation_precisions, row_precisions, serial_cycles
from models.precision import trim
from models.tile_shape import is_serial
from models.traces import TraceLayer
from models.weight_memory import check_tile_weights


def tensor_row(
    entry: TraceLayer, config: DesignConfig, label: str, basis: str, *, tiles: int = 1, folded: bool = False
) -> LayerRow:
    """Return the row of a layer, all inputs together.

    basis "dynamic": precisions detected in the tensors where the detection is dynamic, else the profiles of the formats.
    "profile": profiles on every design. A value beyond the profile is not looked for: a static design is taken to saturate
    it. Of a fully connected layer on trt one number of slices serves all inputs, since the weights are stored for it.
    Raises LayerError when the design cannot run the layer.
    """
    if not entry.weight_format.signed:  # the hardware's are: an unsigned 8-bit value needs a design of 16 bits
        check_tile_weights(entry.weights_of(0) if entry.weights.ndim == 4 else entry.weights.max(axis=0), entry.layer, config)
    static = basis == "profile" or config.detection == "static"
    if config.design == "base" or static:
        formats = entry.act_format.precision, entry.weight_format.precision
        results = [uniform_cycles(entry.layer, config, *formats, tiles)] * entry.inputs
    else:
        results = _detected(entry, config, tiles)
    found = "none" if config.design == "base" else "profile" if static else "dynamic"
    return exact_row(results, kind=entry.kind, design=label, basis=found, folded=folded, digests=entry.digests)


def _detected(entry: TraceLayer, config: DesignConfig, tiles: int) -> list[LayerCycles]:
    """Return the cycles of each input from the precisions that the hardware would detect."""
    layer, wide = entry.layer, on_tiles(config, tiles)
    serial = is_serial(layer, config)
    weights = list(_weight_precisions(entry, wide)) if serial or config.design == "loom" else [None] * entry.inputs
    acts = (_act_precisions(entry, index, wide, serial) for index in range(entry.inputs))
    if not serial:
        return [layer_cycles(layer, config, p_a, p_w, tiles=tiles) for p_a, p_w in zip(acts, weights, strict=True)]
    bricks = [BrickPrecisions(p_a[0, 0], p_w) for p_a, p_w in zip(acts, weights, strict=True)]
    most = config.cols if config.design == "trt" else 1
    tried = [
        [serial_cycles(layer, config, each, slices=slices, tiles=tiles) for each in bricks] for slices in range(1, most + 1)
    ]
    return min(tried, key=lambda results: (sum(result.cycles for result in results), results[0].slices))


def _act_precisions(entry: TraceLayer, index: int, config: DesignConfig, serial: bool) -> np.ndarray:
    """Return the precision of each step's activations, of a serial layer each brick's: uint8 [streams, pallets, steps]."""
    config = replace(config, cols=1) if serial else config
    form = entry.act_format
    return activation_precisions(entry.acts_of(index), entry.layer, config, signed=form.signed, n_low=form.n_low)


def _weight_precisions(entry: TraceLayer, config: DesignConfig) -> Iterator[np.ndarray]:
    """Yield the precisions of the weights that each input meets, int64 [filters / rows, bricks]; shared ones once."""
    shared = entry.weights.ndim == 4
    found = None
    for index in range(entry.inputs):
        if found is None or not shared:
            found = row_precisions(_kept(entry, index), entry.layer, config)
        yield found


def _kept(entry: TraceLayer, index: int) -> np.ndarray:
    """Return the weights without the bits below their n_low: as many bits as the hardware is given of them."""
    weights, n_low = entry.weights_of(index), entry.weight_format.n_low
    if not n_low:
        return weights
    return trim(weights.astype(np.int64), n_low) // (1 << n_low)
