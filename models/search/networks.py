# SPDX-License-Identifier: Apache-2.0
"""The search's view of an ONNX network: its operands, its quantised inference, and the integers of a point.

Needs onnx and onnxruntime: import this module where it is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np

from models.evaluation import Task
from models.graphs import FixedRule, Graph, LayerRule, LayerTensors
from models.graphs.feeds import Feeds
from models.quantise.plan import LayerPlan, OperandPlan
from models.quantise.profile import task_outputs
from models.search.cache import SearchError
from models.search.judge import class_probabilities, mean_change
from models.search.points import Bits, Operand, PrecisionPoint, Space

_MOST = 100  # bits before the binary point, or behind; beyond it a scale is no float32


def integer_bits(largest: float) -> int:
    """Return the bits before the binary point that hold magnitudes up to `largest`; negative for small fractions."""
    return int(np.clip(np.frexp(largest)[1], -_MOST, _MOST)) if largest else 1


def rule_of(operand: Operand, bits: Bits) -> FixedRule:
    """Return the quantisation to `bits`: sign and magnitude, so the range of signed values is symmetric."""
    codes = 1 << (bits.integer + bits.fraction)
    return FixedRule(2.0**-bits.fraction, 1 - codes if operand.signed else 0, codes - 1)


def layer_plans(found: Iterable[tuple[Operand, Bits]]) -> dict[str, LayerPlan]:
    """Return how the floats of each layer become integers in 16-bit containers, for operands with their bits."""
    plans: dict[str, dict[str, OperandPlan]] = {}
    for operand, bits in found:
        form = operand.form(bits)
        plans.setdefault(operand.layer, {})[operand.what] = OperandPlan(rule_of(operand, bits), form, form.n_low)
    return {layer: LayerPlan(**operands) for layer, operands in plans.items()}


def space_of(graph: Graph, feeds: Feeds) -> tuple[Space, tuple[str, ...]]:
    """Return (all operands with the bits that the inputs need, reasons of layers that the hardware cannot take).

    Raises SearchError when there is no layer, GraphError.
    """
    skipped: list[str] = []
    first: dict[str, LayerTensors] = {}
    largest: dict[tuple[str, str], float] = {}
    signed: dict[tuple[str, str], bool] = {}
    for _, tensors in graph.capture_each(feeds, skipped.append):
        for layer in tensors:
            first.setdefault(layer.name, layer)
            for what in ("acts", "weights"):
                key, values = (layer.name, what), getattr(layer, what)
                if what == "weights" and values.ndim == 4 and key in largest:
                    continue  # they are the same for all inputs
                largest[key] = max(largest.get(key, 0.0), float(np.abs(values).max()))
                signed[key] = signed.get(key, what == "weights") or bool(values.min() < 0)
    if not first:
        raise SearchError(
            f"{graph.name}: has no layer that the hardware computes: {'; '.join(skipped) or 'nothing multiplies'}"
        )
    operands = []
    for layer in first.values():
        for what in ("acts", "weights"):
            key, stored = (layer.name, what), what == "weights" and layer.weights.ndim == 4
            values = (
                layer.raw_acts or layer.acts[0].size
                if what == "acts"
                else layer.weights.size
                if stored
                else layer.weights[0].size
            )
            operands.append(Operand(layer.name, what, signed[key], integer_bits(largest[key]), int(values), stored))
    return Space(tuple(operands)), tuple(skipped)


class NetworkScore:
    """Scores of points on a task."""

    def __init__(self, graph: Graph, space: Space, task: Task, feeds: Feeds) -> None:
        """feeds: the task's inputs as the network takes them."""
        self.graph, self.space, self.task, self.feeds = graph, space, task, feeds

    def outputs(self, point: PrecisionPoint | None) -> np.ndarray:
        """Return the outputs with a point's bits as the task takes them; None: in float. Raises GraphError."""
        graph = self.graph
        if point is not None:
            rules: dict[str, dict[str, FixedRule]] = {}
            for operand, bits in zip(self.space.operands, point.bits, strict=True):
                rules.setdefault(operand.layer, {})[operand.what] = rule_of(operand, bits)
            graph = graph.emulate({layer: LayerRule(**both) for layer, both in rules.items()})
        return task_outputs(graph.run(self.feeds), self.task)

    def __call__(self, point: PrecisionPoint | None) -> float:
        """Return the task's score; None: of the float network.

        Raises SearchError when that is nothing to compare with, GraphError, EvaluationError.
        """
        score = self.task.score(self.outputs(point))
        if point is None and not (np.isfinite(score) and (score or self.task.metric != "top1")):
            raise SearchError(f"task {self.task.name!r}: the float network scores {score}: check inputs and targets")
        return score

    def loss(self, score: float, reference: float) -> float:
        """Return what a score loses: a fraction of the accuracy, or dB."""
        return self.task.relative_loss(score, reference)


class NetworkSteadiness(NetworkScore):
    """How steady a classifier's answers are: 1 less the mean change of the class probabilities against the float network."""

    @cached_property
    def _reference(self) -> np.ndarray:
        return class_probabilities(self.outputs(None))

    def __call__(self, point: PrecisionPoint | None) -> float:
        """Return the steadiness, 1 for the float network. Raises GraphError."""
        return 1.0 if point is None else 1.0 - mean_change(class_probabilities(self.outputs(point)), self._reference)

    def loss(self, score: float, reference: float) -> float:
        """Return the mean change."""
        return reference - score


JUDGES = {"score": NetworkScore, "outputs": NetworkSteadiness}


def identity(path: Path, judge: str, task: Task, feeds: Feeds) -> str:
    """Return the digest of a network's file, inputs and a task: what the scores of a judge belong to. Raises OSError."""
    found = hashlib.sha256(path.read_bytes() + judge.encode())
    for feed in feeds.runs:
        for name, values in sorted(feed.items()):
            _add(found, name, values)
    _add(found, task.metric, task.targets)
    return found.hexdigest()


def _add(digest: hashlib._Hash, name: str, values: np.ndarray) -> None:
    digest.update(f"{name} {values.dtype} {values.shape}".encode())
    digest.update(np.ascontiguousarray(values).tobytes())
