# SPDX-License-Identifier: Apache-2.0
"""What `import` does once its options are fine: apart, since onnxruntime is slow to import."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from models.commands.files import CommandError, shown
from models.commands.labels import load_labels
from models.commands.network_inputs import load_feeds
from models.evaluation import EvaluationError, Task
from models.graphs import Graph, GraphError, load_graph
from models.graphs.feeds import Feeds
from models.quantise import planner
from models.quantise.network import Calibration, Quantised, Report, calibrate, plans_of, quantise_network
from models.quantise.plan import LayerPlan
from models.quantise.profile import profile_by_task, task_outputs
from models.search import SearchError
from models.search.document import read_layers
from models.search.networks import layer_plans
from models.traces import TraceError


def import_network(args: Namespace, report: Report) -> Quantised:
    """Return the quantised network with its trace, accuracy included. Raises CommandError."""
    try:
        return _import(args, report)
    except (GraphError, EvaluationError, SearchError, TraceError) as error:
        raise CommandError(str(error)) from None


def _import(args: Namespace, report: Report) -> Quantised:
    graph = load_graph(args.network)
    _refuse(args, graph.unsupported)
    if args.inputs is None:
        wanted = ", ".join(f"{each.name} {each}" for each in graph.inputs)
        raise CommandError(f"--inputs is missing: {shown(args.network)} takes {wanted}: name a .npy file or a folder of them")
    feeds = load_feeds(args.inputs, graph, args.limit)
    task = _task(args, graph, feeds)
    on_inputs = args.calibration is None
    calibration = calibrate(graph, feeds if on_inputs else load_feeds(args.calibration, graph), report)
    _refuse(args, calibration.skipped)
    in_float = calibration.outputs if on_inputs or task is None else graph.run(feeds)
    score = task and task.score(task_outputs(in_float, task))
    plans = _plans(args, graph, feeds, calibration, task, report)
    found = quantise_network(
        graph,
        feeds,
        plans,
        args.quantiser,
        source=f"{args.network.name} on {args.inputs.name}",
        skipped=(*graph.unsupported, *calibration.skipped),
        report=report,
    )
    if task is None:
        return found
    scores = {"float": score, "quantised": task.score(task_outputs(found.outputs, task))}
    accuracy = {"metric": task.metric, "inputs": len(task.targets), **scores}
    return replace(found, trace=replace(found.trace, accuracy=accuracy))


def _refuse(args: Namespace, reasons: tuple[str, ...]) -> None:
    if reasons and args.unsupported == "refuse":
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        raise CommandError(f"{shown(args.network)}: {reasons[0]}{more}: --unsupported skip leaves it out of the trace")


def _plans(
    args: Namespace, graph: Graph, feeds: Feeds, calibration: Calibration, task: Task | None, report: Report
) -> dict[str, LayerPlan]:
    if args.precisions is not None:
        return _searched(args, calibration)
    if args.profile == "noise":
        return plans_of(calibration, planner(args.quantiser, args.profile_tolerance))
    bits = 16 if args.quantiser == "fixed16" else 8
    return profile_by_task(graph, feeds, calibration, task, bits, args.profile_tolerance or 0.0, report)


def _searched(args: Namespace, calibration: Calibration) -> dict[str, LayerPlan]:
    """Return the plans of a search's result. Raises SearchError, CommandError when it is of another network."""
    found = read_layers(args.precisions)
    if other := sorted(set(found) ^ set(calibration.layers)):
        where = f"{shown(args.precisions)}: its layers are not those of {shown(args.network)}"
        raise CommandError(f"{where}, see {other[0]!r}: search this network")
    return layer_plans(pair for operands in found.values() for pair in operands.values())


def _task(args: Namespace, graph: Graph, feeds: Feeds) -> Task | None:
    """Return what the labels ask of the network. Raises CommandError when they do not fit the inputs or the metric."""
    if args.labels is None:
        return None
    return load_labels(args.labels, args.metric, graph, feeds, more=args.limit is not None)
