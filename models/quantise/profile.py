# SPDX-License-Identifier: Apache-2.0
"""The fewest bits of each layer with which a network does its task as well as with all of them.

The method is the one that the paper takes its profiles from (section 5.3): P. Judd et al., "Proteus: Exploiting Numerical
Precision Variability in Deep Neural Networks", 2016. Each layer alone first, then all together, a bit back where it helps
most; activations first, then weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.evaluation import Task
from models.graphs.feeds import Feeds
from models.graphs.graph import Graph
from models.networks.quantise import fewest_bits
from models.quantise.fixed import fixed_layer
from models.quantise.network import Calibration, Report, emulated
from models.quantise.plan import LayerPlan

_ROUNDING = 1e-9  # a loss that is the tolerance but for the rounding of a subtraction is not above it


def task_outputs(outputs: np.ndarray, task: Task) -> np.ndarray:
    """Return a network's outputs as the task takes them: the scores of a classifier as [N, classes]."""
    return outputs.reshape(len(outputs), -1) if task.metric == "top1" else outputs


def profile_by_task(
    graph: Graph, feeds: Feeds, calibration: Calibration, task: Task, bits: int, tolerance: float, report: Report
) -> dict[str, LayerPlan]:
    """Return the plan of each layer in fixed point of P = `bits`.

    feeds, task: the inputs that judge, and their targets. tolerance: the fraction of the accuracy at full P that may be
    lost. report: takes one call a network that was tried. Raises GraphError, EvaluationError.
    """
    tried = 0
    names, none = list(calibration.layers), [0] * len(calibration.layers)

    def plans(acts: Sequence[int], weights: Sequence[int]) -> dict[str, LayerPlan]:
        settings = zip(names, acts, weights, strict=True)
        return {name: fixed_layer(*calibration.layers[name], bits, dropped=(one, two)) for name, one, two in settings}

    def score(acts: Sequence[int], weights: Sequence[int]) -> float:
        nonlocal tried
        tried += 1
        report("profile", tried)
        return task.score(task_outputs(emulated(graph, plans(acts, weights)).run(feeds), task))

    reference, allowed = score(none, none), task.loss_limit(tolerance) + _ROUNDING
    limit = bits - 2  # a sign and one bit
    acts = fewest_bits(none, limit, 1, lambda trial: task.relative_loss(score(trial, none), reference), allowed)
    weights = fewest_bits(none, limit, 1, lambda trial: task.relative_loss(score(acts, trial), reference), allowed)
    return plans(acts, weights)
