# SPDX-License-Identifier: Apache-2.0
"""The fast search for the fastest format (Hill et al., "Rethinking Numerical Representations for Deep Neural Networks",
2018, sections 3.3 and 4.4).

Accuracy is predicted from the correlation of a few outputs by a linear model that was fitted on other networks. Of the
formats whose prediction suffices the fastest is evaluated (where none suffices, the best correlated one); while it meets
the target a bit is removed, else one is added, for at most `samples` evaluations. The paper does not say which bit: here it
is one of the mantissa, or of the fraction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.floats.evaluation import Evaluation, Evaluator, kind_of
from models.floats.formats import FixedFormat, FloatFormat, Format, FormatError
from models.floats.names import parse_format

SAMPLES = 2  # evaluations after which Hill et al. found what an exhaustive search finds
Report = Callable[[], None]


@dataclass(frozen=True)
class AccuracyModel:
    """accuracy = slope x correlation + offset, fitted by least squares. fitted_on: the networks."""

    slope: float
    offset: float
    fitted_on: tuple[str, ...]
    points: int
    fit: float  # correlation coefficient of the points

    def predict(self, correlation: float) -> float:
        """Return the normalised accuracy that a correlation (R^2) lets expect."""
        return self.slope * correlation + self.offset


def fit_model(sweeps: dict[str, Sequence[Evaluation]]) -> AccuracyModel:
    """Return the model of all scored formats of several networks. Raises ValueError with fewer than two different ones."""
    scored = [each for found in sweeps.values() for each in found if each.accuracy is not None]
    x, y = (np.array([getattr(each, name) for each in scored]) for name in ("correlation", "accuracy"))
    if len(scored) < 2 or x.std() == 0:
        raise ValueError("a model of accuracy needs at least two scored formats with different correlations")
    slope, offset = np.polyfit(x, y, 1)
    fit = float(np.corrcoef(x, y)[0, 1]) if y.std() else 0.0
    return AccuracyModel(float(slope), float(offset), tuple(sorted(sweeps)), len(scored), fit)


@dataclass(frozen=True)
class Found:
    """The end of a search. chosen: None where nothing was found; confirmed: whether its evaluation met the target."""

    kind: str
    predicted: str | None  # the fastest format by prediction; None where no prediction suffices
    chosen: Evaluation | None
    confirmed: bool
    sampled: tuple[Evaluation, ...]  # formats evaluated, in order


def predicted_fastest(evaluator: Evaluator, formats: Sequence[Format], model: AccuracyModel, target: float) -> Format | None:
    """Return the fastest format whose predicted accuracy is at least `target`; None if there is none."""
    fast = sorted(formats, key=lambda each: -evaluator.predictable(each).speedup)
    good = (each for each in fast if model.predict(evaluator.predictable(each).correlation) >= target)
    return next(good, None)


def search(
    evaluator: Evaluator, formats: Sequence[Format], model: AccuracyModel, tolerance: float, samples: int = SAMPLES
) -> Found:
    """Return the fastest of `formats`, all floats or all fixed point, that loses at most `tolerance` of the accuracy."""
    kind = kind_of(formats[0])
    predicted = predicted_fastest(evaluator, formats, model, 1 - tolerance)
    start = predicted or max(formats, key=lambda each: evaluator.predictable(each).correlation)
    sampled: dict[Format, Evaluation] = {}
    current, good = start, []
    while current is not None and current not in sampled and len(sampled) < samples:
        found = sampled[current] = evaluator.evaluate(current)
        meets = evaluator.acceptable(found, tolerance)
        good += [found] if meets else []
        current = with_bits(current, -1 if meets else 1, formats)
    confirmed = bool(good)
    chosen = max(good, key=lambda each: each.speedup) if good else None
    if not good and current is not None:
        chosen = evaluator.predictable(current)  # a bit more than what failed, not evaluated
    name = evaluator.predictable(predicted).format if predicted is not None else None
    return Found(kind, name, chosen, confirmed, tuple(sampled.values()))


def with_bits(number_format: Format, bits: int, formats: Sequence[Format]) -> Format | None:
    """Return the format with more or fewer mantissa or fraction bits; None if it is not among `formats`."""
    name = "fraction" if isinstance(number_format, FixedFormat) else "mantissa"
    try:
        changed = replace(number_format, **{name: getattr(number_format, name) + bits})
    except FormatError:
        return None
    return changed if changed in formats else None


def exhaustive(
    evaluator: Evaluator, formats: Sequence[Format], tolerance: float, report: Report = lambda: None
) -> Evaluation | None:
    """Evaluate all formats and return the fastest that loses at most `tolerance`; None if none does."""
    best = None
    for number_format in formats:
        found = evaluator.evaluate(number_format)
        if evaluator.acceptable(found, tolerance) and (best is None or found.speedup > best.speedup):
            best = found
        report()
    return best


def design_space(
    mantissas: range, exponents: range, integers: range, fractions: range, rounding: str = "nearest"
) -> dict[str, list[Format]]:
    """Return {"float": ..., "fixed": ...}, all combinations. Raises FormatError for widths that do not exist."""
    floats = [FloatFormat(m, e, rounding=rounding) for e in exponents for m in mantissas]
    fixed = [FixedFormat(i, f, rounding=rounding) for i in integers for f in fractions if i + f > 0]
    return {"float": floats, "fixed": fixed}


def formats_of(names: Sequence[str]) -> dict[str, list[Format]]:
    """Return named formats by kind. Raises FormatError."""
    formats = [parse_format(name) for name in dict.fromkeys(names)]
    return {kind: [each for each in formats if kind_of(each) == kind] for kind in ("float", "fixed")}
