# SPDX-License-Identifier: Apache-2.0
"""Sequence items of the layer engine: a layer with its data, and what the engine made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pyuvm import uvm_sequence_item

from models.codec import CodecParams, encode
from models.config import DesignConfig
from models.layer import ConvLayer, PoolLayer
from models.layer_layout import EngineWeights, bias_words, engine_weights, input_bricks
from models.layer_registers import REGISTERS, LayerFormats, engine_layer, layer_registers, position_bricks, precision_words
from models.tile_shape import is_serial
from tb.layer.broken import BrokenTensor
from tb.tile.items import LayerMode

_BIASES = 4096  # words that the bias memory's address can name


@dataclass(frozen=True)
class RegisterWords:
    """What a command writes: layer registers, biases, entries of the table of precisions; uint32 each."""

    registers: np.ndarray
    biases: np.ndarray
    entries: np.ndarray


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
    """One layer: acts int [H, W, C] (or their containers), weights int [K, R, S, C / groups], bias int [K].

    Of a pooling layer weights are None and biases 0.
    """

    def __init__(
        self,
        layer: ConvLayer | PoolLayer,
        acts: np.ndarray,
        weights: np.ndarray | None,
        bias: np.ndarray,
        formats: LayerFormats,
        slices: int = 1,
    ) -> None:
        """slices: columns that share an output (trt, fully connected)."""
        super().__init__(layer.name)
        self.layer, self.acts, self.weights, self.bias, self.formats = layer, acts, weights, bias, formats
        self.slices = slices
        self.words: np.ndarray | None = None  # containers of the activations, when they come from another layer
        self.new_weights = True  # False: the weights, biases and registers of the item before stay
        self.stalls = False  # random gaps in the container streams
        self.reset_in: str | None = None  # phase ("load", "compute", "store") that a reset cuts
        self.reset_after = 0  # cycles into that phase, at the latest at its end
        self.cut_under_way = False  # the reset came before the phase's end
        self.broken: BrokenTensor | None = None  # loaded in the place of one of the layer's tensors: refused
        self.scramble: np.random.Generator | None = None  # all registers and tables are first written with random words
        self.result: LayerResult | None = None
        self._weights: EngineWeights | None = None

    def mode(self, config: DesignConfig) -> LayerMode:
        """What the core is told of the layer."""
        static, n_high = config.detection == "static", self.formats.n_high
        return LayerMode(
            static=static,
            n_high=config.p - 1 if n_high is None else n_high,
            serial=is_serial(self.layer, config),
            pool=isinstance(self.layer, PoolLayer),
            slices=self.slices,
        )

    def input_words(self, config: DesignConfig) -> np.ndarray:
        """Containers of the activations, in whole bricks."""
        if self.words is not None:
            return self.words
        params = CodecParams.for_design(config, self.formats.signed, self.formats.n_low)
        return encode(input_bricks(self.acts, self.layer, config).ravel(), params)

    def input_count(self, config: DesignConfig) -> int:
        """Values of the activations in whole bricks."""
        layer = engine_layer(self.layer, config)
        return layer.H * layer.W * position_bricks(layer, config) * config.lanes

    def engine_weights(self, config: DesignConfig) -> EngineWeights:
        """What is in the weight memory."""
        if self._weights is None:
            self._weights = engine_weights(self.layer, config, self.weights, self.slices)
        return self._weights

    def weight_words(self, config: DesignConfig) -> np.ndarray:
        """Containers of the weights."""
        return encode(self.engine_weights(config).bricks.ravel(), CodecParams.for_design(config, signed=True))

    def register_words(self, config: DesignConfig) -> np.ndarray:
        """The layer registers; uint32."""
        words = self.engine_weights(config).words
        values = layer_registers(self.layer, config, self.formats, self.slices, words)
        return np.array([values[name] for name in REGISTERS], np.uint32)

    def precision_words(self, config: DesignConfig) -> np.ndarray:
        """The entries of the table of the weights' precisions, where they are serial; uint32."""
        serial = is_serial(self.layer, config)
        return precision_words(self.engine_weights(config).memory.precisions) if serial else np.zeros(0, np.uint32)

    def scrambled(self, config: DesignConfig) -> Iterator[RegisterWords]:
        """Yield random words for all registers, biases and, where there is the table, precisions; then their complements."""
        most, table = (1 << config.p.bit_length()) - 1, config.wm_words if config.design == "trt" else 0
        words = self.scramble.integers(0, 1 << 32, len(REGISTERS) + _BIASES, np.uint32)
        precisions = self.scramble.integers(0, most + 1, table)
        for flip in (False, True):
            found = ~words if flip else words
            entries = precision_words(most - precisions if flip else precisions)
            yield RegisterWords(found[: len(REGISTERS)], found[len(REGISTERS) :], entries)

    def register_words_of(self, config: DesignConfig) -> RegisterWords:
        """All that is written before the layer's tensors are loaded."""
        return RegisterWords(self.register_words(config), self.bias_words(config), self.precision_words(config))

    def bias_words(self, config: DesignConfig) -> np.ndarray:
        """A bias for each output of a window's bricks; uint32."""
        return (bias_words(self.bias, self.layer, config) & 0xFFFFFFFF).astype(np.uint32)


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
