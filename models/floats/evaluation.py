# SPDX-License-Identifier: Apache-2.0
"""A network's score in a format, and the two things that are known without scoring: its cost, and its correlation.

The correlation is Hill et al.'s ("Rethinking Numerical Representations for Deep Neural Networks", 2018, section 3.3): the
coefficient of determination, R^2, of the last layer's activations in the format against those of the exact network, over a
few inputs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from models.floats.costs import mac_cost
from models.floats.formats import FixedFormat, Format
from models.floats.names import format_name

if TYPE_CHECKING:
    from models.evaluation import Task
    from models.graphs import Graph

FEW = 10  # inputs of the correlation: Hill et al., section 4.4
ONE_PER_CENT = 0.01


@dataclass(frozen=True)
class Evaluation:
    """A format on a network and task. score: as the task's, None where it was not evaluated."""

    format: str
    kind: str  # "float" or "fixed"
    bits: int
    speedup: float  # over float32 units in the same area
    energy_saving: float  # energy of a float32 operation over that of one here
    correlation: float  # R^2 of the outputs
    score: float | None = None
    accuracy: float | None = None  # see `normalised`

    def as_json(self) -> dict[str, Any]:
        """Return the fields."""
        return asdict(self)


def kind_of(number_format: Format) -> str:
    """Return "fixed" or "float"."""
    return "fixed" if isinstance(number_format, FixedFormat) else "float"


def normalised(task: Task, score: float, reference: float) -> float:
    """Return the accuracy over that of float32, at least 0.

    In dB the drop that the paper counts as 1 % (`Task.loss_limit`) is 1 %, and others in proportion.
    """
    loss = task.relative_loss(score, reference) / task.loss_limit(ONE_PER_CENT) * ONE_PER_CENT
    return max(0.0, 1 - loss)


def correlation(exact: np.ndarray, found: np.ndarray) -> float:
    """Return R^2 of all values of two arrays; 0 where one is constant or not finite."""
    one, two = (np.asarray(each, dtype=np.float64).ravel() for each in (exact, found))
    if not np.isfinite(two).all() or one.std() == 0 or two.std() == 0:
        return 0.0
    return float(np.corrcoef(one, two)[0, 1] ** 2)


class Evaluator:
    """A network and its task; what was computed once is kept.

    seed: which inputs the correlation takes. Raises GraphError for networks that cannot be emulated.
    """

    def __init__(self, graph: Graph, task: Task, few: int = FEW, seed: int = 0) -> None:
        from models.floats.network import EmulatedNetwork  # noqa: PLC0415 (onnx is slow to import)

        self.graph, self.task = graph, task
        self._emulated = EmulatedNetwork(graph.network)
        count = len(task.inputs)
        self._few = np.sort(np.random.default_rng(seed).permutation(count)[: min(few, count)])
        self.few = len(self._few)
        self._known: dict[str, Evaluation] = {}
        self.evaluated = 0  # formats whose score was computed

    @cached_property
    def exact(self) -> np.ndarray:
        """The outputs of the network as it is, float32."""
        return self.graph.run(self.task.inputs)

    @cached_property
    def reference(self) -> float:
        """The score of the network as it is."""
        return self.task.score(self.exact)

    def predictable(self, number_format: Format) -> Evaluation:
        """Return what is known of a format without a score: its correlation takes a few inputs."""
        name = format_name(number_format)
        if name not in self._known:
            outputs = self._emulated.run(self.task.inputs[self._few], number_format)
            cost = mac_cost(number_format)
            self._known[name] = Evaluation(
                name,
                kind_of(number_format),
                number_format.bits,
                cost.speedup,
                cost.energy_saving,
                correlation(self.exact[self._few], outputs),
            )
        return self._known[name]

    def evaluate(self, number_format: Format) -> Evaluation:
        """Return a format's score, on all inputs of the task."""
        found = self.predictable(number_format)
        if found.score is None:
            score = self.task.score(self._emulated.run(self.task.inputs, number_format))
            accuracy = normalised(self.task, score, self.reference)
            found = Evaluation(**(asdict(found) | {"score": score, "accuracy": accuracy}))
            self._known[found.format] = found
            self.evaluated += 1
        return found

    def remember(self, evaluations: Iterable[Evaluation]) -> None:
        """Take evaluations that were made before, of the same network, task and inputs."""
        self._known.update((each.format, each) for each in evaluations)

    def outputs(self, inputs: np.ndarray, number_format: Format) -> np.ndarray:
        """Return the network's outputs in a format, for any inputs [N, ...]."""
        return self._emulated.run(inputs, number_format)

    def acceptable(self, found: Evaluation, tolerance: float) -> bool:
        """Return whether a scored format loses no more than the tolerance."""
        return self.task.acceptable(found.score, self.reference, tolerance)
