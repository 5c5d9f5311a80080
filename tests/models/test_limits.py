# SPDX-License-Identifier: Apache-2.0
"""The last legal value and the first illegal one: what the models take, what they refuse, and in which words."""

from __future__ import annotations

import numpy as np
import pytest

from models.convolution import output_stage
from models.layer import LayerError
from models.precision import ValueRangeError, check_range, check_trimmed, group_precision, trailing_position


@pytest.mark.parametrize(("bias", "legal"), [(2**31 - 1, True), (2**31, False), (-(2**31), True), (-(2**31) - 1, False)])
def test_biases_have_32_bits(bias: int, legal: bool) -> None:
    acc = np.zeros((1, 1), np.int64)
    if legal:
        assert output_stage(acc, np.array([bias]), 31, relu=False)[0, 0] == bias >> 31
        return
    with pytest.raises(LayerError, match="biases"):
        output_stage(acc, np.array([bias]), 31)


@pytest.mark.parametrize(("acc", "legal"), [(2**62 - 1, True), (2**62, False), (-(2**62), True), (-(2**62) - 1, False)])
def test_accumulators_have_63_bits(acc: int, legal: bool) -> None:
    if legal:
        assert output_stage(np.array([[acc]]), np.zeros(1, np.int64), 47, relu=False)[0, 0] == (32767 if acc > 0 else -32768)
        return
    with pytest.raises(LayerError, match="accumulators"):
        output_stage(np.array([[acc]]), np.zeros(1, np.int64), 0)


@pytest.mark.parametrize("bits", [8, 16])
def test_shifts_end_below_the_accumulator(bits: int) -> None:
    acc, bias = np.array([[5 << (2 * bits + 15)]]), np.zeros(1, np.int64)
    assert output_stage(acc, bias, 2 * bits + 15, bits=bits)[0, 0] == 5
    for shift in (2 * bits + 16, -1):
        with pytest.raises(LayerError, match=f"shift = {shift}"):
            output_stage(acc, bias, shift, bits=bits)


def test_one_bias_a_filter() -> None:
    with pytest.raises(LayerError, match="must be one a filter"):
        output_stage(np.zeros((2, 3), np.int64), np.zeros(2, np.int64), 0)


@pytest.mark.parametrize(
    ("values", "bits", "signed", "message"),
    [
        ([5, 256, 300], 8, False, r"^value 256 at index 1: unsigned 8-bit values are 0\.\.255$"),
        ([5, -1], 8, False, r"^value -1 at index 1: unsigned 8-bit values are 0\.\.255$"),
        ([255, 70000], 16, False, r"^value 70000 at index 1: unsigned 16-bit values are 0\.\.65535$"),
        ([127, 128], 8, True, r"^value 128 at index 1: signed 8-bit values are -128\.\.127$"),
        ([[-128, -129]], 8, True, r"^value -129 at index \(0, 1\): signed 8-bit values are -128\.\.127$"),
    ],
)
def test_the_first_value_out_of_range_is_named(values: list, bits: int, signed: bool, message: str) -> None:
    with pytest.raises(ValueRangeError, match=message):
        check_range(np.array(values), bits, signed)


@pytest.mark.parametrize("function", [group_precision, trailing_position])
def test_values_have_8_or_16_bits(function) -> None:
    with pytest.raises(ValueError, match="bits = 12: must be 16 or 8"):
        function(np.array([1, 2]), 12, False)


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.int8])
@pytest.mark.parametrize("signed", [False, True])
def test_no_values_fit_everywhere(dtype: type, signed: bool) -> None:
    empty = np.zeros((0, 4), dtype)
    assert check_range(empty, 8, signed) is empty


@pytest.mark.parametrize("n_low", [7, 8, 9, 15])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_bits_below_n_low_are_seen_in_types_that_are_no_wider(dtype: type, n_low: int) -> None:
    check_trimmed(np.array([0, 0], dtype), n_low)
    for value in (1, 2, 64):
        with pytest.raises(ValueRangeError, match=rf"^value {value} at index 1: has bits below n_low = {n_low}$"):
            check_trimmed(np.array([0, value], dtype), n_low)
