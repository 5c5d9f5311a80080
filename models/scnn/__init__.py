# SPDX-License-Identifier: Apache-2.0
"""SCNN, the sparse accelerator that the paper compares with (section 6.2): cycles from tensors or densities (docs/scnn.md)."""

from models.scnn.config import ScnnConfig, ScnnError
from models.scnn.cycles import scnn_cycles, trace_layer_cycles
from models.scnn.densities import PrunedLayer, load_densities, pruned_networks
from models.scnn.design import ScnnDesign
from models.scnn.estimate import scnn_estimate
from models.scnn.result import ScnnCycles, total

__all__ = [
    "PrunedLayer",
    "ScnnConfig",
    "ScnnCycles",
    "ScnnDesign",
    "ScnnError",
    "load_densities",
    "pruned_networks",
    "scnn_cycles",
    "scnn_estimate",
    "total",
    "trace_layer_cycles",
]
