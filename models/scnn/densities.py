# SPDX-License-Identifier: Apache-2.0
"""Published densities of pruned networks, with their sources."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.layer import ConvLayer
from models.networks.imagenet import load_topology
from models.scnn.config import ScnnError

DENSITY_FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class PrunedLayer:
    """A layer with the published densities of its operands, 0 to 1."""

    layer: ConvLayer
    acts: float
    weights: float


@cache
def _tables() -> dict[str, dict]:
    return tomllib.loads(DENSITY_FILE.read_text())


def pruned_networks() -> dict[str, str]:
    """Return the networks whose densities are known, with the source of the numbers."""
    return {name: table["source"].strip() for name, table in _tables().items()}


def load_densities(name: str) -> tuple[PrunedLayer, ...]:
    """Return the layers of a network with their densities. Raises ScnnError that lists the networks when it has none."""
    if name not in _tables():
        raise ScnnError(f"no densities of {name!r} in {DENSITY_FILE.name}: use one of {', '.join(_tables())}")
    shapes = {layer.name: layer for layer in load_topology(name).layers}
    return tuple(PrunedLayer(shapes[layer], acts, weights) for layer, acts, weights in _tables()[name]["layers"])
