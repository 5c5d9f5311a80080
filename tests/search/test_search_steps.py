# SPDX-License-Identifier: Apache-2.0
"""The search on made-up scores whose best point is known."""

from __future__ import annotations

import itertools

import pytest

from models.search import BudgetSpentError, EvaluationCache, Evaluator, Operand, PrecisionPoint, Space, search
from models.search.steps import STARTS

SPACE = Space(
    (
        Operand("one", "acts", False, 2, 50),
        Operand("one", "weights", True, 0, 20, stored=True),
        Operand("two", "acts", False, 3, 10),
        Operand("two", "weights", True, 1, 90, stored=True),
    )
)
NEEDS = [1, 3, -1, 4, 3, 2, 0, 1]  # bits without which nothing works


def needs_score(point: PrecisionPoint | None) -> float:
    """1 while every coordinate has what it needs."""
    return 1.0 if point is None else float(all(have >= need for have, need in zip(point.vector, NEEDS, strict=True)))


def loss(score: float, reference: float) -> float:
    return reference - score


@pytest.mark.parametrize("start", STARTS)
def test_the_fewest_bits_when_each_coordinate_has_its_own_need(start):
    found = search(Evaluator(SPACE, needs_score, "x"), loss, 0.0, start=start)
    assert found.complete
    assert found.best.point.vector == NEEDS
    assert found.uniform.point.vector == [3, 3, 0, 4] * 2  # the largest need of any layer
    assert found.layer_curves["one acts integer"] == [(1, 0.0), (0, 1.0)]
    assert found.uniform_curves["weights fraction"][-1] == (3, 1.0)
    assert found.best.footprint == SPACE.footprint(PrecisionPoint.of(NEEDS))


def graded_score(point: PrecisionPoint | None, costs=(0.02, 0.01, 0.08, 0.01)) -> float:
    """Each missing fraction bit below 6 costs, the activations of "two" most; missing integer bits ruin it."""
    if point is None:
        return 1.0
    lost = sum(cost * max(0, 6 - bits.fraction) for cost, bits in zip(costs, point.bits, strict=True))
    return (
        1.0 - lost - 10 * sum(bits.integer < operand.integer for bits, operand in zip(point.bits, SPACE.operands, strict=True))
    )


def test_a_tolerance_is_used_as_an_exhaustive_search_would():
    found = search(Evaluator(SPACE, graded_score, "x"), loss, 0.05)
    points = [PrecisionPoint.of([2, a, 0, b, 3, c, 1, d]) for a, b, c, d in itertools.product(range(1, 7), repeat=4)]
    allowed = [point for point in points if graded_score(point) >= 0.95 - 1e-9]
    assert found.best.footprint == min(SPACE.footprint(point) for point in allowed)
    assert found.best.loss <= 0.05 + 1e-9
    losses = [step.loss for step in found.path]
    assert losses == sorted(losses)
    assert all(one.footprint > two.footprint for one, two in itertools.pairwise(found.path))


def test_the_pareto_list_is_not_dominated():
    found = search(Evaluator(SPACE, graded_score, "x"), loss, 0.05, explore=0.3)
    assert found.best.loss <= 0.05 + 1e-9
    assert max(each.loss for each in found.pareto) > 0.05  # it goes on past the tolerance
    for one, two in itertools.pairwise(found.pareto):
        assert one.footprint < two.footprint
        assert one.loss > two.loss


def test_equal_losses_are_settled_by_the_data_that_move():
    found = search(Evaluator(SPACE, lambda point: graded_score(point, [0.01] * 4), "x"), loss, 0.05)
    first, second = found.path[:2]
    changed = [index for index in range(8) if first.point.vector[index] != second.point.vector[index]]
    assert [SPACE.coordinates[index] for index in changed] == ["one acts fraction"]  # 100 values; the others 20, 20, 90


def counted(score):
    calls = []

    def count(point):
        calls.append(point)
        return score(point)

    return calls, count


@pytest.mark.parametrize("start", STARTS)
def test_a_stopped_search_continues_without_repeating(tmp_path, start):
    whole_calls, whole_score = counted(graded_score)
    whole = search(Evaluator(SPACE, whole_score, "x"), loss, 0.05, start=start)
    assert len(set(whole_calls)) == len(whole_calls)
    calls, score = counted(graded_score)
    stops = 0
    while True:
        cache = EvaluationCache(tmp_path / "evaluations.jsonl")
        found = search(Evaluator(SPACE, score, "x", cache, budget=17), loss, 0.05, start=start)
        if found.complete:
            break
        stops += 1
        assert found.best.loss <= 0.05 + 1e-9
    assert stops == (len(calls) - 1) // 17 > 3
    assert calls == whole_calls
    assert found.best == whole.best
    assert found.path == whole.path
    assert found.layer_curves == whole.layer_curves


def test_an_exception_in_the_middle_costs_nothing(tmp_path):
    calls = []

    def failing(point):
        if len(calls) == 30:
            raise KeyboardInterrupt
        calls.append(point)
        return graded_score(point)

    with pytest.raises(KeyboardInterrupt):
        search(Evaluator(SPACE, failing, "x", EvaluationCache(tmp_path / "e")), loss, 0.05)
    again = Evaluator(SPACE, graded_score, "x", EvaluationCache(tmp_path / "e"))
    search(again, loss, 0.05)
    assert again.cached == 30


def test_scores_of_another_network_are_not_taken(tmp_path):
    search(Evaluator(SPACE, graded_score, "x", EvaluationCache(tmp_path / "e")), loss, 0.0)
    other = Evaluator(SPACE, needs_score, "y", EvaluationCache(tmp_path / "e"))
    assert search(other, loss, 0.0).best.point.vector == NEEDS
    assert other.cached == 0


def test_a_budget_for_nothing():
    with pytest.raises(BudgetSpentError):
        search(Evaluator(SPACE, graded_score, "x", budget=1), loss, 0.0)


def test_sixteen_bits_that_lose_are_the_result_when_nothing_is_better():
    found = search(Evaluator(SPACE, lambda point: 1.0 if point is None else 0.5, "x"), loss, 0.1)
    assert found.best == found.full
    assert found.best.loss == 0.5
    assert found.uniform is None


def test_an_unknown_start():
    with pytest.raises(ValueError, match="start 'here': use one of uniform, layers"):
        search(Evaluator(SPACE, needs_score, "x"), loss, 0.0, start="here")
