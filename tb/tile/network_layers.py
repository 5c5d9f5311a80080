# SPDX-License-Identifier: Apache-2.0
"""The layers that all designs run side by side: a trained network's on held-out images, and synthetic ones that fill the tile.

Every configuration of the same P and lanes gets the same data, whatever the run's seed: rows of different designs are then
comparable.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np

from models.config import DesignConfig
from models.dispatch_timing import BASE_LATENCY
from models.layer import ConvLayer, PoolLayer
from models.network import QuantisedLayer
from models.precision import limits
from tb.tile.items import LayerItem
from tb.tile.layer_score import LayerScore

IMAGES_SEED = 2018  # which held-out images
FULL_LANES = 16  # tiles of fewer lanes get smaller synthetic layers


@dataclass(frozen=True)
class SyntheticLayer:
    """A layer of ReLU-like activations and weight-like weights."""

    kind: str
    layer: ConvLayer | PoolLayer


def synthetic_layers(config: DesignConfig) -> list[SyntheticLayer]:
    """Return layers with enough filters and windows to fill the tile, for 2,000 cycles and more on the designs they suit."""
    size, channels, rows = (8, 64, 128) if config.lanes >= FULL_LANES else (4, 16, 16)
    square = {"C": channels, "H": size, "W": size, "R": 3, "S": 3, "pad": 1}
    bricks, outputs = (24, 2048) if config.lanes >= FULL_LANES else (16, 256)
    layers = [
        SyntheticLayer("conv", ConvLayer("full_conv", K=rows, **square)),
        SyntheticLayer("fc", ConvLayer("full_fc", C=bricks * config.lanes, H=1, W=1, K=outputs, R=1, S=1)),
        SyntheticLayer("depthwise", ConvLayer("depthwise", K=channels, groups=channels, **square)),
        SyntheticLayer("grouped", ConvLayer("grouped", K=channels, groups=4, **square)),
    ]
    pool = PoolLayer("pool", C=channels, H=2 * size, W=2 * size, R=2, S=2, stride=2)
    return [*layers, SyntheticLayer("pool", pool)] if config.design == "trt" else layers


def synthetic_item(layer: ConvLayer | PoolLayer, config: DesignConfig) -> LayerItem:
    """Return the layer with its operands, drawn from a stream that its name, P and the lanes alone determine."""
    bits = config.p
    rng = np.random.default_rng([zlib.crc32(layer.name.encode()), bits, config.lanes])
    bricks = 2.0 ** rng.uniform(1, bits / 2, (layer.H, layer.W, layer.C // config.lanes))  # precisions differ
    scale = np.repeat(bricks, config.lanes, axis=2)
    acts = np.clip(rng.normal(0, scale), 0, limits(bits, False)[1])
    if isinstance(layer, PoolLayer):
        return LayerItem(layer, acts.astype(np.int64), None)
    shape = (layer.K, layer.R, layer.S, layer.group_channels)
    spread = 2.0 ** rng.uniform(bits / 4 - 1, bits / 2 - 1, (layer.K, 1, 1, 1))
    weights = np.clip(np.rint(rng.laplace(0, spread, shape)), *limits(bits, True))
    return LayerItem(layer, acts.astype(np.int64), weights.astype(np.int64))


def network_item(entry: QuantisedLayer, acts: np.ndarray, bits: int) -> LayerItem:
    """Return a trained layer with an image's activations [H, W, C].

    For P = 8 the activations lose the low bits that the layer's profile drops anyway, the weights as many as do not fit.
    """
    if bits == 16:
        profile = {"n_low": entry.n_low_in, "n_high": entry.n_high_in}
        return LayerItem(entry.layer, acts.astype(np.int64), entry.weights, **profile)
    weights = entry.weights.astype(np.int64)
    while weights.max() > limits(bits, True)[1] or weights.min() < limits(bits, True)[0]:
        weights >>= 1
    low, high = limits(bits, False)
    small = np.clip(acts.astype(np.int64) >> entry.n_low_in, low, high)
    return LayerItem(entry.layer, small, weights, n_high=entry.n_high_in - entry.n_low_in)


@dataclass
class CoreRow:
    """A row of build/layers.json of level "core": a layer on a design, summed over its images. Cycles; precisions in bits."""

    layer: str
    kind: str
    design: str
    config: str
    detection: str
    bits_per_cycle: int
    baseline: str
    sim: str
    images: int = 0
    rtl_cycles: int = 0
    model_cycles: int = 0
    base_cycles: int = 0  # steps of the baseline
    bound_cycles: int = 0
    fill: int = 0
    stalls: dict[str, int] = field(default_factory=dict)
    mismatches: int = 0
    mean_p_a: float = 0.0
    mean_p_w: float = 0.0
    slices: int = 1
    utilisation: float = 0.0
    outputs: int = 0

    @classmethod
    def of(cls, layer: str, kind: str, config: DesignConfig, sim: str) -> CoreRow:
        """Return an empty row."""
        point = {name: getattr(config, name) for name in ("design", "detection", "bits_per_cycle", "baseline")}
        return cls(layer, kind, config=config.name, sim=sim, **point)

    def add(self, score: LayerScore) -> None:
        """Count one more image."""
        model, images = score.model, self.images
        self.images += 1
        self.rtl_cycles += score.cycles
        self.model_cycles += model.cycles
        self.base_cycles += model.base_cycles - BASE_LATENCY
        self.bound_cycles += model.bound_cycles
        self.fill += score.fill
        self.stalls = {cause: cycles + self.stalls.get(cause, 0) for cause, cycles in score.stalls.items()}
        self.mismatches += score.mismatches
        self.mean_p_a = (self.mean_p_a * images + model.mean_p_a) / self.images
        self.mean_p_w = (self.mean_p_w * images + model.mean_p_w) / self.images
        self.slices, self.utilisation = model.slices, model.utilisation
        self.outputs += score.outputs.size
