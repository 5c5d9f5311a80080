# SPDX-License-Identifier: Apache-2.0
"""The project's float networks as traces, imported as a user's: ranges of calibration data, operands of held-out inputs."""

from __future__ import annotations

from dataclasses import replace

from models.evaluation import calibration_task, load_task
from models.graphs import load_graph
from models.networks.float_networks import float_network_path
from models.quantise import planner
from models.quantise.network import calibrate, plans_of, quantise_network
from models.traces import Trace


def float_network_trace(name: str, quantiser: str, inputs: int, *, accuracy: bool = False) -> Trace:
    """Return the trace of the float network `name` on its first `inputs` held-out inputs.

    quantiser: of QUANTISERS; its ranges and profiles are those of the calibration data. accuracy: score the float and the
    quantised network on all held-out data, too. Raises NetworkError, EvaluationError, ValueError for an unknown quantiser.
    """
    graph, task, seen = load_graph(float_network_path(name)), load_task(name), calibration_task(name)
    calibration = calibrate(graph, graph.feeds(seen.inputs))
    plans = plans_of(calibration, planner(quantiser))
    feeds = graph.feeds(task.inputs[:inputs])
    found = quantise_network(
        graph,
        feeds,
        plans,
        quantiser,
        source=f"{name}.onnx, held-out inputs",
        skipped=(*graph.unsupported, *calibration.skipped),
    )
    if not accuracy:
        return found.trace
    scores = {kind: task.score(one.run(task.inputs)) for kind, one in (("float", graph), ("quantised", found.graph))}
    return replace(found.trace, accuracy={"metric": task.metric, "inputs": len(task.targets), **scores})
