# SPDX-License-Identifier: Apache-2.0
"""What covergroups share."""

from __future__ import annotations

import numpy as np
import pytest

from tb.common.cover import different_rows


@pytest.mark.parametrize("span", [1, 3, 1 << 20, 1 << 30])  # three columns of the last are more than 62 bits
def test_different_rows_are_those_of_a_set(span: int) -> None:
    rng = np.random.default_rng(span)
    columns = [rng.integers(-span, span, 200) for _ in range(3)]
    columns = [np.concatenate([column, column[:50]]) for column in columns]
    assert different_rows(*columns) == sorted(
        list(row) for row in set(zip(*(column.tolist() for column in columns), strict=True))
    )


def test_rows_of_bools_and_narrow_numbers() -> None:
    assert different_rows(np.array([3, 1, 3], np.uint8), np.array([True, False, True])) == [[1, 0], [3, 1]]


def test_no_rows() -> None:
    assert different_rows(np.zeros(0, np.int64), np.zeros(0, bool)) == []
