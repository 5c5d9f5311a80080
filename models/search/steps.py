# SPDX-License-Identifier: Apache-2.0
"""The steps of the search: all layers alike, one layer at a time, then the descent of least loss (arXiv:1511.05236)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from models.search.evaluator import BudgetSpentError, Evaluator
from models.search.fewest import Curve, Settings, give_back, sweep
from models.search.points import Bits, PrecisionPoint, Space

STARTS = ("uniform", "layers")  # of the descent: the fewest bits without loss for all layers alike, or of each layer alone
LOSSLESS = 0.1  # of the limit: what counts as no loss where the descent starts
ROUNDING = 1e-9  # a loss that equals its limit but for rounding is within it
Loss = Callable[[float, float], float]  # (score, reference) -> what is lost; 0 or less: nothing
Report = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """A point that was evaluated."""

    point: PrecisionPoint
    score: float
    loss: float
    footprint: float  # single input, over 32-bit floats


@dataclass
class SearchResult:
    """What the search found."""

    space: Space
    reference: float  # the float network's score
    full: Found  # 16 bits everywhere
    best: Found  # the least footprint within the limit
    complete: bool = False  # False: the budget was spent before the end
    uniform: Found | None = None  # the best with the same bits in all layers
    uniform_curves: dict[str, Curve] = field(default_factory=dict)  # loss by bits, one coordinate at a time
    layer_curves: dict[str, Curve] = field(default_factory=dict)
    path: list[Found] = field(default_factory=list)  # the descent
    pareto: list[Found] = field(default_factory=list)  # less loss costs more footprint, of all layer-wise points


class _Search:
    def __init__(self, evaluator: Evaluator, loss: Loss, limit: float, explore: float, report: Report) -> None:
        self.space, self.evaluator, self.report = evaluator.space, evaluator, report
        self.reference = evaluator(None)
        self.loss, self.limit, self.explore = loss, limit + ROUNDING, max(limit, explore) + ROUNDING
        self.seen: dict[PrecisionPoint, Found] = {}
        self.result = SearchResult(self.space, self.reference, *[self.found(self.space.full)] * 2)
        self.lossless = max(LOSSLESS * limit, self.result.full.loss) + ROUNDING

    def found(self, point: PrecisionPoint, *, keep: bool = True) -> Found:
        """Evaluate a point. keep: it may become the result."""
        score = self.evaluator(point)
        found = Found(point, score, self.loss(score, self.reference), self.space.footprint(point))
        if keep:
            self.seen[point] = found
        return found

    def uniform(self) -> Settings:
        """All layers alike: each of four numbers of bits alone, then together; returns the fewest without loss."""

        def expand(settings: Settings) -> PrecisionPoint:
            return self.space.uniform(Bits(*settings[:2]), Bits(*settings[2:]))

        def error(settings: Settings) -> float:
            return self.found(expand(settings), keep=False).loss

        acts, weights = self.space.uniform_full()
        start, names = [*acts, *weights], [f"{what} {name}" for what in ("acts", "weights") for name in Bits._fields]
        lossless, alone = max(self.lossless, error(start) + ROUNDING), []
        for index, name in enumerate(names):
            bits, curve = sweep(start, index, 1 - start[index ^ 1], -1, error, lossless, self.explore)
            alone.append(bits)
            self.result.uniform_curves[name] = curve
            self.report(f"all layers, {name}: {bits} of {start[index]} bits without loss")
        for settings in give_back(_with_a_bit(alone), start, -1, error, lossless):
            found = self.found(expand(settings), keep=False)
            self.report(f"all layers alike: {_text(found)}")
            if self.result.uniform is None and found.loss <= self.limit:
                self.result.uniform = found
        return self.space.clipped(found.point).vector

    def layers(self) -> Settings:
        """One number of bits at a time, the others full; returns the fewest of each without loss."""
        start, fewest = self.space.full.vector, []
        for index, name in enumerate(self.space.coordinates):
            bits, curve = sweep(start, index, self.space.least[index], -1, self._error, self.lossless, self.explore)
            fewest.append(bits)
            self.result.layer_curves[name] = curve
            self.report(f"{name}: {bits} of {start[index]} bits without loss")
        return _with_a_bit(fewest)

    def _error(self, settings: Settings) -> float:
        return self.found(PrecisionPoint.of(settings)).loss

    def together(self, fewest: Settings) -> Settings:
        """All layers at their fewest: give back until nothing is lost."""
        settings = fewest
        for settings in give_back(fewest, self.space.full.vector, -1, self._error, self.lossless):
            self.report(f"all together: {_text(self.found(PrecisionPoint.of(settings)))}")
        return settings

    def descend(self, settings: Settings) -> None:
        """Take away the bit that loses least, again and again; of equals the one that moves most data.

        A bit whose loss was beyond the limit is not tried again: the others only become fewer.
        """
        now = self.found(PrecisionPoint.of(settings))
        closed: set[int] = set()
        while True:
            self.result.path.append(now)
            self.report(f"descent, step {len(self.result.path) - 1}: {_text(now)}")
            tried = {index: self._less(now, index) for index in range(len(settings)) if index not in closed}
            closed |= {index for index, found in tried.items() if found is None or found.loss > self.explore}
            left = [found for index, found in tried.items() if index not in closed]
            if not left:
                return
            now = min(left, key=lambda found: (found.loss, found.footprint))

    def _less(self, now: Found, index: int) -> Found | None:
        vector = now.point.vector
        vector[index] -= 1
        point = PrecisionPoint.of(vector)
        return self.found(point) if self.space.legal(point) else None

    def finish(self) -> SearchResult:
        """Choose from what was evaluated."""
        ordered = sorted(self.seen.values(), key=lambda found: (found.footprint, found.loss))
        self.result.best = next((found for found in ordered if found.loss <= self.limit), self.result.full)
        for found in ordered:
            if not self.result.pareto or found.loss < self.result.pareto[-1].loss:
                self.result.pareto.append(found)
        return self.result


def _with_a_bit(settings: Settings) -> Settings:
    """Return settings (integer, fraction, ...) whose fractions leave every operand a bit."""
    return [max(bits, 1 - settings[index - 1]) if index % 2 else bits for index, bits in enumerate(settings)]


def _text(found: Found) -> str:
    return f"loss {found.loss:.4f}, footprint {found.footprint:.1%}"


def search(
    evaluator: Evaluator,
    loss: Loss,
    limit: float,
    *,
    start: str = "uniform",
    explore: float = 0.0,
    report: Report | None = None,
) -> SearchResult:
    """Return the fewest bits of each layer whose loss is within `limit`, and how they were found.

    Args:
        evaluator: scores of points; with a cache on disk the search continues where it was stopped.
        loss: what a score loses against the float network's.
        limit: the most that the result may lose.
        start: one of STARTS: where the descent begins.
        explore: the loss up to which sweeps and descent go on, for curves and Pareto list, when it is more than the limit.
        report: takes lines of progress.

    When the evaluator's budget is spent the result is the best so far, and not complete. Raises BudgetSpentError when it
    does not even suffice for the float network and for 16 bits, SearchError when the cache fails, ValueError for a start.
    """
    if start not in STARTS:
        raise ValueError(f"start {start!r}: use one of {', '.join(STARTS)}")
    run = _Search(evaluator, loss, limit, explore, report or (lambda line: None))
    try:
        alike, alone = run.uniform(), run.layers()
        run.descend(alike if start == "uniform" else run.together(alone))
        run.result.complete = True
    except BudgetSpentError:
        run.report(f"stopped after {evaluator.new} evaluations: the same command goes on")
    return run.finish()
