# SPDX-License-Identifier: Apache-2.0
"""Sequence items of the layer engine: a convolution with its data, and what the engine made of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from pyuvm import uvm_sequence_item

from models.codec import CodecParams, encode
from models.config import DesignConfig
from models.convolution import pad_channels
from models.layer import ConvLayer
from models.layer_registers import REGISTERS, LayerFormats, layer_registers


@dataclass
class LayerResult:
    """What the engine made of a layer: containers and cycles."""

    words: np.ndarray  # uint64, the compressed outputs
    compute_cycles: int
    step_cycles: int
    fill_cycles: int
    stalls: dict[str, int]
    load_cycles: int
    store_cycles: int
    load_error: int
    load_overflow: bool


class LayerItem(uvm_sequence_item):
    """One convolution: acts int [H, W, C] (or their containers), weights int [K, R, S, C], bias int [K]."""

    def __init__(
        self, layer: ConvLayer, acts: np.ndarray, weights: np.ndarray, bias: np.ndarray, formats: LayerFormats
    ) -> None:
        super().__init__(layer.name)
        self.layer, self.acts, self.weights, self.bias, self.formats = layer, acts, weights, bias, formats
        self.words: np.ndarray | None = None  # containers of the activations, when they come from another layer
        self.profile_n_high: int | None = None  # highest bit of the activations by the layer's profile, for Stripes
        self.new_weights = True  # False: the weights, biases and registers of the item before stay
        self.stalls = False  # random gaps in the container streams
        self.reset_in: str | None = None  # phase ("load", "compute", "store") that a reset cuts
        self.reset_after = 0  # cycles into that phase
        self.expect_error = False  # the tensor does not load
        self.result: LayerResult | None = None

    def input_words(self, config: DesignConfig) -> np.ndarray:
        """Containers of the activations, channels padded to bricks."""
        if self.words is not None:
            return self.words
        params = CodecParams.for_design(config, self.formats.signed, self.formats.n_low)
        return encode(pad_channels(self.acts).ravel(), params)

    def input_count(self) -> int:
        """Values of the padded activations."""
        return self.layer.H * self.layer.W * self.layer.channel_bricks * 16

    def weight_tensor(self, config: DesignConfig) -> np.ndarray:
        """Weights in the order of the load unit: filters padded to whole passes, channels to bricks; flat."""
        padded = pad_channels(self.weights)
        extra = self.layer.passes(config.rows) * config.rows - self.layer.K
        return np.pad(padded, [(0, extra), (0, 0), (0, 0), (0, 0)]).ravel()

    def weight_words(self, config: DesignConfig) -> np.ndarray:
        """Containers of the weights."""
        return encode(self.weight_tensor(config), CodecParams.for_design(config, signed=True))

    def register_words(self, config: DesignConfig) -> np.ndarray:
        """Registers, then a bias for each filter of all passes; uint32."""
        values = layer_registers(self.layer, config, self.formats)
        biases = np.zeros(self.layer.passes(config.rows) * config.rows, np.int64)
        biases[: self.layer.K] = self.bias
        return np.concatenate([[values[name] for name in REGISTERS], biases & 0xFFFFFFFF]).astype(np.uint32)


@dataclass
class Descriptor:
    """What the engine is told of a tensor before its first word."""

    count: int
    signed: bool
    n_low: int
    to_weights: bool

    def value(self, bits: int) -> int:
        """The descriptor as the port wants it: {to_weights, n_l, is_signed, count[32]}."""
        width = (bits - 1).bit_length()
        return self.count | int(self.signed) << 32 | self.n_low << 33 | int(self.to_weights) << (33 + width)


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
    stripes_cycles: int = 0  # with the fill and the stalls of this tile
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
