# SPDX-License-Identifier: Apache-2.0
"""Directed layers of the engine: each class of tb/layer/reach.py at least once; memories filled to the last brick."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, product
from typing import Any

import numpy as np

from models.config import GROUP, DesignConfig
from models.layer import ConvLayer, PoolLayer
from models.layer_registers import LayerFormats
from models.precision import limits, trim
from tb.common.distributions import draw
from tb.layer import reach
from tb.layer.items import LayerItem
from tb.layer.sequences import LayerSequence, random_item

_SIZES = (GROUP - 11, GROUP, GROUP + 5)  # channels or filters: less than a brick, one brick, a brick and a part
_SCRAMBLED = 2  # layers whose registers are first written with other words


class CornerLayers(LayerSequence):
    """Kinds x sizes, windows, output stage, formats, containers, cascades: a small layer each, then rewritten registers."""

    def items(self) -> Iterator[LayerItem]:
        self.config: DesignConfig = self.context.config
        self.gaps = cycle((False, True))
        for part in (self._sizes, self._windows, self._pallets, self._outputs, self._formats, self._containers, self._cascades):
            yield from part()
        for number in range(_SCRAMBLED):
            item = random_item(self.rng, self.config, f"rewritten{number}")
            item.scramble = self.rng
            yield item

    def layer(self, name: str, **sizes: int) -> LayerItem:
        """Return a convolution with random operands; sizes: H and W, kernel R and S, and what is not as here."""
        return self.item(_convolution(name, **sizes))

    def item(self, layer: ConvLayer | PoolLayer, formats: LayerFormats | None = None, **data: Any) -> LayerItem:
        """Return a layer as an item; data: acts, weights, bias, slices if they are not random. Every other one has gaps."""
        formats = formats or LayerFormats(shift=self.config.p)
        item = LayerItem(layer, *self._operands(layer, formats, **data), formats, data.get("slices", 1))
        item.stalls = next(self.gaps)
        return item

    def _operands(self, layer: ConvLayer | PoolLayer, formats: LayerFormats, **data: Any) -> tuple:
        low, high = limits(self.config.p, formats.signed)
        acts = data.get("acts", self.rng.integers(low, high + 1, (layer.H, layer.W, layer.C)))
        if isinstance(layer, PoolLayer):
            return trim(acts, formats.n_low), None, np.zeros(layer.C, np.int64)
        low, high = limits(self.config.p, True)
        shape = (layer.K, layer.R, layer.S, layer.group_channels)
        weights = data.get("weights", self.rng.integers(low, high + 1, shape))
        return trim(acts, formats.n_low), weights, data.get("bias", self.rng.integers(-(1 << 20), 1 << 20, layer.K))

    def _sizes(self) -> Iterator[LayerItem]:
        """Channels and filters of each kind below, at and above a brick, each with and without gaps."""
        for kind, size, _ in product(reach.kinds(self.config), _SIZES, range(2)):
            name = f"{kind} of {size}"
            if kind == "conv":
                yield self.layer(name, C=size, K=size)
            elif kind == "grouped":
                yield self.layer(name, C=2 * size, K=2 * size, groups=2)
            elif kind == "depthwise":
                yield self.layer(name, C=size, K=size * (1 + (size == GROUP)), groups=size)
            elif kind == "pool":
                yield self.item(PoolLayer(name, C=size, H=3, W=3, R=2, S=2))
            else:
                yield self.layer(name, C=size, K=size, H=1, W=1)
        yield self.layer("fc of several passes", C=_SIZES[0], K=GROUP * self.config.cols + 1, H=1, W=1)

    def _windows(self) -> Iterator[LayerItem]:
        """Every stride x padding x kernel, at least two windows a side."""
        for stride, pad, kernel in product((1, 2, 4), (0, 1, 2), (1, 3, 5)):
            size = max(1, kernel + stride - 2 * pad)
            sizes = {"H": size, "W": size + 1, "R": kernel, "S": kernel, "stride": stride, "pad": pad}
            yield self.layer(f"window s{stride} p{pad} k{kernel}", **sizes)

    def _pallets(self) -> Iterator[LayerItem]:
        """Windows below, at and above those of a pallet; a single one that is no fully connected layer."""
        yield self.layer("one window", C=2 * GROUP, K=2, groups=2, H=1, W=1)
        for windows in sorted({self.config.cols - 1, self.config.cols, self.config.cols + 1, 2 * self.config.cols} - {0, 1}):
            yield self.layer(f"{windows} windows", H=1, W=windows)

    def _outputs(self) -> Iterator[LayerItem]:
        """The output stage at each limit: weights of one sign or both, all extremes, or nothing to clip."""
        bits = self.config.p
        low, high = limits(bits, True)
        shape = (4, 1, 1, GROUP)
        weights = {"none": 0, "low": low, "high": high, "low and high": np.array([low, high, 0, 1]).reshape(4, 1, 1, 1)}
        for relu, shift, limit in product((False, True), (0, 3, bits), reach.SATURATIONS):
            layer = ConvLayer(f"clips {limit}, shift {shift}, relu {relu}", C=GROUP, H=2, W=2, K=4, R=1, S=1)
            formats = LayerFormats(shift=shift, relu=relu)
            acts = np.full((2, 2, GROUP), (1 << bits) - 1)
            bias = np.zeros(4, np.int64)
            yield self.item(layer, formats, acts=acts, weights=np.broadcast_to(weights[limit], shape), bias=bias)

        layer = ConvLayer("shift of more than 32", C=GROUP, H=2, W=2, K=4, R=1, S=1)
        data = {"acts": np.full((2, 2, GROUP), (1 << bits) - 1), "weights": np.broadcast_to(weights["low and high"], shape)}
        yield self.item(layer, LayerFormats(shift=2 * bits + 1, relu=False), bias=np.zeros(4, np.int64), **data)
        yield from self._single_bits()

    def _single_bits(self) -> Iterator[LayerItem]:
        """Sums with one bit set, and negative ones with one bit clear: each bit alone decides whether a value is clipped."""
        powers = 1 << np.arange(31)
        bias = np.concatenate([powers, -powers - 1])
        for relu in (False, True):
            layer = ConvLayer(f"sums of one bit, relu {relu}", C=GROUP, H=1, W=2, K=bias.size, R=1, S=1)
            weights = np.zeros((bias.size, 1, 1, GROUP), np.int64)
            yield self.item(layer, LayerFormats(relu=relu), weights=weights, bias=bias)

    def _formats(self) -> Iterator[LayerItem]:
        """Sign and class of n_L of the inputs and of the outputs."""
        bits = self.config.p
        for n_low, signed in product((0, 1, bits - 2), (False, True)):
            layer = ConvLayer(f"n_l {n_low}, signed {signed}", C=GROUP, H=2, W=2, K=5, R=1, S=1)
            yield self.item(layer, LayerFormats(signed, n_low, shift=bits, n_low_out=n_low, relu=not signed))

    def _containers(self) -> Iterator[LayerItem]:
        """Containers of every length in all tensors: values of every precision through an identity, then weights of each."""
        bits, size = self.config.p, 8
        acts = draw(self.rng, "short", size * size, GROUP, bits, False)
        acts[0], acts[1] = 0, (1 << bits) - 1
        identity = np.eye(GROUP, dtype=np.int64).reshape(GROUP, 1, 1, GROUP)
        layer = ConvLayer("identity", C=GROUP, H=size, W=size, K=GROUP, R=1, S=1)
        data = {"acts": acts.reshape(size, size, GROUP), "weights": identity, "bias": np.zeros(GROUP, np.int64)}
        yield self.item(layer, LayerFormats(), **data)
        layer = ConvLayer("weights of every precision", C=GROUP, H=2, W=2, K=3 * GROUP, R=1, S=1)
        yield self.item(layer, weights=draw(self.rng, "short", 3 * GROUP, GROUP, bits, True).reshape(-1, 1, 1, GROUP))

    def _cascades(self) -> Iterator[LayerItem]:
        """TRT: every number of slices, passes just not full, full, and one output more."""
        config = self.config
        for slices in range(1, config.cols + 1) if config.design == "trt" else ():
            full = config.rows * (config.cols // slices)
            for filters in (full - 1, full, full + 1):
                layer = ConvLayer(f"{slices} slices, {filters} outputs", C=slices * GROUP + 3, H=1, W=1, K=filters, R=1, S=1)
                yield self.item(layer, slices=slices)


class MemoryLayers(CornerLayers):
    """Activation, weight and output memory full and all but full; the longest rows and columns, the most passes and bricks."""

    def items(self) -> Iterator[LayerItem]:
        self.config = self.context.config
        self.gaps = cycle((False,))
        for free in (0, 1):
            yield self._activations(self.config.am_bricks - free)
            yield self._weights(self.config.wm_words - free)
            yield self._outputs_of(self.config.om_bricks - free)
        longest = min(511, self.config.am_bricks)
        yield self.layer("one column", H=longest, W=1, K=1)
        yield self.layer("one row", H=1, W=longest, K=1)
        yield self.layer("one wide row of filters", H=1, W=longest, K=1, S=15, stride=2)
        most = min(255, self.config.wm_words)
        yield self.layer("many passes", H=1, W=2, K=most * GROUP)
        layer = _convolution("many passes of odd length", H=1, W=2, K=most * GROUP)  # 9 cycles; random values take all 16
        yield self.item(layer, acts=np.full((1, 2, GROUP), 0x1FF >> (16 - self.config.p)))
        yield self.layer("many bricks", H=1, W=min(2, self.config.am_bricks // most), C=most * GROUP, K=1, pad=1)
        yield self.layer("small", H=1, W=1, K=1, pad=1)
        yield self.layer("one wide stride", H=1, W=min(255, longest), K=1, stride=130)
        groups = 33 * GROUP
        yield self.layer("many groups at a position", H=2, W=2, C=groups, K=groups, R=2, S=2, groups=groups)
        yield from self._last_pallets()
        yield from self._long_walks()
        yield from self._long_waits()

    def _last_pallets(self) -> Iterator[LayerItem]:
        """One window in the last pallet, whose other columns would see activations that are longer than all before."""
        for windows in (33, 65, 129):
            layer = _convolution(f"{windows} windows in a column", H=windows + 4, W=1, K=GROUP + 1, R=5)
            acts = np.ones((layer.H, 1, GROUP), np.int64)
            acts[windows:] = (1 << self.config.p) - 1
            yield self.item(layer, acts=acts)

    def _long_walks(self) -> Iterator[LayerItem]:
        """A tall kernel over a wide input: far addresses; as many steps as words of weights, which are 0 on TRT."""
        config = self.config
        yield self.layer("tall kernel", H=15, W=config.am_bricks // 60, C=4 * GROUP, K=1, R=15)
        steps = min(255, config.wm_words // 4)
        layer = _convolution("many steps", C=steps * GROUP, K=1, R=2, S=2)
        low = 0 if config.design == "trt" else -1
        yield self.item(layer, weights=self.rng.integers(low, 1, (1, 2, 2, layer.C)))

    def _long_waits(self) -> Iterator[LayerItem]:
        """Pallets of one cycle wait for the reducer; on TRT passes of one step add slices, and long weights are awaited."""
        config = self.config
        passes = min(255, config.om_bricks // 8, config.wm_words)
        layer = _convolution("nothing but drain", H=1, W=8, K=passes * GROUP)
        yield self.item(layer, acts=np.zeros((1, 8, GROUP), np.int64), weights=np.ones((layer.K, 1, 1, GROUP), np.int64))
        if config.design != "trt":
            return
        passes = min(255, config.wm_words // 2)  # weights of two bits
        layer = _convolution("a cascade a step", H=1, W=1, C=config.cols * GROUP, K=passes * config.rows)
        yield self.item(layer, slices=config.cols, weights=self.rng.integers(-1, 1, (layer.K, 1, 1, layer.C)))
        layer = _convolution("long weights", H=1, W=1, C=config.wm_words // config.p * GROUP, K=1)
        data = {"acts": np.ones((1, 1, layer.C), np.int64), "weights": np.full((1, 1, 1, layer.C), -(1 << (config.p - 1)))}
        yield self.item(layer, **data)

    def _activations(self, bricks: int) -> LayerItem:
        height, width = _factors(bricks, 511)
        return self.layer(f"{bricks} bricks of activations", H=height, W=width, K=1, stride=2)

    def _weights(self, words: int) -> LayerItem:
        passes, steps = _factors(words, 255)
        layer = _convolution(f"{words} words of weights", H=1, W=2, C=steps * GROUP, K=passes * GROUP)
        weights = self.rng.integers(-2, 2, (layer.K, 1, 1, layer.C))  # short: the bench holds 65,536 words of containers
        return self.item(layer, weights=weights)

    def _outputs_of(self, bricks: int) -> LayerItem:
        """More windows than positions: all around is padding."""
        height, width = _factors(bricks, 511)
        pad = min(7, (height - 1) // 2)
        return self.layer(f"{bricks} bricks of outputs", H=height - 2 * pad, W=width - 2 * pad, K=1, pad=pad)


def _convolution(name: str, **sizes: int) -> ConvLayer:
    return ConvLayer(name, **{"C": GROUP, "H": 2, "W": 2, "K": 3, "R": 1, "S": 1} | sizes)


def _factors(number: int, most: int) -> tuple[int, int]:
    """Return two factors of `number`, the smaller one first, neither over `most`. Raises ValueError when there are none."""
    for small in range(int(number**0.5), 0, -1):
        if number % small == 0 and number // small <= most:
            return small, number // small
    raise ValueError(f"{number} has no two factors up to {most}")
