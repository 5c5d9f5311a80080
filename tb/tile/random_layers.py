# SPDX-License-Identifier: Apache-2.0
"""Constrained-random layers: shape, kind, precision profile, sparsity, sign, n_L, cascade, gaps and back-pressure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig
from models.layer import ConvLayer, LayerError, PoolLayer
from models.mapping import is_serial, tile_shape
from models.precision import limits, trim
from tb.common.distributions import DISTRIBUTIONS, draw
from tb.tile.items import GAP_PROFILES, LayerItem
from tb.tile.memory import address_bits, bit_serial
from tb.tile.pallets import READY_PROFILES, ready_pattern

KINDS = ("conv", "fc", "grouped", "depthwise")
_KERNELS = [1, 1, 2, 3, 3, 4, 5, 7, 11]
_WEIGHT_SHAPES = ["weight_like", "weight_like", "uniform", "short", "sparse", "alternation", "all_zero"]


@dataclass(frozen=True)
class Budget:
    """How large a random layer may be: cycles at most, about, on the tile."""

    cycles: int = 4000


def layer_kinds(config: DesignConfig) -> list[str]:
    """The kinds of layers that a design computes."""
    return [*KINDS, "pool"] if config.design == "trt" else list(KINDS)


def _sizes(rng: np.random.Generator, config: DesignConfig, kind: str) -> dict[str, int]:
    """Draw a shape, with a liking for channels, filters and windows that do not fill the tile."""
    rows, lanes = config.rows, config.lanes
    kernel = int(rng.choice(_KERNELS))
    sizes = {
        "H": int(rng.integers(1, 13)),
        "W": int(rng.integers(1, 13)),
        "R": kernel,
        "S": int(rng.choice([kernel, kernel, 1, 2])),
        "stride": int(rng.integers(1, 5)),
        "pad": int(rng.integers(0, 3)),
        "C": int(rng.choice([1, 3, lanes - 1, lanes, lanes + 1, 2 * lanes, 2 * lanes + 3])),
        "K": int(rng.choice([1, rows - 1, rows, rows + 1, 2 * rows + 1])),
    }
    if kind == "fc":
        sizes |= {"H": int(rng.integers(1, 4)), "W": int(rng.integers(1, 4)), "pad": 0, "stride": 1}
        sizes |= {"R": sizes["H"], "S": sizes["W"], "K": int(rng.integers(1, 2 * rows * config.cols))}
    if kind == "grouped":
        sizes["groups"] = int(rng.integers(2, 4))
        sizes |= {name: sizes["groups"] * int(rng.integers(1, lanes + 3)) for name in ("C", "K")}
    if kind == "depthwise":
        sizes["groups"] = sizes["C"] = int(rng.integers(2, 2 * lanes + 2))
        sizes["K"] = sizes["C"] * int(rng.choice([1, 1, 2]))
    if kind == "pool":
        del sizes["K"]
    return sizes


def fits(layer: ConvLayer | PoolLayer, config: DesignConfig, budget: Budget) -> bool:
    """Whether weights fit the bench's memory and the layer fits the time, at full precision."""
    shaped = layer.as_depthwise if isinstance(layer, PoolLayer) else layer
    serial = is_serial(layer, config)
    shape = tile_shape(shaped, config, serial)
    words = shape.passes * shape.steps
    if bit_serial(config, serial):
        words *= config.p * (config.cols if serial and config.design == "loom" else 1)
    half = 1 if config.design == "base" else config.p // 2
    cycles = shape.all_steps * half * (max(half, config.cols if serial else 0) if config.design == "loom" else 1)
    return words <= 1 << address_bits(config) and cycles + shape.passes * shape.pallets * config.cols <= budget.cycles


def random_layer(rng: np.random.Generator, config: DesignConfig, name: str, kind: str, budget: Budget) -> ConvLayer | PoolLayer:
    """Draw a layer of a kind that fits."""
    make = PoolLayer if kind == "pool" else ConvLayer
    while True:
        try:
            layer = make(name, **_sizes(rng, config, kind))
        except LayerError:
            continue
        if fits(layer, config, budget):
            return layer


def random_acts(
    rng: np.random.Generator, config: DesignConfig, shape: tuple[int, int, int], signed: bool, n_low: int, bits: int
) -> np.ndarray:
    """Draw activations [H, W, C] of `bits` bits from one distribution, sparse in whole positions at times.

    The lowest value of `bits` bits is left out if there are more: a profile counts its magnitude, which needs one more.
    """
    name = str(rng.choice(list(DISTRIBUTIONS)))
    values = draw(rng, name, shape[0] * shape[1], shape[2], config.p, signed, n_low)
    low, high = limits(bits, signed)
    values = np.clip(values, low + (signed and bits < config.p), high)
    if rng.random() < 0.3:
        values[rng.random(len(values)) < rng.uniform(0.2, 0.9)] = 0
    return values.reshape(shape)


def random_layer_item(rng: np.random.Generator, config: DesignConfig, name: str, kind: str, budget: Budget) -> LayerItem:
    """Draw a layer with its operands, its profile and how fast its surroundings are (half of them are never late)."""
    layer = random_layer(rng, config, name, kind, budget)
    signed = bool(rng.integers(0, 2)) and not (kind == "pool" and layer.pad)
    bits = int(rng.integers(1, config.p + 1))
    n_low = int(rng.choice([0, rng.integers(0, bits)]))
    acts = random_acts(rng, config, (layer.H, layer.W, layer.C), signed, n_low, bits)
    if config.design == "base" or rng.integers(0, 2):
        acts = trim(acts, n_low)  # BASE takes values as they are
    weights = None
    if isinstance(layer, ConvLayer):
        weights = draw(rng, str(rng.choice(_WEIGHT_SHAPES)), layer.K, layer.products, config.p, True)
        weights = weights.reshape(layer.K, layer.R, layer.S, layer.group_channels)
    n_high = int(rng.choice([bits - 1, config.p - 1]))
    cascade = int(rng.integers(1, config.cols + 1)) if rng.integers(0, 2) and _cascades(layer, config) else None
    item = LayerItem(layer, acts, weights, signed=signed, n_low=n_low, n_high=n_high, slices=cascade)
    if rng.integers(0, 2):
        item.gaps, item.gap_profile = rng, str(rng.choice(list(GAP_PROFILES)))
        item.ready = ready_pattern(rng, str(rng.choice(list(READY_PROFILES))))
    return item


def _cascades(layer: ConvLayer | PoolLayer, config: DesignConfig) -> bool:
    return config.design == "trt" and is_serial(layer, config)
