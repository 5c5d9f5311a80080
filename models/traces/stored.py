# SPDX-License-Identifier: Apache-2.0
"""The traces of the project's own quantised networks (models/network.py) on images that their training never saw."""

from __future__ import annotations

import numpy as np

from models.network import BITS, QuantisedLayer, QuantisedNetwork, load_network
from models.traces.trace import Format, Trace, TraceLayer


def _layer(entry: QuantisedLayer, acts: np.ndarray, operator: str) -> TraceLayer:
    act_format = Format(BITS, signed=False, n_high=entry.n_high_in, n_low=entry.n_low_in)
    weight_format = Format.holding(entry.weights, BITS, signed=True)
    return TraceLayer(entry.layer, operator, acts, entry.weights, act_format, weight_format, relu=operator == "Conv")


def network_trace(name: str, inputs: int = 1, seed: int | None = None) -> Trace:
    """Return the trace of the stored network `name` on `inputs` held-out images, drawn with `seed` (None: the first ones).

    Raises NetworkError when there is no such network or when there are fewer images.
    """
    return trace_of(load_network(name), inputs, seed)


def trace_of(network: QuantisedNetwork, inputs: int, seed: int | None = None) -> Trace:
    """Return the trace of a quantised network, see `network_trace`."""
    acts, _ = network.held_out_images(inputs, seed)
    operators = {"conv": "Conv", "fc": "Gemm"}
    layers = [
        _layer(entry, values, operators[kind])
        for (entry, kind), values in zip(network.layers_with_classifier, network.run(acts).all_inputs, strict=True)
    ]
    return Trace(network.name, tuple(layers), source=f"stored network {network.name}, held-out images", quantiser="fixed16")
