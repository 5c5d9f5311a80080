# SPDX-License-Identifier: Apache-2.0
"""How many bits values, groups, inputs and layers need: Fig. 1, Tables 1 and 2 of the paper (docs/statistics.md)."""

from models.statistics.distribution import Distribution
from models.statistics.layers import GROUP_SIZES, LayerStatistics, TensorStatistics, layer_statistics
from models.statistics.network import NetworkStatistics, network_statistics

__all__ = [
    "GROUP_SIZES",
    "Distribution",
    "LayerStatistics",
    "NetworkStatistics",
    "TensorStatistics",
    "layer_statistics",
    "network_statistics",
]
