# SPDX-License-Identifier: Apache-2.0
"""Group precision, trimming and range checks against hand-worked values and per-value loops."""

from __future__ import annotations

import bruteforce_codec as brute
import numpy as np
import pytest
from codec_strategies import codec_settings, tensors
from hypothesis import given
from hypothesis import strategies as st

from models.precision import (
    ValueRangeError,
    bit_length,
    check_range,
    check_trimmed,
    group_precision,
    magnitude,
    trailing_position,
    trim,
    value_dtype,
)

# values, bits, signed, n_low, p: worked by hand from docs/architecture.md section 3
HAND_WORKED = [
    ([0, 0, 0], 16, False, 0, 0),
    ([1], 16, False, 0, 1),
    ([0, 4095], 16, False, 0, 12),  # highest 1 at position 11, the paper's Fig. 2c
    ([65535], 16, False, 0, 16),
    ([255], 8, False, 0, 8),
    ([128], 8, False, 7, 1),
    ([127], 8, False, 7, 0),  # all bits trimmed away
    ([0b101000], 16, False, 3, 3),
    ([0b101111], 16, False, 3, 3),
    ([1], 16, True, 0, 2),  # the sign bit counts, also for a positive value
    ([-1], 16, True, 0, 2),
    ([127, -127], 8, True, 0, 8),
    ([-128], 8, True, 0, 8),  # min(P, ...): no ninth bit
    ([-32768, 1], 16, True, 0, 16),
    ([-32768], 16, True, 5, 11),
    ([-32768], 16, True, 15, 1),  # the narrowest signed group
    ([-32767], 16, True, 15, 0),  # towards zero: -32767 has no bit 15
    ([-7], 16, True, 2, 2),  # |-7| = 0b111 -> 0b100: one magnitude bit and the sign
    ([-3, 3], 16, True, 2, 0),
]


@pytest.mark.parametrize(("values", "bits", "signed", "n_low", "expected"), HAND_WORKED)
def test_hand_worked_precisions(values, bits, signed, n_low, expected):
    assert group_precision(np.array(values), bits, signed, n_low) == expected


@given(st.data())
def test_precision_matches_the_definition(data):
    settings = data.draw(codec_settings())
    bits, signed, n_low, _, _ = settings
    values = data.draw(tensors((bits, signed, 0, 64, 4)))  # untrimmed
    size = data.draw(st.integers(1, len(values)))  # any group size
    groups = np.array(values[: len(values) // size * size]).reshape(-1, size)
    expected = [brute.precision(list(map(int, group)), settings) for group in groups]
    assert group_precision(groups, bits, signed, n_low).tolist() == expected


def test_precision_keeps_leading_axes_and_takes_the_dispatchers_groups():
    values = np.zeros((3, 2, 256), dtype=np.int16)
    values[1, 0, 255] = -300
    assert group_precision(values, 16, True).tolist() == [[0, 0], [10, 0], [0, 0]]


@pytest.mark.parametrize("dtype", ["u1", "i1", "<u2", ">u2", "<i2", ">i2", "u4", "i8", "u8"])
def test_precision_does_not_depend_on_the_dtype(dtype):
    assert group_precision(np.array([3, 100, 0], dtype=dtype), 8, False, 1) == 6


@given(st.integers(0, 15), st.lists(st.integers(-32768, 32767), min_size=1, max_size=40))
def test_trim_drops_magnitude_bits_towards_zero(n_low, values):
    expected = [brute.trimmed(value, n_low) for value in values]
    for dtype in (np.int16, np.int32, np.int64):
        trimmed = trim(np.array(values, dtype=dtype), n_low)
        assert trimmed.dtype == dtype
        assert trimmed.tolist() == expected


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.uint16])
def test_trim_of_every_value_of_narrow_dtypes(dtype):
    values = np.arange(np.iinfo(dtype).min, np.iinfo(dtype).max + 1).astype(dtype)
    for n_low in range(16):
        assert trim(values, n_low).tolist() == [brute.trimmed(int(value), n_low) for value in values]


def test_magnitude_of_the_most_negative_value():
    assert magnitude(np.array([-32768, -1, 7], dtype=np.int16)).tolist() == [32768, 1, 7]
    assert magnitude(np.array([-128], dtype=np.int8)).tolist() == [128]


def test_bit_length_is_exact_up_to_64_bits():
    values = [0, 1, *(1 << k for k in range(64)), *((1 << k) - 1 for k in range(1, 65))]
    assert bit_length(np.array(values, dtype=np.uint64)).tolist() == [value.bit_length() for value in values]


def test_trailing_position():
    groups = np.array([[8, 24, 0], [0, 0, 0], [-6, 12, 4], [1, -32768, 0], [-32768, 0, 0]])
    assert trailing_position(groups, 16, True).tolist() == [3, 0, 1, 0, 15]


@pytest.mark.parametrize(
    ("bits", "signed", "value"),
    [
        (16, False, -1),
        (16, False, 65536),
        (8, False, 256),
        (16, True, 32768),
        (16, True, -32769),
        (8, True, -129),
        (8, True, 128),
    ],
)
def test_values_out_of_range_are_refused_by_value_and_index(bits, signed, value):
    values = np.zeros((4, 5), dtype=np.int64)
    values[2, 3] = value
    with pytest.raises(ValueRangeError, match=rf"value {value} at index \(2, 3\)"):
        check_range(values, bits, signed)
    with pytest.raises(ValueRangeError):
        group_precision(values, bits, signed)


@pytest.mark.parametrize(("bits", "signed"), [(16, False), (16, True), (8, False), (8, True)])
def test_the_extremes_are_in_range(bits, signed):
    info = np.iinfo(value_dtype(bits, signed))
    values = np.array([info.min, info.max], dtype=np.int64)
    assert check_range(values, bits, signed).tolist() == values.tolist()


def test_uint64_beyond_int64_is_refused():
    with pytest.raises(ValueRangeError, match=str(2**64 - 1)):
        check_range(np.array([2**64 - 1], dtype=np.uint64), 16, True)


@pytest.mark.parametrize("values", [np.array([1.0]), np.array([True]), np.array(["1"]), np.array([None]), np.array([1j])])
def test_no_integers_are_refused(values):
    with pytest.raises(TypeError, match="must be integers"):
        check_range(values, 16, True)


@pytest.mark.parametrize(
    ("value", "n_low", "dtype"),
    [
        (1, 1, "i8"),
        (-4, 3, "i2"),
        (-1, 12, "i1"),
        (200, 8, "u1"),
        (3, 1, ">u2"),
    ],
)
def test_bits_below_n_low_are_refused(value, n_low, dtype):
    with pytest.raises(ValueRangeError, match=rf"value {value} at index 1: has bits below n_low = {n_low}"):
        check_trimmed(np.array([0, value], dtype=dtype), n_low)


def test_trimmed_values_are_accepted():
    check_trimmed(np.array([-8, 0, 16, -32768], dtype=np.int16), 3)


@pytest.mark.parametrize(("bits", "n_low"), [(12, 0), (0, 0), (16, -1), (16, 16), (8, 8)])
def test_illegal_settings_are_refused(bits, n_low):
    with pytest.raises(ValueError, match="must be"):
        group_precision(np.zeros(16, dtype=np.uint8), bits, False, n_low)
