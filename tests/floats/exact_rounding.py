# SPDX-License-Identifier: Apache-2.0
"""Rounding of exact numbers with integers only: what the tests of this folder expect."""

from __future__ import annotations

from fractions import Fraction

from models.floats.formats import FixedFormat, FloatFormat


def exact_round(value: Fraction, number_format: FloatFormat | FixedFormat) -> Fraction:
    """Round an exact number to a format that saturates."""
    if isinstance(number_format, FixedFormat):
        rounded = _to_steps(value, Fraction(1, 1 << number_format.fraction), number_format.rounding)
        end = Fraction(1 << number_format.integer)
        return min(max(rounded, -end), end - Fraction(1, 1 << number_format.fraction))
    magnitude, smallest = abs(value), Fraction(2) ** (1 - number_format.bias)
    if magnitude >= smallest:
        leading = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
        leading -= Fraction(2) ** leading > magnitude
        step = Fraction(2) ** (leading - number_format.mantissa)
    else:
        step = smallest / (1 << number_format.mantissa if number_format.subnormals else 1)
    rounded = min(_to_steps(magnitude, step, number_format.rounding), Fraction(number_format.largest))
    return rounded if value > 0 else -rounded


def _to_steps(value: Fraction, step: Fraction, rounding: str) -> Fraction:
    scaled = value / step
    return (round(scaled) if rounding == "nearest" else int(scaled)) * step  # round() takes ties to even
