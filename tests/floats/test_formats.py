# SPDX-License-Identifier: Apache-2.0
"""Number formats against NumPy's float16, ml_dtypes, and a search through all values in exact fractions."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import ml_dtypes
import numpy as np
import pytest

from models.floats.formats import (
    BFLOAT16,
    FLOAT16,
    FLOAT32,
    FixedFormat,
    FloatFormat,
    FormatError,
)
from models.floats.names import format_name, parse_format

E4M3FN = FloatFormat(3, 4, subnormals=True, specials="fn", saturate=False)
E5M2 = FloatFormat(2, 5, subnormals=True, specials="ieee", saturate=False)
SMALL = [
    FloatFormat(2, 3),
    FloatFormat(2, 3, rounding="zero"),
    FloatFormat(3, 2, subnormals=True),
    FloatFormat(1, 3, bias=5, subnormals=True, rounding="zero"),
    FloatFormat(2, 3, subnormals=True, specials="ieee"),
    FloatFormat(2, 3, specials="fn"),
    FloatFormat(3, 1),
    FloatFormat(0, 3),
    FixedFormat(2, 2),
    FixedFormat(0, 4),
    FixedFormat(3, 0, rounding="zero"),
]


def spread(seed: int, low: int = -30, high: int = 20) -> np.ndarray:
    """Values of all magnitudes, and specials, as float32 holds them."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal(50_000) * 2.0 ** rng.integers(low, high, 50_000)
    with np.errstate(over="ignore"):
        return np.concatenate([values, [0.0, -0.0, np.inf, -np.inf, np.nan]]).astype(np.float32)


@pytest.mark.parametrize(
    ("number_format", "dtype"),
    [(FLOAT16, np.float16), (BFLOAT16, ml_dtypes.bfloat16), (E4M3FN, ml_dtypes.float8_e4m3fn), (E5M2, ml_dtypes.float8_e5m2)],
)
def test_rounds_as_the_type_does(number_format: FloatFormat, dtype: type) -> None:
    every = np.arange(1 << number_format.bits, dtype=np.uint32).astype(f"u{number_format.bits // 8}").view(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        every = every.astype(np.float64)
        between = (every[:-1] + every[1:]) / 2  # ties, exact in float32
        for values in (spread(1), spread(2, -150, 128), every.astype(np.float32), between.astype(np.float32)):
            expected = values.astype(dtype).astype(np.float64)
            found = number_format.round(values)
            np.testing.assert_array_equal(found, expected)
            assert (np.signbit(found) == np.signbit(expected))[~np.isnan(expected)].all()


@pytest.mark.parametrize(("number_format", "dtype"), [(FLOAT16, np.float16), (BFLOAT16, ml_dtypes.bfloat16)])
def test_fields_are_the_bits_of_the_type(number_format: FloatFormat, dtype: type) -> None:
    bits = np.arange(1 << 16, dtype=np.uint16)
    with np.errstate(invalid="ignore"):
        values = bits.view(dtype).astype(np.float64)
    sign, exponent, mantissa = number_format.encode(values)
    codes = sign << 15 | exponent << number_format.mantissa | mantissa
    assert (codes == bits)[~np.isnan(values)].all()
    np.testing.assert_array_equal(number_format.decode(sign, exponent, mantissa), values)


def test_float32_is_unchanged() -> None:
    values = spread(3, -160, 128)
    np.testing.assert_array_equal(FLOAT32.round(values), values.astype(np.float64))


def all_values(number_format: FloatFormat | FixedFormat) -> dict[Fraction, bool]:
    """Every finite value, by the definition alone, with whether its last digit is even."""
    if isinstance(number_format, FixedFormat):
        half = 1 << (number_format.integer + number_format.fraction)
        return {Fraction(code, 1 << number_format.fraction): code % 2 == 0 for code in range(-half, half)}
    found = {Fraction(0): True}
    last, ones = (1 << number_format.exponent) - 1, (1 << number_format.mantissa) - 1
    for exponent in range(0 if number_format.subnormals else 1, last + 1):
        for mantissa in range(ones + 1):
            if exponent == last and (number_format.specials == "ieee" or (number_format.specials == "fn" and mantissa == ones)):
                continue
            significand = Fraction(mantissa, ones + 1) + (exponent > 0)
            magnitude = significand * Fraction(2) ** (max(exponent, 1) - number_format.bias)
            found |= {magnitude: mantissa % 2 == 0, -magnitude: mantissa % 2 == 0}
    return found


def nearest(value: Fraction, values: dict[Fraction, bool], number_format: FloatFormat | FixedFormat) -> Fraction:
    """The value that rounding must give, by looking at all of them."""
    if number_format.rounding == "zero":
        return max((each for each in values if abs(each) <= abs(value) and each * value >= 0), key=abs)
    distance = min(abs(each - value) for each in values)
    best = [each for each in values if abs(each - value) == distance]
    if Fraction(0) in best:
        return Fraction(0)
    if getattr(number_format, "mantissa", 1) == 0:
        return max(best, key=abs)
    return next(each for each in best if values[each] or len(best) == 1)


@pytest.mark.parametrize("number_format", SMALL, ids=str)
def test_rounds_to_what_a_search_through_all_values_finds(number_format: FloatFormat | FixedFormat) -> None:
    values = all_values(number_format)
    ordered = sorted(values)
    halves = [(one + two) / 2 for one, two in pairwise(ordered)]
    rng = np.random.default_rng(5)
    probes = ordered + halves + [Fraction(float(each)) for each in rng.normal(0, float(ordered[-1]) / 2, 300)]
    probes += [each + sign * Fraction(1, 1 << 40) for each in halves for sign in (1, -1)]
    found = number_format.round(np.array([float(each) for each in probes]))
    for probe, result in zip(probes, found.tolist(), strict=True):
        assert Fraction(result) == nearest(probe, values, number_format), float(probe)
    assert number_format.largest == float(ordered[-1])


def test_the_search_tells_rules_apart() -> None:
    """Ties to even, not away from zero; and the nearest, not the next lower."""
    number_format, values = FloatFormat(2, 3), all_values(FloatFormat(2, 3))
    assert nearest(Fraction(9, 8), values, number_format) == 1  # of 1 and 1.25, 1 has an even mantissa
    assert nearest(Fraction(11, 8), values, number_format) == Fraction(3, 2)
    assert nearest(Fraction(-11, 8), values, FloatFormat(2, 3, rounding="zero")) == Fraction(-5, 4)


@pytest.mark.parametrize("number_format", SMALL, ids=str)
def test_encode_and_decode_are_inverse(number_format: FloatFormat | FixedFormat) -> None:
    values = np.array([float(each) for each in sorted(all_values(number_format))])
    fields = number_format.encode(values)
    if isinstance(number_format, FixedFormat):
        np.testing.assert_array_equal(number_format.decode(fields), values)
        assert fields.min() == -(1 << (number_format.bits - 1))
        return
    sign, exponent, mantissa = fields
    assert (exponent < 1 << number_format.exponent).all() and (mantissa < 1 << number_format.mantissa).all()
    codes = sign << (number_format.bits - 1) | exponent << number_format.mantissa | mantissa
    assert len(set(codes.tolist())) == len(values)
    np.testing.assert_array_equal(number_format.decode(sign, exponent, mantissa), values)


def test_hand_worked() -> None:
    form = FloatFormat(2, 3)  # bias 3, no subnormals, no infinities: 0.25 .. 1.75 x 2^4
    assert (form.smallest_normal, form.largest, form.bits) == (0.25, 28.0, 6)
    np.testing.assert_array_equal(form.round([1.125, 1.375, 0.125, 0.126, 100, -np.inf]), [1.0, 1.5, 0.0, 0.25, 28, -28])
    assert [int(each) for each in form.encode(np.array(-2.5))] == [1, 4, 1]
    np.testing.assert_array_equal(FixedFormat(2, 2).round([0.125, 0.375, 9, -9]), [0.0, 0.5, 3.75, -4])


@pytest.mark.parametrize("text", ["m7e6", "m3e4z", "i4f8", "i0f7z", "float32", "float16", "bfloat16"])
def test_names(text: str) -> None:
    assert format_name(parse_format(text)) == text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: parse_format("fp8"), "format 'fp8'"),
        (lambda: parse_format("m30e5"), "mantissa = 30: must be 0..24"),
        (lambda: parse_format("m3e0"), "exponent = 0: must be 1..9"),
        (lambda: parse_format("i20f20"), "integer + fraction = 40: must be 1..24"),
        (lambda: FloatFormat(3, 4, rounding="up"), "rounding = 'up'"),
        (lambda: FloatFormat(3, 4, specials="x"), "specials = 'x'"),
        (lambda: FloatFormat(3, 4, bias=99), "bias = 99"),
        (lambda: FloatFormat(3, 4, saturate=False), "saturate = False"),
        (lambda: FloatFormat(3, 4).round([np.nan]), "NaN"),
        (lambda: FixedFormat(3, 4).round([np.nan]), "NaN"),
        (lambda: format_name(FloatFormat(3, 4, bias=2)), "no name"),
    ],
)
def test_errors(call: Callable, message: str) -> None:
    with pytest.raises(FormatError, match=re.escape(message)):
        call()
