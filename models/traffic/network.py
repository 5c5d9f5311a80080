# SPDX-License-Identifier: Apache-2.0
"""Off-chip traffic of whole networks, from tensors (`trace_traffic`) or from precisions (`topology_traffic`).

Access as in sections 4 and 6.4 of the paper: buffers are large enough that each weight and each activation crosses the
chip's border once a layer. A layer reads its weights and its input activations and writes its outputs. A trace has no
outputs: they are taken to need as many bits a value as the inputs of the layer that follows, those of the last layer P.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.config import GROUP
from models.layer import ConvLayer
from models.networks.imagenet import Topology
from models.paper.precisions import PaperPrecisions
from models.traces import Format, Trace, TraceLayer
from models.traffic.estimate import estimated_tensor
from models.traffic.schemes import SCHEMES, SchemeBits, TensorTraffic, tensor_traffic, total

TENSORS = ("acts", "weights", "outputs")


@dataclass(frozen=True)
class LayerTraffic:
    """What a layer moves for one input, the mean over a trace's."""

    layer: ConvLayer
    acts: TensorTraffic  # read
    weights: TensorTraffic  # read
    outputs: TensorTraffic  # written

    @property
    def tensors(self) -> tuple[TensorTraffic, ...]:
        """The three of TENSORS."""
        return self.acts, self.weights, self.outputs


@dataclass(frozen=True)
class NetworkTraffic:
    """A network's layers; all bits are of one input."""

    network: str
    source: str
    basis: str  # tensors, or precisions
    precision: int  # P
    inputs: int
    layers: tuple[LayerTraffic, ...]
    skipped: tuple[str, ...] = ()  # layers whose precisions are not known

    def bits(self, layer: str, tensor: str, scheme: str) -> float:
        """Return the bits of a layer's acts, weights or outputs; dpred alone is dpred_1, as the quoted traffic needs.

        Raises KeyError for a layer, tensor or scheme that is not there.
        """
        name = "dpred_1" if scheme == "dpred" else scheme
        found = {each.layer.name: each for each in self.layers}[layer]
        return dict(zip(TENSORS, found.tensors, strict=True))[tensor].schemes[name].bits

    def total(self) -> dict[str, dict[str, Any]]:
        """Return {scheme: bits, ratio to none, metadata_share and padding_share of its own bits, bits of each tensor}."""
        found = total(tensor for layer in self.layers for tensor in layer.tensors)
        parts = {name: total(getattr(layer, name) for layer in self.layers) for name in TENSORS}
        return {
            scheme: _shares(each, found["none"]) | {name: parts[name][scheme].bits for name in TENSORS}
            for scheme, each in found.items()
        }

    def document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "network": self.network,
            "source": self.source,
            "basis": self.basis,
            "bits": self.precision,
            "inputs": self.inputs,
            "schemes": list(SCHEMES),
            "rows": [_row(layer, name, tensor) for layer in self.layers for name, tensor in _named(layer)],
            "total": self.total(),
            "skipped": list(self.skipped),
        }


def _named(layer: LayerTraffic) -> zip[tuple[str, TensorTraffic]]:
    return zip(TENSORS, layer.tensors, strict=True)


def _row(layer: LayerTraffic, name: str, tensor: TensorTraffic) -> dict[str, Any]:
    raw = tensor.schemes["none"]
    schemes = {scheme: _shares(each, raw) for scheme, each in tensor.schemes.items()}
    return {"layer": layer.layer.name, "kind": layer.layer.kind, "tensor": name, "values": tensor.values, "schemes": schemes}


def _shares(found: SchemeBits, raw: SchemeBits) -> dict[str, float]:
    whole = found.bits or 1.0
    return {
        "bits": found.bits,
        "ratio": found.bits / raw.bits,
        "metadata_share": found.metadata / whole,
        "padding_share": found.padding / whole,
    }


def trace_traffic(trace: Trace) -> NetworkTraffic:
    """Return the traffic of a network with data, the mean of its inputs; weights that all inputs share count for each."""
    reads = [(_activations(entry), _weights(entry)) for entry in trace.layers]
    shapes = [entry.layer for entry in trace.layers]
    layers = _with_outputs(shapes, reads, trace.bits)
    return NetworkTraffic(trace.name, trace.source, "tensors", trace.bits, trace.inputs, layers)


def _activations(entry: TraceLayer) -> TensorTraffic:
    """Return the mean input; where the trace repeats values (unfolded windows), as much of it as the network stores."""
    kept = entry.stored_acts / (entry.layer.H * entry.layer.W * entry.layer.C)
    return _mean([tensor_traffic(entry.acts_of(index), entry.act_format) for index in range(entry.inputs)]).times(kept)


def _weights(entry: TraceLayer) -> TensorTraffic:
    count = 1 if entry.weights.ndim == 4 else entry.inputs
    return _mean([_weight_tensor(entry.weights_of(index), entry.layer, entry.weight_format) for index in range(count)])


def _weight_tensor(weights: np.ndarray, layer: ConvLayer, form: Format) -> TensorTraffic:
    """Return one set of weights; a depthwise layer's lie with the channels last, so that 16 of them share a container."""
    if layer.depthwise:
        weights = np.ascontiguousarray(weights.transpose(1, 2, 3, 0))
    return tensor_traffic(weights, form)


def _mean(tensors: Sequence[TensorTraffic]) -> TensorTraffic:
    return TensorTraffic(tensors[0].values, {name: each.times(1 / len(tensors)) for name, each in total(tensors).items()})


def _with_outputs(
    shapes: Sequence[ConvLayer], reads: Sequence[tuple[TensorTraffic, TensorTraffic]], bits: int
) -> tuple[LayerTraffic, ...]:
    """Return the layers with what they write, see the head of this file."""
    found = []
    for index, (shape, (acts, weights)) in enumerate(zip(shapes, reads, strict=True)):
        count = shape.windows * shape.K
        if index + 1 < len(reads):
            after = reads[index + 1][0]
            outputs = after.times(count / after.values)
        else:
            outputs = TensorTraffic(count, {name: SchemeBits(count * bits) for name in SCHEMES})
        found.append(LayerTraffic(shape, acts, weights, outputs))
    return tuple(found)


def topology_traffic(topology: Topology, precisions: PaperPrecisions) -> NetworkTraffic:
    """Return the traffic of a network without data from its precisions (models/traffic/estimate.py), P = 16.

    Layers without any precision are in `skipped`.
    """
    shapes = [layer for layer in topology.layers if precisions.of(layer.name).known]
    reads = []
    for shape in shapes:
        known = precisions.of(shape.name)
        acts = known.act_profile if known.acts is None else known.acts
        weights = known.weight_profile if known.weights is None else known.weights
        groups = shape.H * shape.W * -(-shape.C // GROUP), _weight_groups(shape)
        reads.append(
            (
                estimated_tensor(shape.H * shape.W * shape.C, groups[0], acts, known.act_profile),
                estimated_tensor(shape.K * shape.products, groups[1], weights, known.weight_profile),
            )
        )
    skipped = tuple(layer.name for layer in topology.layers if layer not in shapes)
    source = f"shapes: {topology.source}; profiles of convolutions: {precisions.profile_source}"
    return NetworkTraffic(topology.name, source, "precisions", 16, 1, _with_outputs(shapes, reads, 16), skipped)


def _weight_groups(layer: ConvLayer) -> int:
    """Return the containers of a layer's weights, see `_weight_tensor`."""
    if layer.depthwise:
        return layer.R * layer.S * -(-layer.K // GROUP)
    return layer.K * layer.R * layer.S * layer.bricks(GROUP)
