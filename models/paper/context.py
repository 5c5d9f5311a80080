# SPDX-License-Identifier: Apache-2.0
"""What several tables and figures need, computed once: networks' cycles, traces of our networks, synthetic data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from models.config import load_config
from models.cycles.designs import Design, configured
from models.cycles.network import NetworkCycles, folded_entry, folds, topology_cycles, trace_cycles
from models.evaluation import float_networks
from models.layer import ConvLayer
from models.layer_precisions import LayerPrecisions
from models.networks.imagenet import load_topology
from models.paper import synthetic
from models.paper.precisions import paper_networks, paper_precisions
from models.paper.published import table
from models.statistics import NetworkStatistics, network_statistics
from models.traces import Format, Trace, TraceLayer

CONFIGS = ("base16", "stripes16", "dstripes16", "dstripes16_b2", "trt16", "trt16_b2", "loom16", "dpr_loom16")
INPUTS = 8  # held-out inputs of our networks: enough for means, few enough for a minute
SYNTHETIC_WEIGHTS = 1 << 20  # weights of a layer that are drawn

Tracer = Callable[[str, str, int], Trace]  # network, quantiser, inputs


@dataclass
class Context:
    """Shared by all items. `tracer` makes the trace of one of our networks; `report` takes a line of progress."""

    tracer: Tracer
    report: Callable[[str], None] = lambda line: None
    _traces: dict[tuple[str, str], Trace] = field(default_factory=dict)
    _statistics: dict[str, NetworkStatistics] = field(default_factory=dict)
    _own_cycles: dict[tuple[str, int], NetworkCycles] = field(default_factory=dict)

    @cached_property
    def cycles(self) -> dict[str, NetworkCycles]:
        """Cycles of the paper's networks from the paper's precisions."""
        return {
            name: topology_cycles(load_topology(name), paper_precisions(name), basis="paper", designs=self.designs)
            for name in paper_networks()
        }

    @cached_property
    def designs(self) -> tuple[Design, ...]:
        """The designs of 16 bits that the tables are about."""
        return configured([load_config(name) for name in CONFIGS])

    @property
    def own_networks(self) -> tuple[str, ...]:
        """The networks that this project trained."""
        return tuple(float_networks())

    def trace(self, network: str, quantiser: str = "fixed16") -> Trace:
        """Return the trace of one of our networks on held-out inputs."""
        key = (network, quantiser)
        if key not in self._traces:
            self.report(f"trace of {network}, {quantiser}")
            self._traces[key] = self.tracer(network, quantiser, INPUTS)
        return self._traces[key]

    def profiles(self, network: str) -> dict[str, int]:
        """Return the activation profile of each convolution of one of the paper's networks, in bits."""
        known = paper_precisions(network)
        return {layer.name: known.of(layer.name).act_profile for layer in load_topology(network).convolutions}

    def weight_profile(self, network: str) -> float:
        """Return the mean profile of a network's weights that Table 2's precisions and reduction imply, in bits."""
        rows = [row for row in self.cycles[network].rows if row.design == "dpr_loom" and row.part == "convolutions"]
        mean = sum(row.base_bound * row.p_w for row in rows) / sum(row.base_bound for row in rows)
        return mean / (1 - table("table2", "reduction_pct")[network] / 100)

    def statistics(self, network: str) -> NetworkStatistics:
        """Return the precisions in one of our networks."""
        if network not in self._statistics:
            self._statistics[network] = network_statistics(self.trace(network))
        return self._statistics[network]

    def own_cycles(self, network: str, tiles: int = 1) -> NetworkCycles:
        """Return the exact cycles of one of our networks on some tiles of every design, all inputs together."""
        key = (network, tiles)
        if key not in self._own_cycles:
            self._own_cycles[key] = trace_cycles(self.trace(network), designs=self.designs, tiles=tiles)
        return self._own_cycles[key]

    def synthetic_layers(self, network: str) -> Iterator[TraceLayer]:
        """Yield the convolutions of one of the paper's networks with synthetic operands (models/paper/synthetic.py).

        Of the weights at most SYNTHETIC_WEIGHTS a layer are drawn and then repeated, filter by filter, as often as needed.
        """
        precisions = paper_precisions(network)
        for layer in load_topology(network).convolutions:
            yield self._synthetic(network, layer, precisions.of(layer.name))

    def _synthetic(self, network: str, layer: ConvLayer, known: LayerPrecisions) -> TraceLayer:
        acts = synthetic.activations(layer, known.acts, known.act_profile, synthetic.stream(network, layer.name, "acts"))[None]
        rng = synthetic.stream(network, layer.name, "weights")
        profile = math.ceil(max(self.weight_profile(network), known.weights + 1))
        drawn = synthetic.weights(layer, known.weights, profile, rng, SYNTHETIC_WEIGHTS)
        weights = drawn[np.arange(layer.K) % len(drawn)]
        form = Format(synthetic.BITS, signed=False, n_high=known.act_profile - 1)
        return TraceLayer(layer, "Conv", acts, weights, form, Format.holding(weights, synthetic.BITS, signed=True), relu=True)


def folded_first(entry: TraceLayer) -> TraceLayer:
    """Return a first layer as the cycle figures take it: its stride folded into the channels where that helps."""
    return folded_entry(entry) if folds(entry.layer) else entry
