# SPDX-License-Identifier: Apache-2.0
"""An ONNX network in float: its layers, its outputs, the operands of each layer, and itself with quantised operands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import onnx

from models.graphs.batchnorm import fold_batch_normalisation
from models.graphs.constants import fold_constants
from models.graphs.emulation import emulated
from models.graphs.errors import GraphError
from models.graphs.feeds import Feeds, GraphInput, feeds_of, graph_inputs
from models.graphs.layers import GraphLayer, find_layers
from models.graphs.rules import LayerRule
from models.graphs.session import Session
from models.graphs.source import Network, read_network
from models.layer import ConvLayer, LayerError

Inputs = np.ndarray | Mapping[str, np.ndarray] | Feeds
Skip = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class LayerTensors:
    """A layer's operands for N inputs, float32, before any rule."""

    name: str
    layer: ConvLayer
    operator: str
    acts: np.ndarray  # [N, H, W, C]
    weights: np.ndarray  # [K, R, S, C / groups]; [N, K, ...] where both operands are computed
    raw_acts: int  # activations of an input as the network stores them, in values
    relu: bool


@dataclass(frozen=True, eq=False)
class Graph:
    """A network; made by `load_graph`. Immutable: `emulate` returns another one that shares the tensors."""

    name: str
    layers: tuple[GraphLayer, ...]  # what the hardware computes, in order
    unsupported: tuple[str, ...]  # what multiplies but is no layer: node, operator, why
    inputs: tuple[GraphInput, ...]
    network: Network = field(repr=False)  # without rules
    rules: Mapping[str, LayerRule] = field(default_factory=dict)

    def layer(self, name: str) -> GraphLayer:
        """Return the layer `name`. Raises GraphError that lists the names when there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise GraphError(f"{self.name}: has no layer {name!r}: use one of {', '.join(each.name for each in self.layers)}")

    def check(self) -> None:
        """Raise GraphError when onnxruntime does not take the network."""
        _ = self._session

    def feeds(self, inputs: Inputs) -> Feeds:
        """Return inputs cut into runs, see `run`. Raises GraphError when they do not fit the network."""
        return inputs if isinstance(inputs, Feeds) else feeds_of(inputs, self.inputs, self.network.where)

    def run(self, inputs: Inputs) -> np.ndarray:
        """Return the network's first output for N inputs, [N, ...].

        inputs: an array [N, ...] in the network's own layout, or a mapping of such arrays for a network with several
        inputs, of which those for a single run serve all runs. Where the network's first axis is a batch, N is along it;
        else the arrays have an axis more, in front. Inputs run one by one (or in the batch that the network insists on), so
        a result does not depend on its neighbours. Raises GraphError.
        """
        feeds = self.feeds(inputs)
        return stack_outputs([self._session.run([self._output], feed)[0] for feed in feeds.runs], feeds)

    def capture(self, inputs: Inputs, skip: Skip | None = None) -> list[LayerTensors]:
        """Return the operands of all layers for N inputs, see `run` and `capture_each`. Raises GraphError."""
        captured = [tensors for _, tensors in self.capture_each(inputs, skip)]
        return [_stacked([run[index] for run in captured]) for index in range(len(captured[0]))]

    def capture_each(self, inputs: Inputs, skip: Skip | None = None) -> Iterator[tuple[np.ndarray, list[LayerTensors]]]:
        """Yield (the first output, the operands of all layers) of one run after the other.

        skip: takes the reason for each layer that the hardware cannot take, which is then left out; None: raise. Raises
        GraphError, also for operands that are NaN or infinite, or whose shapes differ between inputs.
        """
        feeds, shapes, refused = self.feeds(inputs), {}, set()
        for feed in feeds.runs:
            wanted = [self._output, *(name for name in self._operand_names if name not in feed)]
            values = dict(zip(wanted, self._capture_session.run(wanted, feed), strict=True)) | feed
            tensors = []
            for layer in self.layers:
                if layer.name not in refused:
                    try:
                        tensors.append(_operands(layer, values, self.network.where))
                    except LayerError as error:
                        self._refuse(str(error), skip)
                        refused.add(layer.name)
            for each in tensors:
                if shapes.setdefault(each.name, each.layer) != each.layer:
                    raise GraphError(
                        f"{self.network.where}: layer {each.name!r} has other shapes for other inputs: trace them apart"
                    )
            yield values[self._output], tensors

    def emulate(self, rules: Mapping[str, LayerRule]) -> Graph:
        """Return the network with each named layer's operands quantised by its rule before the layer.

        Layers without a rule compute in float. `capture` of the result gives operands before their rules, as the layers
        before have left them. Raises GraphError for a name that is no layer's.
        """
        for name in rules:
            self.layer(name)
        return replace(self, rules={**self.rules, **rules})

    @cached_property
    def _ruled(self) -> Network:
        return emulated(self.network, self.layers, self.rules)

    @property
    def _output(self) -> str:
        return self.network.model.graph.output[0].name

    @property
    def _operand_names(self) -> list[str]:
        """The computed operands of all layers."""
        names = [
            name for each in self.layers for name in (each.acts_name, each.weights_name) if name not in self.network.tensors
        ]
        return list(dict.fromkeys(names))

    @cached_property
    def _session(self) -> Session:
        return Session(self._ruled)

    @cached_property
    def _capture_session(self) -> Session:
        """A session that gives the operands, too."""
        model = onnx.ModelProto()
        model.CopyFrom(self._ruled.model)
        fixed = {each.name for each in (*model.graph.output, *model.graph.input)}
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in self._operand_names if name not in fixed)
        return Session(replace(self._ruled, model=model))

    @staticmethod
    def _refuse(reason: str, skip: Skip | None) -> None:
        if skip is None:
            raise GraphError(reason)
        skip(reason)


def load_graph(path: Path | str) -> Graph:
    """Return the network in an ONNX file, checked by onnxruntime. Raises GraphError that names file, node and fix.

    Constant parts are computed, and batch normalisation is folded into the convolution that it follows.
    """
    path = Path(path)
    network = fold_constants(read_network(path))
    fold_batch_normalisation(network)
    layers, unsupported = find_layers(network)
    for layer in layers:
        if layer.stored is not None:
            _check_finite(layer, "weights", layer.stored, str(path))
    graph = Graph(path.stem, layers, unsupported, graph_inputs(network), network)
    graph.check()
    return graph


def stack_outputs(outputs: list[np.ndarray], feeds: Feeds) -> np.ndarray:
    """Return the outputs of all runs as one array [N, ...]. Raises GraphError when their shapes differ."""
    try:
        if feeds.stacked or not outputs[0].ndim:
            return np.stack(outputs)
        return np.concatenate(outputs)
    except ValueError:
        shapes = sorted({each.shape for each in outputs})
        raise GraphError(
            f"the outputs have different shapes, such as {shapes[0]} and {shapes[-1]}: run these inputs apart"
        ) from None


def _operands(layer: GraphLayer, values: Mapping[str, np.ndarray], where: str) -> LayerTensors:
    constant = layer.stored is not None
    acts, weights = values[layer.acts_name], layer.stored if constant else values[layer.weights_name]
    for what, tensor in (("activations", acts), ("weights", None if constant else weights)):
        if tensor is not None:
            _check_finite(layer, what, tensor, where)
    found = layer.form.operands(layer.name, acts, weights)
    stored = found.weights if constant else found.weights[None]
    return LayerTensors(layer.name, found.layer, layer.operator, found.acts[None], stored, found.raw_acts, layer.relu)


def _check_finite(layer: GraphLayer, what: str, values: np.ndarray, where: str) -> None:
    if not np.isfinite(values).all():
        raise GraphError(f"{where}: layer {layer.name!r}: {what} are NaN or infinite: check the network and its inputs")


def _stacked(runs: list[LayerTensors]) -> LayerTensors:
    """Return the operands of several runs of a layer as those of N inputs."""
    first, acts = runs[0], np.concatenate([each.acts for each in runs])
    weights = first.weights if first.weights.ndim == 4 else np.concatenate([each.weights for each in runs])
    return replace(first, acts=acts, weights=weights)
