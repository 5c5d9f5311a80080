# SPDX-License-Identifier: Apache-2.0
"""What `search` does once its options are fine: apart, since onnxruntime is slow to import."""

from __future__ import annotations

import hashlib
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.atomic_file import atomic_output
from models.commands.files import CommandError, check_input, shown
from models.commands.labels import load_labels
from models.commands.network_inputs import load_feeds
from models.evaluation import EvaluationError, Task, calibration_task, float_network_path, load_task
from models.graphs import Graph, GraphError, load_graph
from models.graphs.feeds import Feeds
from models.network import NetworkError
from models.quantise.network import quantise_network
from models.search import BudgetSpentError, EvaluationCache, Evaluator, SearchError, SearchResult, Space, search
from models.search.document import describe
from models.search.evaluator import Score
from models.search.networks import JUDGES, NetworkScore, identity, layer_plans, space_of
from models.search.points import PrecisionPoint
from models.traces import TraceError, save_trace

STATE = "evaluations.jsonl"
TICK_S = 10.0  # seconds between lines of progress within a step


@dataclass(frozen=True)
class _Judged:
    """Inputs and what they are to give."""

    task: Task
    feeds: Feeds


@dataclass(frozen=True)
class _Given:
    """What is searched, and what it is judged by."""

    path: Path
    graph: Graph
    calibration: _Judged
    held_out: _Judged | None


def run_search(args: Namespace, report: Callable[[str], None]) -> dict[str, Any]:
    """Return the result as JSON values; picture and trace are written if asked for. Raises CommandError, OSError."""
    try:
        return _run(args, report)
    except (GraphError, EvaluationError, NetworkError, SearchError, TraceError) as error:
        raise CommandError(str(error)) from None
    except BudgetSpentError:
        raise CommandError(f"--evaluations {args.evaluations}: must be at least 2") from None


def _run(args: Namespace, report: Callable[[str], None]) -> dict[str, Any]:
    given = _own(args) if args.network is not None else _files(args)
    task, feeds = given.calibration.task, given.calibration.feeds
    space, skipped = space_of(given.graph, feeds)
    state = args.output.with_suffix(f".{STATE}") if args.state is None else args.state / STATE
    cache = EvaluationCache(state)
    if cache.damaged:
        report(f"{shown(state)}: {cache.damaged} damaged lines: these points are evaluated again")
    for judged in (given.calibration, given.held_out):
        if judged is not None:
            NetworkScore(given.graph, space, judged.task, judged.feeds)(
                None
            )  # refuses data that judge nothing, before all work
    score, name = JUDGES[args.judge](given.graph, space, task, feeds), identity(given.path, args.judge, task, feeds)
    evaluator = Evaluator(space, _ticking(score, report), name, cache, args.evaluations)
    limits = (task.loss_limit(args.tolerance), task.loss_limit(args.explore))
    result = search(evaluator, score.loss, limits[0], start=args.start, explore=limits[1], report=report)
    if args.plot is not None:
        _draw(args.plot, result, given.graph.name, task.metric)
    if args.trace is not None:
        _save(args, given, space, result, skipped)
    return {
        "network": given.graph.name,
        "network_sha256": hashlib.sha256(given.path.read_bytes()).hexdigest(),
        "metric": task.metric,
        "judge": args.judge,
        "tolerance": args.tolerance,
        "start": args.start,
        **describe(result),
        "calibration": _scored(given, given.calibration, space, result, args.tolerance),
        "held_out": _scored(given, given.held_out, space, result, args.tolerance),
        "evaluations": {"new": evaluator.new, "cached": evaluator.cached},
        "state": str(state),
        "skipped": [*given.graph.unsupported, *skipped],
    }


def _ticking(score: Score, report: Callable[[str], None]) -> Score:
    """Return the same scores with a line of progress every few seconds."""
    last, count = time.monotonic(), 0

    def ticking(point: PrecisionPoint | None) -> float:
        nonlocal last, count
        found, count = score(point), count + 1
        if time.monotonic() - last >= TICK_S:
            last = time.monotonic()
            report(f"{count} evaluations")
        return found

    return ticking


def _own(args: Namespace) -> _Given:
    """Return one of the project's networks with its data."""
    path = float_network_path(args.network)
    graph, calibration, held_out = load_graph(path), calibration_task(args.network), load_task(args.network)
    if args.limit is not None:
        limited = calibration.inputs[: args.limit], calibration.targets[: args.limit]
        calibration = Task(calibration.name, *limited, calibration.metric)
    judged = [_Judged(task, graph.feeds(task.inputs)) for task in (calibration, held_out)]
    return _Given(path, graph, *judged)


def _files(args: Namespace) -> _Given:
    """Return a user's network with its data. Raises CommandError."""
    graph = load_graph(args.path)
    feeds = load_feeds(args.inputs, graph, args.limit)
    if args.labels is None:
        task = _agreement(graph, feeds)
    else:
        task = load_labels(args.labels, args.metric, graph, feeds, more=args.limit is not None)
    held_out = None
    if args.held_out_inputs is not None:
        check_input(args.held_out_labels)
        more = load_feeds(args.held_out_inputs, graph)
        held_out = _Judged(load_labels(args.held_out_labels, args.metric, graph, more, more=False), more)
    return _Given(args.path, graph, _Judged(task, feeds), held_out)


def _agreement(graph: Graph, feeds: Feeds) -> Task:
    """Return the task of giving the float network's own classes."""
    outputs = graph.run(feeds)
    scores = outputs.reshape(len(outputs), -1)
    return Task("the float network's classes", np.zeros((len(scores), 0), np.float32), scores.argmax(axis=1), "top1")


def _scored(
    given: _Given, judged: _Judged | None, space: Space, result: SearchResult, tolerance: float
) -> dict[str, Any] | None:
    """Return the task's scores of the float network and of the result."""
    if judged is None:
        return None
    task, score = judged.task, NetworkScore(given.graph, space, judged.task, judged.feeds)
    reference, found = score(None), score(result.best.point)
    loss, within = task.relative_loss(found, reference), task.acceptable(found, reference, tolerance)
    return {"inputs": len(task.targets), "reference": reference, "score": found, "loss": loss, "within": within}


def _draw(path: Path, result: SearchResult, name: str, metric: str) -> None:
    from models.search.plots import pareto_svg  # noqa: PLC0415 (matplotlib is slow to import)

    with atomic_output(path) as file:
        file.write(pareto_svg(result, name, metric).encode())


def _save(args: Namespace, given: _Given, space: Space, result: SearchResult, skipped: tuple[str, ...]) -> None:
    """Write the trace of the result on held-out inputs if there are any."""
    judged = given.held_out or given.calibration
    plans = layer_plans(zip(space.operands, result.best.point.bits, strict=True))
    made = quantise_network(
        given.graph,
        judged.feeds.first(args.trace_inputs),
        plans,
        "fixed16, searched",
        source=f"{given.path.name}, precisions of {args.output.name}",
        skipped=(*given.graph.unsupported, *skipped),
    )
    save_trace(made.trace, args.trace)
