# SPDX-License-Identifier: Apache-2.0
"""What a point scores, evaluated once: every score is kept in the cache under network, task and point."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from models.search.cache import EvaluationCache
from models.search.points import PrecisionPoint, Space

Score = Callable[[PrecisionPoint | None], float]  # None: the float network


class BudgetSpentError(Exception):
    """As many points were evaluated as were allowed."""


class Evaluator:
    """Scores of points. new, cached: how many were evaluated and how many were found."""

    def __init__(
        self, space: Space, score: Score, identity: str, cache: EvaluationCache | None = None, budget: int | None = None
    ) -> None:
        """score: evaluates a point. identity: digest of network and task. budget: most evaluations; None: no limit."""
        self.space, self.score, self.identity = space, score, identity
        self.cache, self.budget = EvaluationCache() if cache is None else cache, budget
        self.new = self.cached = 0
        self._asked: set[str] = set()

    def key(self, point: PrecisionPoint | None) -> str:
        """Return the digest under which a point's score is kept."""
        facts: list = [self.identity]
        if point is not None:
            pairs = zip(self.space.operands, point.bits, strict=True)
            facts += [[operand.layer, operand.what, operand.signed, *bits] for operand, bits in pairs]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def __call__(self, point: PrecisionPoint | None) -> float:
        """Return the score of a point, or of the float network (None). Raises BudgetSpentError."""
        key = self.key(point)
        found = self.cache.get(key)
        if found is None:
            if self.budget is not None and self.new >= self.budget:
                raise BudgetSpentError
            found = self.score(point)
            self.new += 1
            self.cache.put(key, found)
        elif key not in self._asked:
            self.cached += 1
        self._asked.add(key)
        return found
