# SPDX-License-Identifier: Apache-2.0
"""The hash of a run's transactions: it changes with every number, and with nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tb.common.transactions import TRANSACTIONS_FILE, Transactions, local_name, recorded_rows, words_of

CYCLES = np.array([7, 9, 12])
VALUES = np.array([[1, 2], [3, 4], [5, 6]])


def digest(folder: Path, cycles: np.ndarray = CYCLES, values: np.ndarray = VALUES, flag: int = 1, late: int = 20) -> str:
    transactions = Transactions(folder)
    transactions.stream("input", data=2, flag=1).extend(cycles, values, np.full(len(cycles), flag))
    transactions.stream("output").put(late)
    return transactions.close()


def changed(values: np.ndarray, index: tuple[int, ...]) -> np.ndarray:
    other = values.copy()
    other[index] += 1
    return other


def test_every_number_counts(tmp_path: Path) -> None:
    digests = [
        digest(tmp_path),
        digest(tmp_path, values=changed(VALUES, (2, 1))),
        digest(tmp_path, cycles=changed(CYCLES, (1,))),
        digest(tmp_path, flag=0),
        digest(tmp_path, late=21),
        digest(tmp_path, values=VALUES[:2], cycles=CYCLES[:2]),
    ]
    assert len(set(digests)) == len(digests)


def test_time_zero_and_number_types_do_not_count(tmp_path: Path) -> None:
    other = digest(tmp_path, CYCLES.astype(np.uint32) + 100, VALUES.astype(">u2"), late=120)
    assert other == digest(tmp_path)


def test_rows_one_by_one_and_streams_in_any_order(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path)
    output, stream = transactions.stream("output"), transactions.stream("input", data=2, flag=1)
    output.put(20)
    for cycle, values in zip(CYCLES.tolist(), VALUES.tolist(), strict=True):
        stream.put(cycle, *values, 1)
    assert transactions.close() == digest(tmp_path)


def test_many_rows_one_by_one(tmp_path: Path) -> None:
    one, many = Transactions(tmp_path), Transactions(tmp_path)
    stream = one.stream("input", data=1)
    for number in range(5000):
        stream.put(number, -number)
    many.stream("input", data=1).extend(np.arange(5000), -np.arange(5000))
    assert one.close() == many.close()


def test_nothing_seen_is_no_digest(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path)
    transactions.stream("input", data=2).extend(np.zeros(0), np.zeros((0, 2)))
    assert transactions.close() == ""
    assert json.loads((tmp_path / TRANSACTIONS_FILE).read_text())["streams"]["input"]["count"] == 0


def test_rows_are_recorded(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path, record=True)
    stream = transactions.stream("input", data=2)
    stream.extend(CYCLES, VALUES)
    stream.put(13, 7, -8)
    transactions.close()
    rows = recorded_rows(tmp_path, "input", stream.fields)
    assert rows.tolist() == [[0, 1, 2], [2, 3, 4], [5, 5, 6], [6, 7, -8]]
    assert recorded_rows(tmp_path, "output", {"cycle": 1}).shape == (0, 1)


def test_a_stream_has_one_name_and_one_shape(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path)
    stream = transactions.stream("input", data=2)
    with pytest.raises(ValueError, match="two streams of transactions are called 'input'"):
        transactions.stream("input")
    with pytest.raises(ValueError, match="stream input: a row of 2 numbers"):
        stream.extend(CYCLES, VALUES[:, 0])


def test_words_of_wide_numbers() -> None:
    wide = (5 << 64) + (1 << 63)
    assert words_of([wide, 3], 80).tolist() == [[-(1 << 63), 5], [3, 0]]
    assert words_of([], 64).shape == (0, 1)


def test_local_name() -> None:
    assert local_name("uvm_test_top.env.compressor.words") == "compressor.words"
    assert local_name("alone") == "alone"
