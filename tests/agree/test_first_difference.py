# SPDX-License-Identifier: Apache-2.0
"""The first transaction in which two recorded runs differ is named, whatever differs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scripts.first_difference import first_difference
from tb.common.transactions import Transactions

CYCLES, WORDS = np.array([10, 12, 15]), np.array([[1, 2], [3, 4], [5, 6]])
NAMES = ("left", "right")


def record(folder: Path, words: np.ndarray = WORDS, cycles: np.ndarray = CYCLES, late: int = 30, fields: int = 2) -> Path:
    folder.mkdir()
    transactions = Transactions(folder, record=True)
    transactions.stream("input", word=fields).extend(cycles, words[:, :fields])
    transactions.stream("output", error=1).put(late, 0)
    transactions.close()
    return folder


def changed(values: np.ndarray, *index: int) -> np.ndarray:
    other = values.copy()
    other[index] += 7
    return other


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, "None"),
        ({"cycles": CYCLES + 5, "late": 35}, "None"),
        ({"words": changed(WORDS, 1, 1)}, "input: transaction 1, cycle 2: word[1] is 4 on left, 11 on right"),
        ({"cycles": changed(CYCLES, 2)}, "input: transaction 2, cycle 5: cycle is 5 on left, 12 on right"),
        ({"late": 31}, "output: transaction 0, cycle 20: cycle is 20 on left, 21 on right"),
        ({"words": changed(WORDS, 2, 0), "late": 14}, "output: transaction 0, cycle 4: cycle is 20 on left, 4 on right"),
        ({"words": WORDS[:2], "cycles": CYCLES[:2]}, "input: transaction 2, cycle 5: there is one on left only"),
        ({"fields": 1}, "input: transaction 0, cycle 0: its numbers are {'cycle': 1, 'word': 2} on left, "),
    ],
)
def test_first_difference(other: dict, expected: str, tmp_path: Path) -> None:
    found = first_difference(record(tmp_path / "a"), record(tmp_path / "b", **other), NAMES)
    assert str(found).startswith(expected)


def test_a_stream_that_only_one_run_has(tmp_path: Path) -> None:
    left = record(tmp_path / "a")
    (tmp_path / "b").mkdir()
    transactions = Transactions(tmp_path / "b", record=True)
    transactions.stream("input", word=2).extend(CYCLES, WORDS)
    transactions.close()
    assert str(first_difference(left, tmp_path / "b", NAMES)) == (
        "output: transaction 0, cycle 0: there is such a stream on left only"
    )
