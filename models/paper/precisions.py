# SPDX-License-Identifier: Apache-2.0
"""The paper's own precisions of the layers of its six ImageNet networks (Tables 1 to 3), by layer name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from models.layer_precisions import LayerPrecisions
from models.networks.imagenet import load_topology

PRECISION_FILE = Path(__file__).with_suffix(".toml")
PROFILE_SOURCE = "Table 3"


class PaperError(ValueError):
    """The paper has no such number; the message names what there is."""


@dataclass(frozen=True)
class PaperPrecisions:
    """The precisions of a network, by the layer names of its topology."""

    network: str
    layers: Mapping[str, LayerPrecisions]
    profile_source: str  # where the profiles of the convolutions are from
    profile_in_paper: bool
    missing: tuple[str, ...] = field(default=())  # layers that have none

    def of(self, layer: str) -> LayerPrecisions:
        """Return the precisions of a layer, all None when the paper has none."""
        return self.layers.get(layer, LayerPrecisions())


def paper_networks() -> tuple[str, ...]:
    """Return the names of the networks whose precisions the paper has, in its order."""
    return tuple(_tables())


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(PRECISION_FILE.read_text())


@cache
def paper_precisions(network: str) -> PaperPrecisions:
    """Return the paper's precisions of the topology `network`.

    Raises PaperError when the paper has none, NetworkError when there is no such topology.
    """
    topology = load_topology(network)
    if network not in _tables():
        raise PaperError(f"the paper has no precisions of {network}: it has those of {', '.join(paper_networks())}")
    table = _tables()[network]
    convolutions = table.get("order", [layer.name for layer in topology.convolutions])
    columns = (table["activations"], table["weights"], table["profile"])
    layers = {
        name: LayerPrecisions(acts, weights, profile)
        for name, acts, weights, profile in zip(convolutions, *columns, strict=True)
    }
    # GoogLeNet's classifier has no number; the lists of the other networks are complete.
    given = table.get("fully_connected", [])
    for layer, bits in zip(topology.fully_connected[: len(given)], given, strict=True):
        layers[layer.name] = LayerPrecisions(act_profile=bits, weight_profile=bits)
    source = table.get("profile_source", PROFILE_SOURCE)
    missing = tuple(layer.name for layer in topology.layers if layer.name not in layers)
    return PaperPrecisions(network, layers, source, source == PROFILE_SOURCE, missing)
