# SPDX-License-Identifier: Apache-2.0
"""The layer shapes of the ImageNet classification networks of the paper's evaluation (section 6).

Shapes only: weights and images are not stored. The cycle models take them together with precisions.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.layer import ConvLayer
from models.network import NetworkError

TOPOLOGY_FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Topology:
    """Convolutions and fully connected layers in the order of the network; pooling and the like are left out."""

    name: str
    source: str  # where the shapes are from
    layers: tuple[ConvLayer, ...]

    @property
    def convolutions(self) -> tuple[ConvLayer, ...]:
        """The layers of several windows, depthwise ones too."""
        return tuple(layer for layer in self.layers if not layer.fully_connected)

    @property
    def fully_connected(self) -> tuple[ConvLayer, ...]:
        """The layers of one window: the filter covers the whole input."""
        return tuple(layer for layer in self.layers if layer.fully_connected)


@cache
def _load_all() -> dict[str, Topology]:
    tables = tomllib.loads(TOPOLOGY_FILE.read_text())
    return {
        name: Topology(name, table["source"], tuple(ConvLayer(*row) for row in table["layers"]))
        for name, table in tables.items()
    }


def topologies() -> tuple[str, ...]:
    """Return the names of all stored topologies."""
    return tuple(_load_all())


def load_topology(name: str) -> Topology:
    """Return the topology `name`. Raises NetworkError that lists the valid names when there is none."""
    if name not in _load_all():
        raise NetworkError(f"no topology {name!r} in {TOPOLOGY_FILE.name}: use one of {', '.join(_load_all())}")
    return _load_all()[name]
