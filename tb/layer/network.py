# SPDX-License-Identifier: Apache-2.0
"""A stored network on the layer engine: its layers as items, and a row of build/layers.json for each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from models.config import DesignConfig, load_config
from models.cycles import ENGINE_STAGES, BrickPrecisions, EngineCycles, best_slices, brick_precisions, layer_cycles
from models.layer_registers import LayerFormats
from models.network import QuantisedLayer, QuantisedNetwork
from models.tile_shape import is_serial, tile_shape
from tb.layer.items import LayerItem
from tb.layer.sequences import LayerSequence


@dataclass
class LayerRow:
    """One row of build/layers.json, summed over the images of a run; cycles of the compute phase, sizes in bytes."""

    layer: str
    design: str
    config: str
    sim: str
    images: int
    rtl_cycles: int = 0
    model_cycles: int = 0
    base_cycles: int = 0
    stripes_cycles: int = 0  # of the tile of Stripes with as many columns, with its fill and stalls
    bound_cycles: int = 0
    fill: int = 0
    speedup: float = 0.0
    bound_speedup: float = 0.0
    stripes_speedup: float = 0.0
    mean_precision: float = 0.0
    mismatches: int = 0
    stalls: dict[str, int] = field(default_factory=dict)
    compressed_bytes: int = 0
    raw_bytes: int = 0
    weight_compressed_bytes: int = 0
    weight_raw_bytes: int = 0


@dataclass(frozen=True)
class NetworkLayer:
    """A layer of the network with the formats of its outputs; slices: columns that share an output."""

    entry: QuantisedLayer
    formats: LayerFormats
    slices: int = 1

    def item(self, acts: np.ndarray, words: np.ndarray | None) -> LayerItem:
        """Return the layer for one image, its activations [H, W, C] and their containers, if there are any."""
        item = LayerItem(self.entry.layer, acts, self.entry.weights, self.entry.bias, self.formats, self.slices)
        item.words = words
        return item


def logits_shift(network: QuantisedNetwork, bits: int) -> int:
    """Return the right shift with which the logits fit signed outputs of `bits`.

    It leaves a bit above the largest logit of the calibration images. The class is that of the shifted logits.
    """
    images, _ = network.images(network.calibration)
    return max(0, int(np.abs(network.run(images).logits).max()).bit_length() - (bits - 2))


def network_layers(network: QuantisedNetwork, config: DesignConfig) -> list[NetworkLayer]:
    """Return the layers that the engine runs: the convolutions; on TRT the fully connected layer, too."""
    layers = [
        NetworkLayer(entry, LayerFormats(False, entry.n_low_in, entry.shift, entry.n_low_out, True, entry.n_high_in))
        for entry in network.layers
    ]
    if config.design != "trt":
        return layers
    entry = network.classifier
    formats = LayerFormats(False, entry.n_low_in, logits_shift(network, config.p), 0, False, entry.n_high_in)
    return [*layers, NetworkLayer(entry, formats, _slices(entry, config))]


def _slices(entry: QuantisedLayer, config: DesignConfig) -> int:
    """Return the best number of slices of a fully connected layer when all activations have the profile's precision."""
    zeros = np.zeros((entry.layer.H, entry.layer.W, entry.layer.C), np.uint16)
    weights = brick_precisions(zeros, entry.weights, entry.layer, config).weights
    return best_slices(entry.layer, config, BrickPrecisions(entry.profile_precision, weights)).slices


class OneLayer(LayerSequence):
    """Sends one given item."""

    def __init__(self, item: LayerItem) -> None:
        super().__init__("one")
        self.item = item

    def items(self):
        yield self.item


class LayerAccount:
    """Adds the images of a layer up to its row."""

    def __init__(self, work: NetworkLayer, config: DesignConfig, sim: str, images: int) -> None:
        self.config, self.layer = config, work.entry.layer
        self.row = LayerRow(self.layer.name, config.design, config.name, sim, images)
        self.base = tile_shape(self.layer, load_config(config.baseline), serial=False).all_steps
        self.stripes = stripes_cycles(work.entry, config)
        self.steps = tile_shape(self.layer, config, is_serial(self.layer, config), work.slices).all_steps
        self.precisions: list[float] = []

    def add(self, item: LayerItem, cycles: EngineCycles, mismatches: int) -> None:
        """Add an image: what the engine made of the item, and what the model says of its cycles."""
        row, config, layer = self.row, self.config, self.layer
        row.rtl_cycles += item.result.compute_cycles
        row.model_cycles += cycles.cycles
        row.base_cycles += self.base
        row.stripes_cycles += self.stripes
        row.bound_cycles += cycles.core.bound_cycles
        row.fill += item.result.fill_cycles
        row.mismatches += mismatches
        for cause, count in item.result.stalls.items():
            row.stalls[cause] = row.stalls.get(cause, 0) + count
        value_bytes = config.p // 8
        row.compressed_bytes += 8 * len(item.input_words(config))
        row.raw_bytes += layer.H * layer.W * layer.C * value_bytes
        if item.new_weights:
            row.weight_compressed_bytes = 8 * len(item.weight_words(config))
        row.weight_raw_bytes = layer.K * layer.products * value_bytes
        # of a fully connected layer on TRT the larger one of activations and weights
        serial = is_serial(layer, config)
        self.precisions.append(cycles.core.bound_cycles / self.steps if serial else cycles.core.mean_p_a)

    def finished(self) -> LayerRow:
        """Return the row of all images."""
        row = self.row
        row.mean_precision = float(np.mean(self.precisions))
        row.speedup = row.base_cycles / row.rtl_cycles
        row.stripes_speedup = row.base_cycles / row.stripes_cycles
        row.bound_speedup = row.base_cycles / row.bound_cycles
        return row


def stripes_cycles(entry: QuantisedLayer, config: DesignConfig) -> int:
    """Return what Stripes takes on the engine: the tile of `config`'s shape at the profile's precision, fill included.

    It has no serial weights, so a fully connected layer uses one column.
    """
    stripes = replace(config, name="stripes", design="dstripes", detection="static")
    return layer_cycles(entry.layer, stripes, entry.profile_precision).cycles + config.cols + ENGINE_STAGES
