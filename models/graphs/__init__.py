# SPDX-License-Identifier: Apache-2.0
"""Networks in ONNX: the layers that the hardware computes, their operands, quantised inference (docs/traces.md).

Needs onnx and onnxruntime, which take a second to import: import this package where it is used.
"""

from models.graphs.errors import GraphError
from models.graphs.feeds import GraphInput
from models.graphs.graph import Graph, LayerTensors, load_graph
from models.graphs.layers import GraphLayer
from models.graphs.rules import FixedRule, LayerRule

__all__ = ["FixedRule", "Graph", "GraphError", "GraphInput", "GraphLayer", "LayerRule", "LayerTensors", "load_graph"]
