# SPDX-License-Identifier: Apache-2.0
"""Where the transactions of two runs begin to differ: from what both recorded (tb/common/transactions.py)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tb.common.transactions import TRANSACTIONS_FILE, recorded_rows


@dataclass(frozen=True)
class Difference:
    """The first transaction of a stream that is not the same. number: from 0; cycle: from the run's first transaction on."""

    stream: str
    number: int
    cycle: int
    what: str

    def __str__(self) -> str:
        return f"{self.stream}: transaction {self.number}, cycle {self.cycle}: {self.what}"


@dataclass(frozen=True)
class _Recorded:
    """One stream of one run; rows int64 [rows, numbers], cycles counted from the run's first transaction."""

    fields: dict[str, int]
    rows: np.ndarray


def _read(folder: Path) -> dict[str, _Recorded]:
    streams = json.loads((folder / TRANSACTIONS_FILE).read_text())["streams"]
    start = min((facts["first"] for facts in streams.values() if facts["count"]), default=0)
    recorded = {}
    for name, facts in streams.items():
        rows = recorded_rows(folder, name, facts["fields"]).copy()
        rows[:, 0] += (facts["first"] or 0) - start
        recorded[name] = _Recorded(facts["fields"], rows)
    return recorded


def _column(fields: dict[str, int], index: int) -> str:
    """Return how the number `index` of a row is called."""
    for name, count in fields.items():
        if index < count:
            return name if count == 1 else f"{name}[{index}]"
        index -= count
    raise IndexError(f"a row has {sum(fields.values())} numbers")


def _compare(name: str, left: _Recorded, right: _Recorded, names: tuple[str, str]) -> Difference | None:
    if left.fields != right.fields:
        return Difference(name, 0, 0, f"its numbers are {left.fields} on {names[0]}, {right.fields} on {names[1]}")
    common = min(len(left.rows), len(right.rows))
    wrong = np.flatnonzero((left.rows[:common] != right.rows[:common]).any(axis=1))
    if wrong.size:
        a, b = left.rows[wrong[0]], right.rows[wrong[0]]
        column = int(np.flatnonzero(a != b)[0])
        what = f"{_column(left.fields, column)} is {a[column]} on {names[0]}, {b[column]} on {names[1]}"
        return Difference(name, int(wrong[0]), int(min(a[0], b[0])), what)
    if len(left.rows) == len(right.rows):
        return None
    more, where = (left.rows, names[0]) if len(left.rows) > common else (right.rows, names[1])
    return Difference(name, common, int(more[common, 0]), f"there is one on {where} only")


def first_difference(left: Path, right: Path, names: tuple[str, str]) -> Difference | None:
    """Return the earliest difference between two runs that recorded their transactions, None if there is none.

    left, right: folders of the runs; names: what to call them.
    """
    a, b = _read(left), _read(right)
    lonely = sorted(set(a) ^ set(b))
    if lonely:
        return Difference(lonely[0], 0, 0, f"there is such a stream on {names[0] if lonely[0] in a else names[1]} only")
    found = [difference for name in sorted(a) if (difference := _compare(name, a[name], b[name], names))]
    return min(found, key=lambda difference: difference.cycle, default=None)
