# SPDX-License-Identifier: Apache-2.0
"""Layers described by a few numbers and names, so that a failing one can be made smaller, written down and played again.

In a child of a forked simulation (tb/common/forking.py) `plant` makes every sequence of a test send what a description says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models.layer import ConvLayer, PoolLayer

Description = dict[str, Any]
ITEMS_FILE = "items.jsonl"  # what was sent, a line an item
PATTERNS = ("zero", "one", "highest", "lowest", "ramp", "random")
_SHAPE = ("C", "H", "W", "R", "S", "stride", "pad")


def pattern(name: str, shape: tuple[int, ...], low: int, high: int, seed: int) -> np.ndarray:
    """Return int64 values from low..high of a pattern by name. Raises KeyError for an unknown one."""
    size = int(np.prod(shape))
    fixed = {"zero": 0, "one": min(1, high), "highest": high, "lowest": low}
    if name in fixed:
        return np.full(shape, fixed[name], np.int64)
    if name == "ramp":
        return (np.arange(size) % (high - low + 1) + low).reshape(shape)
    if name == "random":
        return np.random.default_rng(seed).integers(low, high + 1, shape)
    raise KeyError(f"pattern {name!r}: use one of {', '.join(PATTERNS)}")


def described_layer(layer: ConvLayer | PoolLayer) -> Description:
    """Return the shape of a layer as a description has it."""
    shape = {name: getattr(layer, name) for name in _SHAPE}
    return shape if isinstance(layer, PoolLayer) else shape | {"K": layer.K, "groups": layer.groups}


def layer_of(description: Description) -> ConvLayer | PoolLayer:
    """Return the layer of a description: pooling has no K. Raises LayerError."""
    shape = {name: description[name] for name in _SHAPE}
    if "K" not in description:
        return PoolLayer("shrunk", **shape)
    return ConvLayer("shrunk", **shape, K=description["K"], groups=description["groups"])


def plant(sequence: type, items: Callable[[Any, Callable], Iterator]) -> None:
    """Replace what every kind of `sequence` sends: items(sequence object, its own `items`) yields the items."""
    for kind in sequence.__subclasses__():
        plant(kind, items)
        if "items" in vars(kind):
            own = vars(kind)["items"]
            kind.items = lambda self, own=own: items(self, lambda: own(self))


def plant_watch(sequence: type, describe: Callable[[Any], Description]) -> None:
    """Write the description of every item into ITEMS_FILE of the run's folder before it is sent."""

    def items(self: Any, own: Callable) -> Iterator:
        with (Path(self.context.run_dir) / ITEMS_FILE).open("w") as file:
            for item in own():
                file.write(json.dumps(describe(item)) + "\n")
                file.flush()
                yield item

    plant(sequence, items)


def plant_number(sequence: type, number: int, skip: Callable[[Any, Any], object] = lambda sequence, item: None) -> None:
    """Send only the item of that number, as the sequence draws it; skip(sequence object, item) sees those before it."""

    def items(self: Any, own: Callable) -> Iterator:
        for place, item in enumerate(own()):
            if place == number:
                yield item
                return
            skip(self, item)

    plant(sequence, items)
