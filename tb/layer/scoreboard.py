# SPDX-License-Identifier: Apache-2.0
"""Scores a layer from containers to containers: every output word, every cycle and its cause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyuvm import ConfigDB, uvm_subscriber

from models.codec import CodecError, CodecParams, decode, encode
from models.config import DesignConfig
from models.convolution import convolve, pad_channels
from models.cycles import ConvCycles, convolution_cycles
from tb.layer.items import LayerItem


@dataclass(frozen=True)
class LayerExpectation:
    """What the models say of a layer: outputs [Ho, Wo, K], their containers, cycles."""

    outputs: np.ndarray
    words: np.ndarray
    cycles: ConvCycles


def output_params(item: LayerItem, config: DesignConfig) -> CodecParams:
    """Return the container settings of the layer's outputs."""
    return CodecParams.for_design(config, not item.formats.relu, item.formats.n_low_out)


def expect(item: LayerItem, config: DesignConfig) -> LayerExpectation:
    """Run the reference models on an item."""
    formats = item.formats
    outputs = convolve(
        item.acts,
        item.weights,
        item.bias,
        formats.shift,
        item.layer,
        bits=config.p,
        n_low=formats.n_low,
        n_low_out=formats.n_low_out,
        relu=formats.relu,
    )
    cycles = convolution_cycles(
        item.acts,
        item.layer,
        config,
        config.p - 1 if item.profile_n_high is None else item.profile_n_high,
        n_low=formats.n_low,
        signed=formats.signed,
    )
    padded = _padded_outputs(outputs, item, config)
    return LayerExpectation(outputs, encode(padded.ravel(), output_params(item, config)), cycles)


def _padded_outputs(outputs: np.ndarray, item: LayerItem, config: DesignConfig) -> np.ndarray:
    """Outputs with the channels padded to whole passes: filters past the last give zeros."""
    extra = item.layer.passes(config.rows) * config.rows - item.layer.K
    return pad_channels(np.pad(outputs, [(0, 0), (0, 0), (0, extra)]))


class LayerScoreboard(uvm_subscriber):
    """Compares each finished item with the models. `decoded` keeps the outputs of the last item for the next layer."""

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.checks = ConfigDB().get(self, "", "CHECKS")
        self.inject = self.context.knob("inject", 0)  # a negative test corrupts one expectation
        self.cycles = 0
        self.decoded: np.ndarray | None = None
        self.mismatches = 0
        self.expected: LayerExpectation | None = None

    def write(self, item: LayerItem) -> None:
        if item.result is None:  # cut by a reset
            return
        if item.expect_error:
            self.checks.equal("a tensor that does not load raises an error", self._raised(item), True)
            return
        self.checks.equal("load error", item.result.load_error, 0)
        self.checks.equal("load overflow", item.result.load_overflow, False)
        config = self.context.config
        self.expected = expect(item, config)
        words = self.expected.words.copy()
        words[-1] ^= np.uint64(self.inject == 4)
        self.checks.equal(f"{item.layer.name}: compressed outputs", item.result.words, words)
        self._score_outputs(item)
        self._score_cycles(item, self.expected.cycles)
        self.cycles += item.result.compute_cycles

    @staticmethod
    def _raised(item: LayerItem) -> bool:
        return bool(item.result.load_error or item.result.load_overflow)

    def _score_outputs(self, item: LayerItem) -> None:
        layer, config = item.layer, self.context.config
        channels = layer.passes(config.rows) * config.rows
        self.mismatches, self.decoded = int(np.prod(self.expected.outputs.shape)), None
        try:
            values = decode(item.result.words, output_params(item, config), layer.windows * channels)
        except CodecError as error:
            self.checks.fail(f"{layer.name}: the compressed outputs do not decode: {error}")
            return
        self.decoded = values.reshape(layer.Ho, layer.Wo, channels)[..., : layer.K]
        self.mismatches = int((self.decoded != self.expected.outputs).sum())
        self.checks.equal(f"{layer.name}: outputs [y, x, k]", self.decoded, self.expected.outputs)

    def _score_cycles(self, item: LayerItem, cycles: ConvCycles) -> None:
        result, name = item.result, item.layer.name
        self.checks.equal(
            f"{name}: cycles of the compute phase", result.compute_cycles, cycles.dstripes_cycles + (self.inject == 5)
        )
        self.checks.equal(f"{name}: cycles of bit planes", result.step_cycles, cycles.bound_cycles)
        self.checks.equal(f"{name}: cycles lost to the reducer", result.stalls["output_drain"], cycles.stalls["output_drain"])
        self.checks.equal(f"{name}: cycles lost to late activations", result.stalls["activation_fetch"], 0)
        self.checks.equal(f"{name}: cycles of filling and emptying", result.fill_cycles, cycles.fill)
