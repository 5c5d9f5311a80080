# SPDX-License-Identifier: Apache-2.0
"""The brute-force container against the worked examples: the yardstick of the RTL tests is itself measured."""

from __future__ import annotations

import pytest

from tests.codec_rtl import bruteforce as bf
from tests.codec_rtl.examples import load

UNSIGNED = bf.Format(p=16, prefix_w=4, align=64, signed=False, n_l=0)
SIGNED = bf.Format(p=16, prefix_w=4, align=64, signed=True, n_l=0)
HEADER = 20


def container(prefix: int, z: int, codes: list[int]) -> int:
    """One container as a number, from its fields."""
    fields = [code << (prefix + 1) * index for index, code in enumerate(codes)]
    return prefix | z << 4 | sum(fields) << HEADER


@pytest.mark.parametrize(("values", "fmt", "words"), load())
def test_worked_examples(values: list[int], fmt: bf.Format, words: list[int]) -> None:
    """Both directions."""
    assert bf.encode(values, fmt) == words
    assert bf.decode(words, len(values), fmt) == (bf.split(values), bf.OK)


@pytest.mark.parametrize(
    ("words", "count", "fmt", "error"),
    [
        ([container(2, 1, [5])], 16, UNSIGNED, bf.OK),
        ([container(2, 1, [0])], 16, UNSIGNED, bf.ZERO_CODE),
        ([container(2, 1, [1])], 16, SIGNED, bf.NEGATIVE_ZERO),
        ([container(15, 1, [1])], 16, SIGNED, bf.OK),
        ([container(2, 1, [5]) | 1 << 23], 16, UNSIGNED, bf.PADDING),
        ([container(2, 1 << 3, [5])], 3, UNSIGNED, bf.Z_BEYOND_LENGTH),
        ([container(15, 7, [5])], 16, UNSIGNED, bf.TRUNCATED),
        ([container(2, 1, [5])], 17, UNSIGNED, bf.TRUNCATED),
        ([container(2, 1, [5])], 16, bf.Format(16, 4, 64, False, 14), bf.RANGE),
        ([container(2, 1, [5]), 0], 16, UNSIGNED, bf.OVERRUN),
        ([0], 0, UNSIGNED, bf.OVERRUN),
        ([container(15, 0xFFFF, [0])], 3, bf.Format(16, 4, 64, False, 1), bf.RANGE),
        ([container(15, 0xFFFF, [0])], 3, UNSIGNED, bf.Z_BEYOND_LENGTH),
        ([container(15, 0xFFFF, [0])], 16, UNSIGNED, bf.TRUNCATED),
        ([container(2, 3, [0, 1]) | 1 << 63], 16, SIGNED, bf.ZERO_CODE),
        ([container(2, 3, [1, 0]) | 1 << 63, 0], 16, SIGNED, bf.NEGATIVE_ZERO),
        ([container(2, 1, [5]) | 1 << 63, 0], 16, UNSIGNED, bf.PADDING),
    ],
)
def test_errors_and_their_order(words: list[int], count: int, fmt: bf.Format, error: int) -> None:
    """One stream per error, then streams with several: the first in the table's order counts."""
    assert bf.decode(words, count, fmt)[1] == error
