# SPDX-License-Identifier: Apache-2.0
"""The fast search on tables whose answer is known, and its measures against NumPy's and hand-worked ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.evaluation import Task
from models.floats.evaluation import Evaluation, correlation, normalised
from models.floats.formats import FixedFormat, FloatFormat, Format
from models.floats.names import format_name
from models.floats.search import AccuracyModel, design_space, exhaustive, fit_model, formats_of, search
from models.floats.sweeps import Sweep, SweepError, load_sweep, others, save_sweep

IDENTITY = AccuracyModel(1.0, 0.0, ("other",), 2, 1.0)  # accuracy = correlation
FLOATS = [FloatFormat(m, 4) for m in range(1, 7)]


class Table:
    """An evaluator whose correlation and accuracy of m1e4 .. m6e4 are given."""

    def __init__(self, correlations: list[float], accuracies: list[float]) -> None:
        self.rows = dict(zip(map(format_name, FLOATS), zip(correlations, accuracies, strict=True), strict=True))
        self.asked: list[str] = []

    def predictable(self, number_format: Format) -> Evaluation:
        name = format_name(number_format)
        speedup = 20.0 - number_format.mantissa
        return Evaluation(name, "float", number_format.bits, speedup, speedup, self.rows[name][0])

    def evaluate(self, number_format: Format) -> Evaluation:
        found = self.predictable(number_format)
        self.asked.append(found.format)
        accuracy = self.rows[found.format][1]
        return Evaluation(found.format, "float", found.bits, found.speedup, 1.0, found.correlation, accuracy, accuracy)

    def acceptable(self, found: Evaluation, tolerance: float) -> bool:
        return found.accuracy >= 1 - tolerance


@pytest.mark.parametrize(
    ("correlations", "accuracies", "samples", "asked", "chosen", "confirmed"),
    [
        # Predicted m3 holds; one bit less fails: m3.
        ([0.1, 0.9, 0.995, 1, 1, 1], [0, 0.9, 1, 1, 1, 1], 2, ["m3e4", "m2e4"], "m3e4", True),
        # Predicted m3 fails; one more holds: m4.
        ([0.1, 0.9, 0.995, 1, 1, 1], [0, 0.5, 0.9, 1, 1, 1], 2, ["m3e4", "m4e4"], "m4e4", True),
        # Fails twice: m5 is next, not evaluated; a third sample confirms it.
        ([0.1, 0.9, 0.995, 1, 1, 1], [0, 0.5, 0.9, 0.9, 1, 1], 2, ["m3e4", "m4e4"], "m5e4", False),
        ([0.1, 0.9, 0.995, 1, 1, 1], [0, 0.5, 0.9, 0.9, 1, 1], 3, ["m3e4", "m4e4", "m5e4"], "m5e4", True),
        # Too careful by two bits: two samples remove them.
        ([0.1, 0.2, 0.3, 0.9, 0.995, 1], [0, 0.5, 1, 1, 1, 1], 2, ["m5e4", "m4e4"], "m4e4", True),
        # Nothing is predicted to hold: the best correlated is tried.
        ([0.1, 0.2, 0.3, 0.4, 0.6, 0.5], [0] * 6, 3, ["m5e4", "m6e4"], None, False),
        ([0.1, 0.2, 0.3, 0.4, 0.6, 0.5], [0, 0, 0, 0, 1, 1], 2, ["m5e4", "m4e4"], "m5e4", True),
        # The space ends: the widest fails.
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.995], [0] * 6, 3, ["m6e4"], None, False),
    ],
)
def test_search_path(
    correlations: list[float], accuracies: list[float], samples: int, asked: list[str], chosen: str | None, confirmed: bool
) -> None:
    table = Table(correlations, accuracies)
    found = search(table, FLOATS, IDENTITY, 0.01, samples)
    assert table.asked == asked == [each.format for each in found.sampled]
    assert (found.chosen.format if found.chosen else None) == chosen
    assert found.confirmed is confirmed


def test_exhaustive_evaluates_all_and_takes_the_fastest() -> None:
    table = Table([1] * 6, [0, 0.995, 0.9, 1, 1, 1])
    assert exhaustive(table, FLOATS, 0.01).format == "m2e4"
    assert len(table.asked) == 6
    assert exhaustive(Table([1] * 6, [0] * 6), FLOATS, 0.01) is None


def evaluations(points: list[tuple[float, float]]) -> tuple[Evaluation, ...]:
    return tuple(Evaluation(f"m{i}e4", "float", 5 + i, 1.0, 1.0, x, y, y) for i, (x, y) in enumerate(points))


def test_model_by_hand() -> None:
    """Points (0, 0.1), (0.5, 0.4), (1, 1): slope 0.9, offset 0.05; r = 0.9 / sqrt(0.84)."""
    sweeps = {"b": evaluations([(0.0, 0.1), (0.5, 0.4)]), "a": evaluations([(1.0, 1.0)])}
    model = fit_model(sweeps)
    assert (model.slope, model.offset) == pytest.approx((0.9, 0.05))
    assert model.fit == pytest.approx(0.45 / np.sqrt(0.5 * 0.42))
    assert model.fitted_on == ("a", "b") and model.points == 3
    assert model.predict(1.0) == pytest.approx(0.95)
    with pytest.raises(ValueError, match="at least two"):
        fit_model({"a": evaluations([(1.0, 1.0), (1.0, 0.9)])})


def test_correlation() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.normal(0, 1, (5, 10)), rng.normal(0, 1, (5, 10))
    centred = [each.ravel() - each.mean() for each in (one, two)]
    expected = (centred[0] @ centred[1]) ** 2 / ((centred[0] @ centred[0]) * (centred[1] @ centred[1]))
    assert correlation(one, two) == pytest.approx(expected)
    assert correlation(one, 3 * one - 2) == pytest.approx(1)
    assert correlation(one, np.ones_like(one)) == 0
    assert correlation(one, np.full_like(one, np.nan)) == 0


def test_normalised_accuracy() -> None:
    labels, pictures = (
        Task("a", np.zeros((4, 1)), np.zeros(4, int), "top1"),
        Task("b", np.zeros((4, 1)), np.zeros((4, 1)), "psnr"),
    )
    assert normalised(labels, 0.9, 0.9) == 1
    assert normalised(labels, 0.45, 0.9) == pytest.approx(0.5)
    assert normalised(pictures, 29.96, 30) == pytest.approx(0.99)  # 0.04 dB are 1 %
    assert normalised(pictures, 28, 30) == pytest.approx(0.5)
    assert normalised(pictures, 3, 30) == 0
    assert normalised(pictures, -np.inf, 30) == 0


def test_design_space() -> None:
    space = design_space(range(1, 3), range(4, 6), range(0, 2), range(0, 3), "zero")
    assert [format_name(each) for each in space["float"]] == ["m1e4z", "m2e4z", "m1e5z", "m2e5z"]
    assert space["fixed"] == [FixedFormat(i, f, "zero") for i, f in ((0, 1), (0, 2), (1, 0), (1, 1), (1, 2))]
    assert formats_of(["m1e4", "i1f2", "m1e4"]) == {"float": [FloatFormat(1, 4)], "fixed": [FixedFormat(1, 2)]}


def test_stored_sweeps(tmp_path: Path) -> None:
    first = Sweep("a", "top1", 4, 2, 0, 0.9, evaluations([(0.5, 0.4)]))
    for sweep in (first, Sweep("b", "top1", 4, 2, 0, 0.9, ()), Sweep("c", "psnr", 4, 2, 0, 30.0, ())):
        save_sweep(tmp_path / f"{sweep.network}.json", sweep)
    assert load_sweep(tmp_path / "a.json") == first
    assert list(others("b", "top1", tmp_path)) == ["a"]
    assert list(others("c", "psnr", tmp_path)) == []
    with pytest.raises(SweepError, match="no such file"):
        load_sweep(tmp_path / "d.json")
    for text in ("{", '{"format": 9}', "[]", '{"format": 1}'):
        (tmp_path / "d.json").write_text(text)
        with pytest.raises(SweepError, match=r"d\.json"):
            load_sweep(tmp_path / "d.json")
