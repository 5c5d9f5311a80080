# SPDX-License-Identifier: Apache-2.0
"""Floats in containers against the bits of the values themselves, counted value by value."""

from __future__ import annotations

import struct

import ml_dtypes
import numpy as np
import pytest

from models.codec import CodecParams, decode, encode
from models.floats.containers import FieldBits, counted_down, float_containers, mantissa_reversed, total
from models.floats.formats import BFLOAT16, FLOAT16, FLOAT32, FloatFormat


def container_stream(values: list[int], bits: int, align: int) -> int:
    """Bits of a stream: prefix, Z vector, and the group's precision for each value that is not zero."""
    size = 0
    for first in range(0, len(values), 16):
        group = values[first : first + 16]
        used = (3 if bits == 8 else 4) + 16 + max(each.bit_length() for each in group) * sum(each != 0 for each in group)
        size += -(-used // align) * align
    return -(-size // 64) * 64


def fields_by_struct(values: np.ndarray, exponent: int, mantissa: int) -> list[tuple[int, int]]:
    """(exponent, mantissa) fields of float16, bfloat16 or float32 values from their bits."""
    if (exponent, mantissa) == (5, 10):
        codes = [struct.unpack("<H", struct.pack("<e", float(each)))[0] for each in values]
    else:
        wide = [struct.unpack("<I", struct.pack("<f", float(each)))[0] for each in values]
        codes = [each >> (23 - mantissa) for each in wide]
    return [(code >> mantissa & ((1 << exponent) - 1), code & ((1 << mantissa) - 1)) for code in codes]


def tensor(seed: int, dtype: type) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = np.maximum(rng.standard_normal(203), 0) * 2.0 ** rng.integers(-9, 3, 203)
    values[32:48] = 0  # a group of zeros
    values[60:76] = np.rint(values[60:76])  # short mantissas
    return values.astype(dtype).astype(np.float64)


@pytest.mark.parametrize("align", [64, 1])
@pytest.mark.parametrize(
    ("number_format", "dtype"), [(FLOAT16, np.float16), (BFLOAT16, ml_dtypes.bfloat16), (FLOAT32, np.float32)]
)
def test_sizes_by_counting(number_format: FloatFormat, dtype: type, align: int) -> None:
    values = tensor(1, dtype)
    found = float_containers(values, number_format, align)
    m, e = number_format.mantissa, number_format.exponent
    fields = fields_by_struct(values, e, m)
    top = max(exponent for exponent, _ in fields)
    exponents = [0 if exponent == 0 and mantissa == 0 else top - exponent + 1 for exponent, mantissa in fields]
    assert found.exponents == FieldBits(203 * e, container_stream(exponents, 8, align))
    backwards = [int(f"{mantissa:0{m}b}"[::-1], 2) for _, mantissa in fields]
    if m <= 16:
        expected = container_stream(backwards, 8 if m <= 8 else 16, align)
    else:
        low, high = [each & 0xFFFF for each in backwards], [each >> 16 for each in backwards]
        expected = container_stream(low, 16, align) + container_stream(high, 8, align)
    assert found.mantissas == FieldBits(203 * m, expected)
    assert found.signs == FieldBits(203, 203)
    assert found.together.packed == found.exponents.packed + found.mantissas.packed + 203
    assert found.together.raw == 203 * (1 + e + m)


def test_the_count_sees_the_order_of_the_bits() -> None:
    """Halves have one mantissa bit, the highest: reversed it is the lowest, and a container holds 1 bit a value."""
    values = np.full(64, 1.5)
    assert float_containers(values, BFLOAT16, 1).mantissas.packed == -(-4 * (3 + 16 + 16) // 64) * 64
    _, _, mantissa = BFLOAT16.encode(values)
    assert (mantissa == 64).all() and (mantissa_reversed(mantissa, 7) == 1).all()


def test_exponents_can_be_restored() -> None:
    """The container of counted-down exponents, decoded, gives the exponents back, given the largest."""
    values = tensor(2, np.float16)
    _, exponent, mantissa = FLOAT16.encode(values)
    distances = counted_down(exponent, mantissa)
    params = CodecParams(8, align=1)
    restored = decode(encode(distances.astype(np.uint16), params), params, distances.size).astype(np.int64)
    np.testing.assert_array_equal(np.where(restored > 0, exponent.max() + 1 - restored, 0), exponent)
    np.testing.assert_array_equal(mantissa_reversed(mantissa_reversed(mantissa, 10), 10), mantissa)


def test_totals_and_zeros() -> None:
    one = float_containers(np.zeros(16), FloatFormat(3, 4), 1)
    assert (one.exponents, one.mantissas) == (FieldBits(64, 64), FieldBits(48, 64))  # headers only, padded at the end
    assert total([one, one]).together == FieldBits(2 * one.together.raw, 2 * one.together.packed)
    assert float_containers(np.ones(16), FloatFormat(0, 4), 1).mantissas.ratio == 1.0
