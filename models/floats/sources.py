# SPDX-License-Identifier: Apache-2.0
"""What to evaluate: one of the project's networks with its data, or a user's ONNX network with inputs and targets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.evaluation import Task, float_network_path, load_task
from models.graphs import load_graph

if TYPE_CHECKING:
    from models.graphs import Graph


@dataclass(frozen=True)
class Subject:
    """A network with the data to choose a format by, and the data to judge the chosen one by (None: the same)."""

    graph: Graph
    task: Task
    data: str  # what the task's inputs are, for people
    judge: Task | None


def own_subject(name: str, count: int | None) -> Subject:
    """Return one of the project's networks. Raises NetworkError, EvaluationError, GraphError."""
    task, judge = (load_task(name, split) for split in ("calibration", "held_out"))
    return Subject(load_graph(float_network_path(name)), first(task, count), "calibration inputs", judge)


def user_subject(path: Path, inputs: np.ndarray, targets: np.ndarray, count: int | None) -> Subject:
    """Return a user's network. targets: labels, integers [N], or outputs as they should be, floats [N, ...].

    Raises GraphError, EvaluationError.
    """
    metric = "psnr" if targets.dtype.kind == "f" else "top1"
    task = Task(path.stem, inputs.astype(np.float32), targets, metric)
    return Subject(load_graph(path), first(task, count), "inputs", None)


def first(task: Task, count: int | None) -> Task:
    """Return the task with its first `count` inputs; None: all."""
    return task if count is None else replace(task, inputs=task.inputs[:count], targets=task.targets[:count])
