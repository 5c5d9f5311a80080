# SPDX-License-Identifier: Apache-2.0
"""All that `python -m models floats` computes about a network, as values that JSON can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, TextIO

import numpy as np

from models.codec.params import ALIGNMENTS
from models.floats.containers import FIELDS, FloatContainers, float_containers, total
from models.floats.evaluation import Evaluator, normalised
from models.floats.formats import FloatFormat, Format
from models.floats.names import NAMED, format_name, parse_format
from models.floats.search import AccuracyModel, Found, exhaustive, fit_model, search
from models.floats.sources import Subject
from models.floats.sweeps import Sweep, SweepError, others
from models.progress import Progress

ROUNDING = 1e-5  # what machines may differ by in the score of a picture
CAPTURED = 8  # inputs whose activations go into containers


class Study:
    """A network under study; each method adds to `result`."""

    def __init__(self, subject: Subject, few: int, seed: int, stream: TextIO) -> None:
        self.subject, self.stream = subject, stream
        self.evaluator = Evaluator(subject.graph, subject.task, few, seed)
        self._seed = seed
        self.chosen: list[str] = []
        task = subject.task
        self.result: dict[str, Any] = {
            "network": task.name,
            "metric": task.metric,
            "inputs": len(task.inputs),
            "data": subject.data,
            "reference": self.evaluator.reference,
            "formats": [],
            "search": [],
            "containers": [],
        }
        self._evaluated: dict[str, Format] = {}

    @property
    def sweep(self) -> Sweep:
        """All scored formats."""
        found = tuple(self.evaluator.evaluate(each) for each in self._evaluated.values())
        return replace(self._empty, evaluations=found)

    @property
    def _empty(self) -> Sweep:
        head = (self.result[name] for name in ("network", "metric", "inputs"))
        return Sweep(*head, self.evaluator.few, self._seed, self.result["reference"], ())

    def take(self, known: Sweep) -> None:
        """Take evaluations that were stored before. Raises SweepError for those of other networks or settings."""
        own = self._empty
        for name in ("network", "metric", "inputs", "few", "seed", "reference"):
            one, two = getattr(known, name), getattr(own, name)
            close = name == "reference" and abs(one - two) < ROUNDING
            if one != two and not close:
                raise SweepError(f"the stored evaluations have {name} {one}, and it is {two} here: evaluate again, with --save")
        self.evaluator.remember(known.evaluations)

    def evaluate(self, formats: Sequence[Format]) -> None:
        """Score formats."""
        progress = self._progress(len(formats), "formats evaluated")
        for each in formats:
            self.evaluator.evaluate(each)
            self._evaluated[format_name(each)] = each
            _count(progress)
        _end(progress)
        self.result["formats"] = [each.as_json() for each in self.sweep.evaluations]

    def search(self, space: dict[str, list[Format]], fit_on: Sequence[Sweep], tolerance: float, samples: int) -> None:
        """Search the fastest float and the fastest fixed-point format; compare with all if all have been scored."""
        model = self._model(fit_on)
        everything = [each for kind in space.values() for each in kind]
        progress = self._progress(len(everything), "formats predicted")
        for each in everything:
            self.evaluator.predictable(each)
            _count(progress)
        _end(progress)
        swept = all(format_name(each) in self._evaluated for each in everything)
        found = [search(self.evaluator, formats, model, tolerance, samples) for formats in space.values() if formats]
        self.chosen = [each.chosen.format for each in found if each.chosen]
        self.result["search"] = [self._described(each, space[each.kind], swept, tolerance) for each in found]
        sampled, inputs = sum(len(each.sampled) for each in found), self.result["inputs"]
        work = len(everything) * self.evaluator.few + sampled * inputs
        self.result |= {
            "tolerance": tolerance,
            "evaluations": sampled,
            "candidates": len(everything),
            "evaluations_spared": f"{sampled} evaluations instead of {len(everything)}, "
            f"{len(everything) * inputs / work:.1f} times fewer inputs run",
        }

    def containers(self, formats: Sequence[FloatFormat]) -> None:
        """Put weights and activations of all layers into containers, in the given formats, the chosen and the usual ones."""
        chosen = [each for each in map(parse_format, self.chosen) if isinstance(each, FloatFormat)]
        layers = self.subject.graph.capture(self.subject.task.inputs[:CAPTURED])
        rows = []
        for each in dict.fromkeys([*formats, *chosen, *NAMED.values()]):
            for what, tensors in (
                ("activations", [layer.acts for layer in layers]),
                ("weights", [layer.weights for layer in layers]),
            ):
                zeros = float(np.mean(np.concatenate([each.round(values).ravel() == 0 for values in tensors])))
                head = {"format": format_name(each), "what": what, "zeros": zeros, "values": sum(t.size for t in tensors)}
                for align in ALIGNMENTS:
                    sizes = total(float_containers(values, each, align) for values in tensors)
                    rows.append(head | {"align": align} | _sizes(sizes))
        self.result["containers"] = rows

    def _model(self, fit_on: Sequence[Sweep]) -> AccuracyModel:
        """Return the model of accuracy, fitted on other networks, and note it."""
        task = self.subject.task
        sweeps = {each.network: each for each in fit_on} or others(task.name, task.metric)
        note = None
        if not sweeps and self._evaluated:
            sweeps, note = {task.name: self.sweep}, "no sweep of another network is stored: fitted on this one"
        try:
            model = fit_model({name: each.evaluations for name, each in sweeps.items()})
        except ValueError as error:
            raise SweepError(
                f"{task.name}: {error}: give --fit-on a sweep of another network with {task.metric} scores"
            ) from None
        self.result["model"] = asdict(model) | ({"note": note} if note else {})
        return model

    def _described(self, found: Found, formats: list[Format], swept: bool, tolerance: float) -> dict[str, Any]:
        judged = self._judged(parse_format(found.chosen.format)) if found.chosen else None
        result = asdict(found) | {"sampled": [each.format for each in found.sampled], "judged": judged}
        if swept:
            best = exhaustive(self.evaluator, formats, tolerance)
            result["exhaustive"] = best.format if best else None
        return result

    def _judged(self, number_format: Format) -> float | None:
        """Return the normalised accuracy of a format on data that it was not chosen by, where there is some."""
        task = self.subject.judge
        if task is None:
            return None
        reference = task.score(self.subject.graph.run(task.inputs))
        return normalised(task, task.score(self.evaluator.outputs(task.inputs, number_format)), reference)

    def _progress(self, count: int, word: str) -> Progress | None:
        return Progress(count, word, self.stream) if count > 1 else None


def _sizes(found: FloatContainers) -> dict[str, Any]:
    return {name: asdict(getattr(found, name)) | {"ratio": getattr(found, name).ratio} for name in (*FIELDS, "together")}


def _count(progress: Progress | None) -> None:
    if progress is not None:
        progress.end_of(True)
        progress.show(0)


def _end(progress: Progress | None) -> None:
    if progress is not None and progress.terminal:
        progress.close()
