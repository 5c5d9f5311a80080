# SPDX-License-Identifier: Apache-2.0
"""Rounded products and sums against exact fractions, where NumPy's own rounding could show."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from exact_rounding import exact_round

from models.floats.arithmetic import FloatArithmetic, arithmetic_of
from models.floats.formats import BFLOAT16, FLOAT16, FLOAT32, FixedFormat, FloatFormat

FORMATS = [
    FloatFormat(7, 6),
    FloatFormat(7, 6, rounding="zero"),
    FloatFormat(10, 6),
    FloatFormat(10, 6, rounding="zero"),
    FloatFormat(0, 4),
    FloatFormat(3, 4, subnormals=True),
    FloatFormat(3, 4, subnormals=True, rounding="zero"),
    FloatFormat(11, 5),
    FloatFormat(14, 9),
    FloatFormat(23, 8, rounding="zero"),
    FloatFormat(24, 9),
    FixedFormat(4, 7),
    FixedFormat(6, 10),
    FixedFormat(12, 12),
    FixedFormat(6, 10, rounding="zero"),
]


def operands(number_format: FloatFormat | FixedFormat, rng: np.random.Generator, count: int) -> np.ndarray:
    """Values of the format of all magnitudes, many close to powers of two, where rounding carries."""
    if isinstance(number_format, FixedFormat):
        exponents = rng.integers(-number_format.fraction, number_format.integer + 1, count)
        return number_format.round(rng.normal(0, 2.0**exponents))
    reach = int(np.frexp(number_format.largest)[1])
    exponents = rng.integers(max(1 - number_format.bias, -40), min(reach, 40), count)
    few = 2.0**-number_format.mantissa * rng.integers(-3, 4, count)
    fractions = np.where(rng.random(count) < 0.3, few, rng.random(count))
    return number_format.round(np.ldexp(1 + fractions, exponents) * rng.choice([-1, 1], count))


@pytest.mark.parametrize("number_format", FORMATS, ids=str)
def test_each_operation_is_rounded_once(number_format: FloatFormat | FixedFormat) -> None:
    rng = np.random.default_rng(7)
    a, b = (operands(number_format, rng, 2000) for _ in range(2))
    arithmetic = arithmetic_of(number_format)
    products = np.empty(a.size, arithmetic.dtype)
    arithmetic.multiply(a.astype(arithmetic.dtype), b.astype(arithmetic.dtype), products)
    sums = a.astype(arithmetic.dtype)
    arithmetic.add_to(sums, b.astype(arithmetic.dtype))
    for one, two, product, total in zip(*(each.tolist() for each in (a, b, products, sums)), strict=True):
        x, y = Fraction(one), Fraction(two)
        assert Fraction(product) == exact_round(x * y, number_format), (one, two)
        assert Fraction(total) == exact_round(x + y, number_format), (one, two)


def test_double_rounding_would_show() -> None:
    """Sums that NumPy rounds onto an edge of the format: a narrower work type, or no correction, gets them wrong."""
    wide = FloatFormat(12, 6)  # float32 makes 1 + 2^-13 + 2^-25 a tie, which goes down
    assert FloatArithmetic(wide).dtype == np.float64
    small = 2.0**-13 * (1 + 2.0**-12)
    assert np.float32(1) + np.float32(small) == np.float32(1 + 2.0**-13)
    sums = np.array([1.0])
    arithmetic_of(wide).add_to(sums, np.array([small]))
    assert sums[0] == 1 + 2.0**-12
    downwards = FloatFormat(10, 6, rounding="zero")  # float32 rounds 1 - 2^-30 up to 1
    assert FloatArithmetic(downwards).dtype == np.float32
    sums = np.array([1.0], np.float32)
    assert sums[0] - np.float32(2.0**-30) == 1
    arithmetic_of(downwards).add_to(sums, np.array([-(2.0**-30)], np.float32))
    assert sums[0] == 1 - 2.0**-11


@pytest.mark.parametrize("number_format", [FloatFormat(4, 4), FloatFormat(7, 6, rounding="zero"), FixedFormat(3, 5)], ids=str)
def test_matmul_is_serial(number_format: FloatFormat | FixedFormat) -> None:
    rng = np.random.default_rng(8)
    a, b = number_format.round(rng.normal(0, 1, (3, 17))), number_format.round(rng.normal(0, 1, (17, 4)))
    found = arithmetic_of(number_format).matmul(a, b)
    for row in range(3):
        for column in range(4):
            acc = Fraction(0)
            for one, two in zip(a[row].tolist(), b[:, column].tolist(), strict=True):
                acc = exact_round(acc + exact_round(Fraction(one) * Fraction(two), number_format), number_format)
            assert Fraction(float(found[row, column])) == acc


def test_the_order_of_the_sums_shows() -> None:
    number_format = FloatFormat(4, 4)
    rng = np.random.default_rng(8)
    a, b = number_format.round(rng.normal(0, 1, (3, 17))), number_format.round(rng.normal(0, 1, (17, 4)))
    arithmetic = arithmetic_of(number_format)
    assert (arithmetic.matmul(a[:, ::-1], b[::-1]) != arithmetic.matmul(a, b)).any()


def test_matmul_in_blocks() -> None:
    rng = np.random.default_rng(9)
    a, b = (rng.normal(0, 1, shape).astype(np.float32) for shape in ((40, 3), (3, 3000)))
    expected = np.zeros((40, 3000), np.float32)
    for k in range(3):
        expected += a[:, k, None] * b[k]
    np.testing.assert_array_equal(arithmetic_of(FLOAT32).matmul(a, b), expected)


@pytest.mark.parametrize(("number_format", "dtype"), [(FLOAT16, np.float16), (FLOAT32, np.float32)])
def test_specials_as_ieee(number_format: FloatFormat, dtype: type) -> None:
    with np.errstate(all="ignore"):
        values = np.array([0.0, 1.5, -3.0, 60000.0, 2.0**127, np.inf, -np.inf, np.nan]).astype(dtype)
        a, b = (each.ravel() for each in np.meshgrid(values, values))
        arithmetic = arithmetic_of(number_format)
        products, sums = np.empty(a.size, arithmetic.dtype), a.astype(arithmetic.dtype)
        arithmetic.multiply(a.astype(arithmetic.dtype), b.astype(arithmetic.dtype), products)
        arithmetic.add_to(sums, b.astype(arithmetic.dtype))
        np.testing.assert_array_equal(products, (a * b).astype(np.float64))
        np.testing.assert_array_equal(sums, (a + b).astype(np.float64))


def test_overflow_without_saturation() -> None:
    for number_format in (BFLOAT16, FloatFormat(3, 4, specials="fn", saturate=False)):
        arithmetic = arithmetic_of(number_format)
        sums = np.full(1, number_format.largest, arithmetic.dtype)
        arithmetic.add_to(sums, sums.copy())
        assert np.isinf(sums).all() if number_format is BFLOAT16 else np.isnan(sums).all()
