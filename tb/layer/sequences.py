# SPDX-License-Identifier: Apache-2.0
"""Constrained-random convolutions."""

from __future__ import annotations

import numpy as np
from pyuvm import ConfigDB, uvm_sequence

from models.config import DesignConfig
from models.layer import ConvLayer, LayerError
from models.layer_registers import LayerFormats, check_fits
from models.precision import trim
from tb.common.distributions import DISTRIBUTIONS, draw
from tb.layer.items import LayerItem

_MOST_PRODUCTS = 30_000  # keeps a random layer to a few thousand cycles


def random_layer(rng: np.random.Generator, config: DesignConfig, name: str, most: int = _MOST_PRODUCTS) -> ConvLayer:
    """Draw a layer that fits the engine: any shape, with a liking for odd ones, of at most `most` brick products a row."""
    while True:
        kernel = int(rng.choice([1, 1, 2, 3, 3, 4, 5, 7]))
        shape = {
            "C": int(rng.choice([1, 3, 16, 16, 17, 20, 32, 40])),
            "H": int(rng.integers(1, 13)),
            "W": int(rng.integers(1, 13)),
            "K": int(rng.choice([1, 5, 16, 16, 17, 33])),
            "R": kernel,
            "S": int(rng.choice([kernel, kernel, 1, 2])),
            "stride": int(rng.integers(1, 4)),
            "pad": int(rng.integers(0, 3)),
        }
        try:
            layer = ConvLayer(name, **shape)
            check_fits(layer, config)
        except LayerError:
            continue
        if layer.windows * layer.steps * layer.passes(config.rows) <= most // config.cols:
            return layer


def random_item(rng: np.random.Generator, config: DesignConfig, name: str, most: int = _MOST_PRODUCTS) -> LayerItem:
    """Draw a layer with its data: activations from one distribution, trimmed to n_L as software must."""
    layer = random_layer(rng, config, name, most)
    signed = bool(rng.integers(0, 2))
    formats = LayerFormats(
        signed=signed,
        n_low=int(rng.choice([0, rng.integers(0, config.p // 2)])),
        shift=int(rng.integers(0, config.p + 8)),
        n_low_out=int(rng.choice([0, rng.integers(0, config.p)])),
        relu=bool(rng.integers(0, 2)),
    )
    distribution = str(rng.choice(list(DISTRIBUTIONS)))
    acts = draw(rng, distribution, layer.H * layer.W, layer.C, config.p, signed, formats.n_low)
    weights = draw(
        rng, str(rng.choice(["weight_like", "weight_like", "uniform", "alternation"])), layer.K, layer.products, config.p, True
    )
    bias = rng.integers(-(1 << 20), 1 << 20, layer.K)
    item = LayerItem(
        layer,
        trim(acts, formats.n_low).reshape(layer.H, layer.W, layer.C),
        weights.reshape(layer.K, layer.R, layer.S, layer.C),
        bias,
        formats,
    )
    item.stalls = bool(rng.integers(0, 2))
    return item


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
    """A layer that a reset cuts in a phase, then a whole one, and so on through the phases."""

    def items(self):
        most = self.context.knob("products", _MOST_PRODUCTS)
        for number in range(self.context.knob("layers", 6)):
            cut = random_item(self.rng, self.context.config, f"cut{number}", most)
            cut.reset_in = ("load", "compute", "store")[number % 3]
            cut.reset_after = int(self.rng.integers(1, 60))
            yield cut
            yield random_item(self.rng, self.context.config, f"whole{number}", most)


class MalformedLayers(LayerSequence):
    """Broken tensors of three kinds, each followed by a good layer."""

    def items(self):
        config = self.context.config
        for kind in ("truncated", "overrun", "too large"):
            item = random_item(self.rng, config, kind)
            item.expect_error = True
            words = item.input_words(config)
            if kind == "truncated":
                item.words = words[:-1] if len(words) > 1 else np.zeros(1, np.uint64) + np.uint64(0xFFFFF)
            elif kind == "overrun":
                item.words = np.append(words, np.uint64(0))
            else:
                item.acts, item.words = _oversized(config)
                item.input_count = lambda: (config.am_bricks + 2) * 16
            yield item
            yield random_item(self.rng, config, f"after {kind}")


def _oversized(config: DesignConfig) -> tuple[np.ndarray, np.ndarray]:
    """A good stream of all-zero bricks, two more than the activation memory holds."""
    bricks = config.am_bricks + 2
    words = bricks if config.align == 64 else -(-bricks * (config.prefix_w + 16) // 64)
    return np.zeros((bricks, 16), np.int64), np.zeros(words, np.uint64)
