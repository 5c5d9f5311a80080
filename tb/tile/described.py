# SPDX-License-Identifier: Apache-2.0
"""Layers on a core as descriptions (tb/common/described.py): there, back, and played in place of what a test sends."""

from __future__ import annotations

import numpy as np

from models.config import DesignConfig
from models.layer import ConvLayer
from models.precision import group_precision, limits, trim
from tb.common.described import Description, described_layer, layer_of, pattern, plant, plant_number, plant_watch
from tb.tile.items import GAP_PROFILES, LayerItem, TileItem
from tb.tile.pallets import ready_pattern
from tb.tile.sequences import TileSequence


def value_limits(config: DesignConfig, signed: bool, bits: int) -> tuple[int, int]:
    """Return the limits of activations of `bits` bits, as random layers have them (tb/tile/random_layers.py)."""
    low, high = limits(bits, signed)
    return low + int(signed and bits < config.p), high


def layer_item(description: Description, config: DesignConfig) -> LayerItem:
    """Return the layer with its operands. Raises LayerError for a shape that does not exist."""
    layer, signed, seed = layer_of(description), description["signed"], description["seed"]
    low, high = value_limits(config, signed, description["bits"])
    acts = pattern(description["acts"], (layer.H, layer.W, layer.C), low, high, seed)
    if config.design == "base":
        acts = trim(acts, description["n_low"])  # BASE takes values as they are
    weights = None
    if isinstance(layer, ConvLayer):
        shape = (layer.K, layer.R, layer.S, layer.group_channels)
        weights = pattern(description["weights"], shape, *limits(description["weight_bits"], True), seed + 1)
    n_high = max(description["bits"], description["n_low"] + 1) - 1
    profile = {"signed": signed, "n_low": description["n_low"], "n_high": n_high, "slices": description["slices"]}
    item = LayerItem(layer, acts, weights, **profile)
    rng = np.random.default_rng(seed)
    if description["gaps"] != "none":
        item.gaps, item.gap_profile = rng, description["gaps"]
    if description["ready"] != "always":
        item.ready = ready_pattern(rng, description["ready"])
    return item


def describe(item: TileItem) -> Description:
    """Return what of an item a description can say; nothing of an item that is no layer. Data are lost, their width is not."""
    item = getattr(item, "item", item)  # of a layer that a reset cuts
    if not isinstance(item, LayerItem):
        return {}
    facts = described_layer(item.layer) | {"signed": item.signed, "n_low": item.n_low, "slices": item.slices}
    facts |= {"bits": _bits(item.acts, item.signed), "acts": "random", "weights": "random", "gaps": item.gap_profile}
    if item.weights is not None:
        facts["weight_bits"] = _bits(item.weights, True)
    assert facts["gaps"] in GAP_PROFILES
    return facts | {"ready": "always" if item.ready.all() else "heavy"}


def _bits(values: np.ndarray, signed: bool) -> int:
    """Return the bits that the values need."""
    return max(1, int(group_precision(values.reshape(1, -1), 16, signed, 0)[0]))


def play(description: Description) -> None:
    """Make the test send the described layer and nothing else."""
    plant(TileSequence, lambda self, own: iter([layer_item(description, self.config)]))


def play_number(number: int) -> None:
    """Make the test send only its item of that number; those before it are expanded, which draws their gaps."""
    plant_number(TileSequence, number, lambda sequence, item: item.expand(sequence.config))


def watch() -> None:
    """Make the test write down what it sends."""
    plant_watch(TileSequence, describe)
