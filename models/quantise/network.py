# SPDX-License-Identifier: Apache-2.0
"""A network in float becomes a trace: ranges on calibration inputs, a plan for each layer, then the quantised network runs.

The activations of the trace are those of the quantised network: what a layer meets has gone through the quantised layers
before it. Floats of one input at a time are in memory, integers of all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from models.graphs.errors import GraphError
from models.graphs.feeds import Feeds
from models.graphs.graph import Graph, LayerTensors, stack_outputs
from models.quantise.observed import Observed
from models.quantise.plan import LayerPlan, Planner
from models.traces import Trace, TraceLayer

Score = Callable[[np.ndarray], float]  # of the network's first output for all inputs
Report = Callable[[str, int], None]  # what a run was for, and how many such runs there are


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the calibration inputs have shown of a network in float."""

    layers: Mapping[str, tuple[Observed, Observed]]  # activations and weights of each layer that the hardware can take
    outputs: np.ndarray
    skipped: tuple[str, ...]  # layers that it cannot, and why


@dataclass(frozen=True, eq=False)
class Quantised:
    """A quantised network with its trace."""

    trace: Trace
    graph: Graph
    outputs: np.ndarray
    clipped: Mapping[str, int] = field(default_factory=dict)  # activations beyond the range of calibration, by layer


def _silent(_what: str, _runs: int) -> None:
    """Report nothing."""


def calibrate(graph: Graph, feeds: Feeds, report: Report = _silent) -> Calibration:
    """Return the ranges of all layers. Raises GraphError, also when the hardware can compute no layer of the network."""
    seen: dict[str, list[list[Observed]]] = {}
    outputs, skipped = [], []
    for output, layers in graph.capture_each(feeds, skipped.append):
        _check_outputs(graph, output)
        outputs.append(output)
        for tensors in layers:
            acts, weights = seen.setdefault(tensors.name, [[], []])
            acts.append(Observed.of(tensors.acts))
            if not weights or tensors.weights.ndim == 5:
                weights.append(Observed.of(tensors.weights))
        report("calibration", len(feeds))
    if not seen:
        reason = (*skipped, *graph.unsupported, "it has no Conv, Gemm or MatMul")[0]
        raise GraphError(f"{graph.network.where}: has no layer that the hardware computes: {reason}")
    together = {name: tuple(Observed.merged(each) for each in operands) for name, operands in seen.items()}
    return Calibration(together, stack_outputs(outputs, feeds), tuple(skipped))


def plans_of(calibration: Calibration, planner: Planner) -> dict[str, LayerPlan]:
    """Return the plan of each layer."""
    return {name: planner(*operands) for name, operands in calibration.layers.items()}


def emulated(graph: Graph, plans: Mapping[str, LayerPlan]) -> Graph:
    """Return the network with its layers quantised by the plans."""
    return graph.emulate({name: plan.rule for name, plan in plans.items()})


class _Growing:
    """The integers of a layer, run by run; the floats of a run are dropped."""

    def __init__(self, plan: LayerPlan, runs: int) -> None:
        self.plan, self.runs, self.done = plan, runs, 0
        self.first: TraceLayer | None = None
        self.arrays: list[np.ndarray] = []

    def add(self, tensors: LayerTensors) -> int:
        """Take one run; return its activations that were out of range."""
        if self.first is None:
            self.first = self.plan.trace_layer(tensors)
            operands = [self.first.acts] + ([self.first.weights] if tensors.weights.ndim == 5 else [])
            self.arrays = [np.empty((self.runs, *each.shape[1:]), each.dtype) for each in operands]
        else:
            operands = self.plan.stored(tensors)[1 : 1 + len(self.arrays)]
        for array, values in zip(self.arrays, operands, strict=True):
            array[self.done] = values[0]
        self.done += 1
        return self.plan.acts.rule.clipped(tensors.acts)

    def layer(self) -> TraceLayer:
        """Return the layer with all its runs."""
        return replace(self.first, **dict(zip(("acts", "weights"), self.arrays, strict=False)))


def quantise_network(
    graph: Graph,
    feeds: Feeds,
    plans: Mapping[str, LayerPlan],
    quantiser: str,
    *,
    source: str,
    skipped: tuple[str, ...] = (),
    report: Report = _silent,
) -> Quantised:
    """Return the quantised network, its outputs and its trace for some inputs.

    plans: of the layers that the trace is to hold; the others stay in float. quantiser, source, skipped: for the trace.
    Raises GraphError, TraceError.
    """
    quantised, outputs = emulated(graph, plans), []
    growing = {name: _Growing(plan, len(feeds)) for name, plan in plans.items()}
    clipped = dict.fromkeys(plans, 0)
    for output, layers in quantised.capture_each(feeds, _ignore):
        _check_outputs(graph, output)
        outputs.append(output)
        for tensors in layers:
            if tensors.name in growing:
                clipped[tensors.name] += growing[tensors.name].add(tensors)
        report("quantised", len(feeds))
    trace = Trace(graph.name, tuple(each.layer() for each in growing.values()), source, quantiser, skipped=skipped)
    return Quantised(trace, quantised, stack_outputs(outputs, feeds), clipped)


def _ignore(_reason: str) -> None:
    """Layers that the hardware cannot take were named by the calibration."""


def _check_outputs(graph: Graph, outputs: np.ndarray) -> None:
    if outputs.dtype.kind == "f" and not np.isfinite(outputs).all():
        raise GraphError(f"{graph.network.where}: its outputs are NaN or infinite: check the network and its inputs")
