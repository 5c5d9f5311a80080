# SPDX-License-Identifier: Apache-2.0
"""Processor time and memory of the cycle models of layers and networks, as parts of what is allowed (docs/bench.md)."""

from __future__ import annotations

import statistics
import tracemalloc
from collections.abc import Callable
from functools import partial

import numpy as np

from models.convolution import accumulate
from models.cycles.network import topology_cycles, trace_cycles
from models.layer import ConvLayer
from models.networks.imagenet import load_topology
from models.paper.precisions import paper_networks, paper_precisions
from models.traces import Format, Trace, TraceLayer
from scripts.bench.measure import ROUNDS, Row
from scripts.bench.models import processor_seconds

_MEMORY_MB = 1000.0
_LAYERS = (  # a layer and the seconds that all designs may take together, from its tensors
    (ConvLayer("AlexNet conv3", C=256, H=13, W=13, K=384, R=3, S=3, pad=1), 1.0),
    (ConvLayer("fully connected 2048 to 1024", C=2048, H=1, W=1, K=1024, R=1, S=1), 0.5),
)
_SUMS = (  # layers whose sums may take a second (docs/models.md): AlexNet's conv3 and a depthwise one of MobileNet
    ConvLayer("AlexNet conv3", C=256, H=13, W=13, K=384, R=3, S=3, pad=1),
    ConvLayer("MobileNet depthwise", C=64, H=112, W=112, K=64, R=3, S=3, pad=1, groups=64),
)
_SUMS_S = 1.0
_PAPER_S = 10.0  # the paper's six networks, from precisions


def one_layer(layer: ConvLayer, seed: int) -> Trace:
    """Return a trace of one input: activations as after a ReLU, about half of them zero, and weights of 12 bits or so."""
    rng = np.random.default_rng(seed)
    acts = np.clip(rng.normal(0, 300, (1, layer.H, layer.W, layer.C)), 0, 65535).astype(np.uint16)
    weights = rng.normal(0, 600, (layer.K, layer.R, layer.S, layer.group_channels)).astype(np.int16)
    forms = Format.holding(acts, 16, signed=False), Format.holding(weights, 16, signed=True)
    return Trace("bench", (TraceLayer(layer, "Conv", acts, weights, *forms),), "random", "none")


def network_rows(seed: int) -> list[Row]:
    """Measure layers from tensors and the paper's networks from precisions, each on all 16-bit designs."""
    rows = []
    for layer, allowed in _LAYERS:
        traces = [one_layer(layer, seed + number) for number in range(ROUNDS)]
        rows.append(_time(f"cycles of {layer.name}", allowed, [lambda trace=trace: trace_cycles(trace) for trace in traces]))
        rows.append(_memory(f"cycles of {layer.name}, memory", lambda layer=layer: trace_cycles(one_layer(layer, seed))))
    for layer in _SUMS:
        (entry,) = one_layer(layer, seed).layers
        call = partial(accumulate, entry.acts[0], entry.weights, layer)
        rows.append(_time(f"sums of {layer.name}", _SUMS_S, [call] * ROUNDS))
    rows.append(_time("cycles of the paper's six networks", _PAPER_S, [_paper] * ROUNDS))
    return rows


def _paper() -> None:
    for name in paper_networks():
        topology_cycles(load_topology(name), paper_precisions(name))


def _time(name: str, allowed: float, calls: list[Callable[[], object]]) -> Row:
    """Return the median of the calls, each with data of its own: a layer keeps its digest."""
    seconds = statistics.median(map(processor_seconds, calls))
    return Row(name, "s", seconds, allowed, seconds / allowed, "NumPy", "allowed")


def _memory(name: str, call: Callable[[], object]) -> Row:
    """Return the most memory that a call holds at a time, operands included."""
    tracemalloc.start()
    call()
    most = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return Row(name, "MB", most, _MEMORY_MB, most / _MEMORY_MB, "NumPy", "allowed")
