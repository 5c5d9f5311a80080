# SPDX-License-Identifier: Apache-2.0
"""Scores a layer from containers to containers: every output word, every cycle and its cause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyuvm import ConfigDB, uvm_subscriber

from models.codec import CodecError, CodecParams, decode, encode
from models.config import DesignConfig
from models.convolution import accumulate, output_stage
from models.cycles import EngineCycles, engine_cycles
from models.layer import PoolLayer
from models.layer_layout import arrange_outputs, brick_filters, collect_outputs
from models.pooling import max_pool
from tb.layer.items import LayerItem


@dataclass(frozen=True)
class LayerExpectation:
    """What the models say of a layer: outputs [windows, K], their containers, cycles."""

    outputs: np.ndarray
    words: np.ndarray
    cycles: EngineCycles


def output_params(item: LayerItem, config: DesignConfig) -> CodecParams:
    """Return the container settings of the layer's outputs."""
    return CodecParams.for_design(config, not item.formats.relu, item.formats.n_low_out)


def _sums(item: LayerItem) -> np.ndarray:
    """Return the layer's sums, or largest values, without bias: int64 [windows, K]."""
    if isinstance(item.layer, PoolLayer):
        return max_pool(item.acts, item.layer, item.formats.n_low)
    return accumulate(item.acts, item.weights, item.layer, item.formats.n_low, rows=1)


def expect(item: LayerItem, config: DesignConfig) -> LayerExpectation:
    """Run the reference models on an item."""
    formats = item.formats
    outputs = output_stage(_sums(item), item.bias, formats.shift, bits=config.p, n_low_out=formats.n_low_out, relu=formats.relu)
    cycles = engine_cycles(
        item.layer,
        config,
        item.acts,
        item.weights,
        signed=formats.signed,
        n_low=formats.n_low,
        n_high=item.mode(config).n_high,
        slices=item.slices,
    )
    bricks = arrange_outputs(outputs, brick_filters(item.layer, config))
    return LayerExpectation(outputs, encode(bricks.ravel(), output_params(item, config)), cycles)


class LayerScoreboard(uvm_subscriber):
    """Compares each finished item with the models. `decoded` keeps the outputs of the last item for the next layer.

    mismatches: how many outputs of the last item are wrong.
    """

    mismatches: int

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.checks = ConfigDB().get(self, "", "CHECKS")
        self.cycles = 0
        self.decoded: np.ndarray | None = None
        self.expected: LayerExpectation | None = None

    def write(self, item: LayerItem) -> None:
        if item.result is None:  # cut by a reset
            return
        if item.broken is not None:
            name = item.broken.name
            self.checks.equal(f"{name}: load error", item.result.load_error, int(item.broken.error))
            self.checks.equal(f"{name}: load overflow", item.result.load_overflow, item.broken.overflow)
            return
        self.checks.equal("load error", item.result.load_error, 0)
        self.checks.equal("load overflow", item.result.load_overflow, False)
        config = self.context.config
        self.expected = expect(item, config)
        self.checks.equal(f"{item.layer.name}: compressed outputs", item.result.words, self.expected.words)
        self._score_outputs(item)
        self._score_cycles(item, self.expected.cycles)
        self.cycles += item.result.compute_cycles

    def _score_outputs(self, item: LayerItem) -> None:
        config, expected = self.context.config, self.expected.outputs
        name, filters = item.layer.name, brick_filters(item.layer, config)
        self.mismatches, self.decoded = expected.size, None
        try:
            values = decode(item.result.words, output_params(item, config), len(expected) * filters.size)
        except CodecError as error:
            self.checks.fail(f"{name}: the compressed outputs do not decode: {error}")
            return
        decoded = collect_outputs(values.reshape(len(expected), *filters.shape), filters, expected.shape[1])
        self.mismatches = int((decoded != expected).sum())
        self.checks.equal(f"{name}: outputs [window, k]", decoded, expected)
        self.decoded = decoded.reshape(item.layer.Ho, item.layer.Wo, expected.shape[1])

    def _score_cycles(self, item: LayerItem, cycles: EngineCycles) -> None:
        result, name = item.result, item.layer.name
        self.checks.equal(f"{name}: cycles of the compute phase", result.compute_cycles, cycles.cycles)
        self.checks.equal(f"{name}: cycles that send operands", result.step_cycles, cycles.send)
        for cause, expected in cycles.stalls.items():
            self.checks.equal(f"{name}: cycles of {cause}", result.stalls[cause], expected)
        self.checks.equal(f"{name}: cycles of filling and emptying", result.fill_cycles, cycles.fill)
