# SPDX-License-Identifier: Apache-2.0
"""How many bits a network moves off chip, layer by layer, in each scheme (docs/traffic.md)."""

from models.traffic.network import LayerTraffic, NetworkTraffic, topology_traffic, trace_traffic
from models.traffic.schemes import SCHEMES, SchemeBits, TensorTraffic

__all__ = [
    "SCHEMES",
    "LayerTraffic",
    "NetworkTraffic",
    "SchemeBits",
    "TensorTraffic",
    "topology_traffic",
    "trace_traffic",
]
