# SPDX-License-Identifier: Apache-2.0
"""Layers of the engine as descriptions (tb/common/described.py): there, back, and played in place of what a test sends."""

from __future__ import annotations

import numpy as np

from models.config import DesignConfig
from models.layer import ConvLayer
from models.layer_registers import LayerFormats
from models.precision import group_precision, limits, trim
from tb.common.described import Description, described_layer, layer_of, pattern, plant, plant_number, plant_watch
from tb.layer.items import LayerItem
from tb.layer.sequences import LayerSequence


def layer_item(description: Description, config: DesignConfig) -> LayerItem:
    """Return the layer with its data, trimmed as software must. Raises LayerError for a shape that does not exist."""
    layer, signed, seed = layer_of(description), description["signed"], description["seed"]
    n_low, bits = description["n_low"], description["bits"]
    acts = trim(pattern(description["acts"], (layer.H, layer.W, layer.C), *limits(bits, signed), seed), n_low)
    formats = LayerFormats(
        signed=signed,
        n_low=n_low,
        shift=description["shift"],
        n_low_out=description["n_low_out"],
        relu=description["relu"],
        n_high=config.p - 1 if config.detection == "static" else None,
    )
    weights, bias = None, np.zeros(layer.C, np.int64)
    if isinstance(layer, ConvLayer):
        shape = (layer.K, layer.R, layer.S, layer.group_channels)
        weights = pattern(description["weights"], shape, *limits(description["weight_bits"], True), seed + 1)
        bias = pattern(description["bias"], (layer.K,), -(1 << 20), 1 << 20, seed + 2)
    item = LayerItem(layer, acts, weights, bias, formats, description["slices"] or 1)
    item.stalls = description["stalls"]
    return item


def describe(item: LayerItem) -> Description:
    """Return what of an item a description can say. Data are lost, their width is not."""
    formats = item.formats
    facts = described_layer(item.layer) | {"signed": formats.signed, "n_low": formats.n_low, "slices": item.slices}
    facts |= {"bits": _bits(item.acts, formats.signed), "acts": "random", "weights": "random", "bias": "random"}
    facts |= {"shift": formats.shift, "n_low_out": formats.n_low_out, "relu": formats.relu, "stalls": item.stalls}
    if item.weights is not None:
        facts["weight_bits"] = _bits(item.weights, True)
    return facts


def _bits(values: np.ndarray, signed: bool) -> int:
    """Return the bits that the values need."""
    return max(1, int(group_precision(values.reshape(1, -1), 16, signed, 0)[0]))


def play(description: Description) -> None:
    """Make the test send the described layer and nothing else."""
    plant(LayerSequence, lambda self, own: iter([layer_item(description, self.context.config)]))


def play_number(number: int) -> None:
    """Make the test send only its item of that number."""
    plant_number(LayerSequence, number)


def watch() -> None:
    """Make the test write down what it sends."""
    plant_watch(LayerSequence, describe)
