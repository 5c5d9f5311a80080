# SPDX-License-Identifier: Apache-2.0
"""Sequences of layers: random ones, corners, given ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import numpy as np

from models.layer import ConvLayer, PoolLayer
from models.mapping import is_serial
from models.precision import limits
from tb.tile.items import LayerItem
from tb.tile.random_layers import Budget, layer_kinds, random_layer_item
from tb.tile.sequences import TileSequence


class LayerSequence(TileSequence):
    """Plays given layers."""

    def __init__(self, name: str, layers: Iterable[LayerItem]) -> None:
        super().__init__(name)
        self.layers = layers

    def items(self) -> Iterator[LayerItem]:
        yield from self.layers


class RandomLayers(TileSequence):
    """Random layers of every kind in turn."""

    def items(self) -> Iterator[LayerItem]:
        budget, kinds = Budget(self.context.knob("cycles", Budget.cycles)), layer_kinds(self.config)
        for number in range(self.context.knob("layers", 20)):
            kind = kinds[number % len(kinds)]
            yield random_layer_item(self.rng, self.config, f"{kind}{number}", kind, budget)


class CornerLayers(TileSequence):
    """Layers at the edges: a single value, extremes, a tile just filled and just not, every cascade, pooling."""

    def items(self) -> Iterator[LayerItem]:
        yield from self._single()
        yield from self._extremes()
        yield from self._edges_of_the_tile()
        yield from self._fills()
        if self.config.design == "trt":
            yield from self._cascades()
            yield from self._pools()

    def _layer(self, name: str, signed: bool = False, fill: str = "random", **sizes: int) -> LayerItem:
        """A convolution (H = W = size, kernel R x R) whose operands are all random, all zero, or all at one limit."""
        size, kernel = sizes.pop("size", 1), sizes.pop("kernel", 1)
        layer = ConvLayer(name, **{"C": 1, "H": size, "W": size, "K": 1, "R": kernel, "S": kernel} | sizes)
        shapes = (layer.H, layer.W, layer.C), (layer.K, layer.R, layer.S, layer.group_channels)
        acts, weights = (self._operand(shape, sign, fill) for shape, sign in zip(shapes, (signed, True), strict=True))
        return LayerItem(layer, acts, weights, signed=signed)

    def _operand(self, shape: tuple[int, ...], signed: bool, fill: str) -> np.ndarray:
        low, high = limits(self.config.p, signed)
        value = {"zero": 0, "minimum": low, "maximum": high}
        return np.full(shape, value[fill]) if fill in value else self.rng.integers(low, high + 1, shape)

    def _single(self) -> Iterator[LayerItem]:
        rows, cols, lanes = self.config.rows, self.config.cols, self.config.lanes
        yield self._layer("one_product")
        yield self._layer("one_product_signed", signed=True)
        yield self._layer("one_input", K=2 * rows + 1)
        yield self._layer("one_output", C=2 * lanes + 1, size=3, kernel=3)
        yield self._layer("one_filter", C=lanes, size=5, kernel=2)
        yield self._layer("one_window", C=lanes + 1, K=rows * cols + 1, signed=True)
        yield self._layer("one_window_padded", C=lanes, K=rows, size=1, kernel=3, pad=1)
        yield self._layer("one_window_of_groups", C=2 * lanes, K=4, groups=2, size=2, kernel=2)

    def _extremes(self) -> Iterator[LayerItem]:
        lanes, rows = self.config.lanes, self.config.rows
        for name, signed, fill in (("zero", False, "zero"), ("minimum", True, "minimum"), ("maximum", False, "maximum")):
            yield self._layer(f"conv_all_{name}", signed, fill, C=lanes + 1, K=rows + 1, size=4, kernel=3)
            yield self._layer(f"fc_all_{name}", signed, fill, C=2 * lanes, K=rows + 1, size=2, kernel=2)
            yield self._layer(
                f"depthwise_all_{name}", signed, fill, C=lanes + 1, K=lanes + 1, groups=lanes + 1, size=3, kernel=2
            )
        layer = self._layer("zero_weights", C=lanes, K=rows, size=3, kernel=2)
        layer.weights[:] = 0
        yield layer
        layer = self._layer("zero_weights_fc", C=lanes, K=rows)
        layer.weights[:] = 0
        yield layer

    def _edges_of_the_tile(self) -> Iterator[LayerItem]:
        rows, cols, lanes = self.config.rows, self.config.cols, self.config.lanes
        for windows in {cols - 1, cols, cols + 1} - {0, 1}:
            yield self._layer(f"windows{windows}", C=lanes, K=rows, H=1, W=windows)
        for filters in {max(1, rows - 1), rows, rows + 1}:
            yield self._layer(f"filters{filters}", C=lanes - 1, K=filters, size=2)
            yield self._layer(f"outputs{filters * cols}", C=lanes + 1, K=filters * cols)
        yield self._layer("kernel11", C=3, K=rows, size=13, kernel=11, stride=4, pad=1)
        yield self._layer("stride_past_the_end", C=lanes, K=3, size=6, kernel=1, stride=5)
        yield self._layer("multiplier", C=lanes + 1, K=2 * lanes + 2, groups=lanes + 1, size=3, kernel=3, pad=1)
        yield self._layer("groups", C=3 * lanes + 3, K=3 * rows + 3, groups=3, size=3, kernel=2, signed=True)

    def _fills(self) -> Iterator[LayerItem]:
        """Channels and filters just not filling lanes and rows, filling them, and one more."""
        rows, lanes = self.config.rows, self.config.lanes
        for channels, filters in product((lanes - 1, lanes, lanes + 1), (rows - 1, rows, rows + 1)):
            if channels and filters:
                yield self._layer(f"channels{channels}_filters{filters}", C=channels, K=filters, size=2)

    def _cascades(self) -> Iterator[LayerItem]:
        """Every number of slices; bricks that do not divide by it; passes just not full, full, and one output more."""
        rows, cols, lanes = self.config.rows, self.config.cols, self.config.lanes
        for slices in range(1, cols + 1):
            full = rows * (cols // slices)
            for filters in sorted({max(1, full - 1), full, full + 1}):
                name = f"cascade{slices}_outputs{filters}"
                layer = self._layer(name, bool(slices % 2), C=(slices + 2) * lanes - 1, K=filters)
                assert is_serial(layer.layer, self.config)
                layer.slices = slices
                yield layer

    def _pools(self) -> Iterator[LayerItem]:
        lanes = self.config.lanes
        for name, signed, pad, fill in (
            ("pool", False, 1, "random"),
            ("pool_signed", True, 0, "random"),
            ("pool_minimum", True, 0, "minimum"),
            ("pool_maximum", False, 1, "maximum"),
            ("pool_zero", False, 0, "zero"),
        ):
            layer = PoolLayer(name, C=lanes + 1, H=5, W=5, R=3, S=2, stride=2, pad=pad)
            yield LayerItem(layer, self._operand((5, 5, lanes + 1), signed, fill), None, signed=signed)
