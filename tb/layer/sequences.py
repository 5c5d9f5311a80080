# SPDX-License-Identifier: Apache-2.0
"""Constrained-random layers of every kind that the engine's design runs, and the sequences that send them."""

from __future__ import annotations

from itertools import product

import numpy as np
from pyuvm import ConfigDB, uvm_sequence

from models.config import DesignConfig
from models.layer import ConvLayer, LayerError, PoolLayer
from models.layer_registers import LayerFormats, check_fits, engine_layer
from models.precision import group_precision, trim
from models.tile_shape import is_serial, tile_shape
from tb.common.distributions import DISTRIBUTIONS, draw
from tb.layer.broken import TENSORS, broken_kinds, broken_tensor
from tb.layer.items import LayerItem
from tb.layer.reach import PHASES

_MOST_PRODUCTS = 30_000  # keeps a random layer to a few thousand cycles
_FEW_PRODUCTS = 3_000  # of one between two others
_AT_ITS_END = 1 << 30  # cycles: a reset waits for the phase's end
_WEIGHTS = ("weight_like", "weight_like", "uniform", "alternation")


def _window(rng: np.random.Generator) -> dict[str, int]:
    """Draw input, window, stride and padding, with a liking for odd ones."""
    kernel = int(rng.choice([1, 1, 2, 3, 3, 4, 5, 7]))
    return {
        "H": int(rng.integers(1, 13)),
        "W": int(rng.integers(1, 13)),
        "R": kernel,
        "S": int(rng.choice([kernel, kernel, 1, 2])),
        "stride": int(rng.integers(1, 4)),
        "pad": int(rng.integers(0, 3)),
    }


def _convolution(rng: np.random.Generator, name: str) -> ConvLayer:
    channels, filters = int(rng.choice([1, 3, 16, 16, 17, 20, 32, 40])), int(rng.choice([1, 5, 16, 16, 17, 33]))
    return ConvLayer(name, C=channels, K=filters, **_window(rng))


def _grouped(rng: np.random.Generator, name: str) -> ConvLayer:
    groups = int(rng.choice([2, 2, 3, 4]))
    channels, filters = int(rng.choice([2, 16, 17, 33])), int(rng.choice([1, 5, 16, 17, 33]))
    return ConvLayer(name, C=groups * channels, K=groups * filters, groups=groups, **_window(rng))


def _depthwise(rng: np.random.Generator, name: str) -> ConvLayer:
    channels, multiplier = int(rng.choice([2, 16, 17, 40])), int(rng.choice([1, 1, 2, 3]))
    return ConvLayer(name, C=channels, K=channels * multiplier, groups=channels, **_window(rng))


def _pooling(rng: np.random.Generator, name: str) -> PoolLayer:
    return PoolLayer(name, C=int(rng.choice([1, 5, 16, 17, 40])), **_window(rng))


def _connected(rng: np.random.Generator, name: str) -> ConvLayer:
    height, width = (int(size) for size in rng.integers(1, 4, 2))
    channels, filters = int(rng.choice([1, 16, 20, 40, 150])), int(rng.choice([1, 10, 16, 33, 100, 300]))
    return ConvLayer(name, C=channels, H=height, W=width, K=filters, R=height, S=width)


_KINDS = (_convolution, _convolution, _grouped, _depthwise)
_TRT_KINDS = (*_KINDS, _connected, _connected, _connected, _pooling, _pooling)


def random_layer(
    rng: np.random.Generator, config: DesignConfig, name: str, most: int = _MOST_PRODUCTS
) -> tuple[ConvLayer | PoolLayer, int]:
    """Draw a layer that fits the engine, and the columns that share an output; at most `most` brick products a row."""
    kinds = _TRT_KINDS if config.design == "trt" else _KINDS
    while True:
        try:
            layer = kinds[rng.integers(len(kinds))](rng, name)
            serial = is_serial(layer, config)
            slices = int(rng.integers(1, config.cols + 1)) if serial else 1
            check_fits(layer, config, slices, weight_words=0)
            shape = tile_shape(engine_layer(layer, config), config, serial, slices)
        except LayerError:
            continue
        if shape.all_steps <= most // config.cols**2:
            return layer, slices


def random_item(rng: np.random.Generator, config: DesignConfig, name: str, most: int = _MOST_PRODUCTS) -> LayerItem:
    """Draw a layer with its data that fits the engine, its weights as well."""
    while True:
        item = _random_item(rng, config, name, most)
        if item.engine_weights(config).words <= config.wm_words:
            return item


def _random_item(rng: np.random.Generator, config: DesignConfig, name: str, most: int) -> LayerItem:
    """Draw activations from one distribution, trimmed to n_L as software must; their profile, weights, and the rest."""
    layer, slices = random_layer(rng, config, name, most)
    pool = isinstance(layer, PoolLayer)
    signed = bool(rng.integers(0, 2)) and not (pool and layer.pad)
    n_low = int(rng.choice([0, rng.integers(0, config.p // 2)]))
    acts = draw(rng, str(rng.choice(list(DISTRIBUTIONS))), layer.H * layer.W, layer.C, config.p, signed, n_low)
    acts = trim(acts, n_low)
    formats = LayerFormats(
        signed=signed,
        n_low=n_low,
        shift=int(rng.integers(0, 4 if pool else config.p + 8)),
        n_low_out=int(rng.choice([0, rng.integers(0, config.p)])),
        relu=bool(rng.integers(0, 2)),
        n_high=_profile(rng, config, acts, signed, n_low),
    )
    weights, bias = None, np.zeros(layer.C, np.int64)
    if not pool:
        weights = draw(rng, str(rng.choice(_WEIGHTS)), layer.K, layer.products, config.p, True)
        weights = weights.reshape(layer.K, layer.R, layer.S, layer.group_channels)
        bias = rng.integers(-(1 << 20), 1 << 20, layer.K)
    item = LayerItem(layer, acts.reshape(layer.H, layer.W, layer.C), weights, bias, formats, slices)
    item.stalls = bool(rng.integers(0, 2))
    return item


def _profile(rng: np.random.Generator, config: DesignConfig, acts: np.ndarray, signed: bool, n_low: int) -> int | None:
    """Draw the highest position of a static profile: the one in use, or any above."""
    if config.detection != "static":
        return None
    highest = n_low + max(1, int(group_precision(acts.reshape(1, -1), config.p, signed, n_low)[0])) - 1
    return int(rng.choice([highest, rng.integers(highest, config.p)]))


class LayerSequence(uvm_sequence):
    """Sends the items of `items`."""

    async def body(self) -> None:
        self.context = ConfigDB().get(None, "", "CONTEXT")
        self.rng = self.context.rng(type(self).__name__)
        for item in self.items():
            await self.start_item(item)
            await self.finish_item(item)

    def items(self):
        """Yield the LayerItems."""
        raise NotImplementedError


class RandomLayers(LayerSequence):
    """Random layers one after the other."""

    def items(self):
        for number in range(self.context.knob("layers", 10)):
            yield random_item(self.rng, self.context.config, f"random{number}", self.context.knob("products", _MOST_PRODUCTS))


class ResetLayers(LayerSequence):
    """A layer that a reset cuts, then a whole one: in each phase early, as the phase ends, and anywhere."""

    def items(self):
        most = self.context.knob("products", _MOST_PRODUCTS)
        for number in range(self.context.knob("layers", 9)):
            cut = random_item(self.rng, self.context.config, f"cut{number}", most)
            cut.reset_in = PHASES[number % 3]
            cut.reset_after = int((self.rng.integers(1, 6), _AT_ITS_END, self.rng.integers(1, 60))[number // 3 % 3])
            yield cut
            yield random_item(self.rng, self.context.config, f"whole{number}", most)


class MalformedLayers(LayerSequence):
    """Broken tensors of every kind, as activations and as weights, each followed by a good layer."""

    def items(self):
        config = self.context.config
        broken = list(product(broken_kinds(), TENSORS))
        for kind, tensor in broken[: self.context.knob("broken", len(broken))]:
            item = random_item(self.rng, config, f"{tensor}, {kind}", _FEW_PRODUCTS)
            item.broken = broken_tensor(self.rng, config, kind, tensor)
            yield item
            yield random_item(self.rng, config, f"after {kind}", _FEW_PRODUCTS)
