# SPDX-License-Identifier: Apache-2.0
"""From a network's cycles and traffic to what the memory model takes: layers in order, with the bits of their tensors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.config import DesignConfig
from models.cycles.designs import configured
from models.cycles.network import topology_cycles, trace_cycles
from models.layer import ConvLayer
from models.memory.stalls import MemoryLayer, TensorBits
from models.memory.technologies import MemoryModelError
from models.networks.imagenet import Topology
from models.paper.precisions import paper_precisions
from models.traces import Trace
from models.traffic import topology_traffic, trace_traffic

SCHEMES = ("none", "profile", "dpred")  # NP, SP and DP of section 6.4; containers are packed
OTHER_SCHEMES = ("dpred_64", "zero_rle")  # models/traffic/schemes.py


class Traffic(Protocol):
    """How many bits a layer's tensors have as they travel (models/traffic)."""

    def bits(self, layer: str, tensor: str, scheme: str) -> float:
        """Return the bits of a layer's weights, acts (inputs) or outputs for one input; KeyError when not known."""


@dataclass(frozen=True)
class Computed:
    """A layer with the cycles it takes for one input when all data is on chip."""

    layer: ConvLayer
    cycles: float


@dataclass(frozen=True)
class MemoryNetwork:
    """A network with what the memory model needs of it."""

    name: str
    source: str
    layers: tuple[Computed, ...]
    traffic: Traffic
    left_out: tuple[str, ...] = ()  # layers whose cycles are not known


def load_network(source: Topology | Trace, config: DesignConfig, tiles: int) -> MemoryNetwork:
    """Return a network on `tiles` tiles of a design: the paper's precisions of a topology, or the values of a trace.

    Raises what models/cycles and models/paper raise for a network that they do not have or that does not fit the design.
    """
    designs = configured([config])
    if isinstance(source, Topology):
        precisions = paper_precisions(source.name)
        rows = topology_cycles(source, precisions, designs=designs, tiles=tiles).rows
        shapes, traffic = source.layers, topology_traffic(source, precisions)
    else:
        rows = trace_cycles(source, designs=designs, tiles=tiles).rows
        shapes, traffic = [entry.layer for entry in source.layers], trace_traffic(source)
    layers, missing = in_order(shapes, {row.layer: row.cycles / row.inputs for row in rows})
    return MemoryNetwork(source.name, traffic.source, tuple(layers), traffic, tuple(missing))


def in_order(layers: Iterable[ConvLayer], cycles: Mapping[str, float]) -> tuple[list[Computed], list[str]]:
    """Return the layers whose cycles are known, in order, and the names of the others."""
    found, missing = [], []
    for layer in layers:
        if layer.name in cycles:
            found.append(Computed(layer, cycles[layer.name]))
        else:
            missing.append(layer.name)
    return found, missing


def memory_layers(network: Sequence[Computed], traffic: Traffic, scheme: str) -> list[MemoryLayer]:
    """Return a network's layers as `network_stalls` takes them.

    Raises MemoryModelError for a scheme that the traffic does not have.
    """
    try:
        return [MemoryLayer(each.layer, each.cycles, _bits(each.layer.name, traffic, scheme)) for each in network]
    except KeyError:
        raise MemoryModelError(f"scheme {scheme!r}: not known for this network: use one of {', '.join(SCHEMES)}") from None


def _bits(layer: str, traffic: Traffic, scheme: str) -> TensorBits:
    return TensorBits(*(traffic.bits(layer, tensor, scheme) for tensor in ("weights", "acts", "outputs")))
