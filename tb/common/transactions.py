# SPDX-License-Identifier: Apache-2.0
"""A running hash of all transactions that the monitors of a run saw, the same on every simulator that agrees on them.

Monitors put rows of whole numbers into named streams; a stream is hashed in its own order, as little-endian numbers, its
cycles counted from its first one. The digest of a run covers all streams by name and where each of them begins, so that it does
not depend on which monitor of several happened to wake first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

TRANSACTIONS_FILE = "transactions.json"
RECORDS = "transactions"  # folder of the recorded rows, in the folder of the run
_DIGEST_BYTES = 16
_WAITING = 4096  # numbers that wait to be hashed


class Stream:
    """One kind of transaction at one port. fields: the numbers of a row by name, and how many of each; "cycle" comes first."""

    def __init__(self, name: str, fields: Mapping[str, int], bits: int = 64, file: Path | None = None) -> None:
        """bits: of a number, 64 or 32; `file` keeps the rows, for finding the first one in which two runs differ."""
        self.name, self.fields, self.file = name, {"cycle": 1, **fields}, file
        self.type = np.dtype(f"<i{bits // 8}")
        self.width = sum(self.fields.values())
        self.count = 0
        self.first: int | None = None  # cycle of the first row
        self._hash = hashlib.blake2b(name.encode(), digest_size=_DIGEST_BYTES)
        self._waiting: list[int] = []

    def put(self, cycle: int, *values: int) -> None:
        """Add one row of numbers below 2^63."""
        self._waiting += (cycle, *values)
        if len(self._waiting) >= _WAITING:
            self._settle()

    def extend(self, cycles: np.ndarray, *values: np.ndarray) -> None:
        """Add rows: cycles int [rows], then for each field an int or bool array [rows] or [rows, ...]."""
        self._settle()
        count = len(cycles)
        columns = [np.asarray(part).reshape(count, -1) for part in (cycles, *values)] if count else []
        if columns:
            self._take(np.concatenate(columns, axis=1, dtype=self.type, casting="unsafe"))

    def facts(self) -> dict[str, object]:
        """Rows so far, cycle of the first one, digest of all of them."""
        self._settle()
        return {"count": self.count, "first": self.first, "digest": self._hash.hexdigest(), "fields": self.fields}

    def _settle(self) -> None:
        if self._waiting:
            rows, self._waiting = np.array(self._waiting, self.type).reshape(-1, self.width), []
            self._take(rows)

    def _take(self, rows: np.ndarray) -> None:
        """Hash rows, which are this stream's to change."""
        if rows.shape[1] != self.width:
            raise ValueError(f"stream {self.name}: a row of {rows.shape[1]} numbers, its fields {self.fields} are {self.width}")
        if self.first is None:
            self.first = int(rows[0, 0])
        rows[:, 0] -= self.first
        self.count += len(rows)
        self._hash.update(rows)
        if self.file:
            with self.file.open("ab") as file:
                file.write(rows.astype("<i8").tobytes())


class Transactions:
    """The streams of a run. `record` keeps all rows in `folder`/transactions, a file a stream."""

    def __init__(self, folder: Path, record: bool = False) -> None:
        self.folder, self.record = folder, record
        self.streams: dict[str, Stream] = {}

    def stream(self, name: str, bits: int = 64, **fields: int) -> Stream:
        """Return a new stream of numbers of 64 or 32 bits. Raises ValueError when there is one of that name."""
        if name in self.streams:
            raise ValueError(f"two streams of transactions are called {name!r}")
        self.streams[name] = Stream(name, fields, bits, self._file(name) if self.record else None)
        return self.streams[name]

    def close(self) -> str:
        """Write transactions.json and return the digest of the run, "" if no monitor saw anything."""
        facts = {name: self.streams[name].facts() for name in sorted(self.streams)}
        seen = {name: entry for name, entry in facts.items() if entry["count"]}
        start = min((entry["first"] for entry in seen.values()), default=0)
        total = [(name, entry["first"] - start, entry["digest"]) for name, entry in seen.items()]
        digest = hashlib.blake2b(json.dumps(total).encode(), digest_size=_DIGEST_BYTES).hexdigest() if total else ""
        document = {"digest": digest, "streams": facts}
        (self.folder / TRANSACTIONS_FILE).write_text(json.dumps(document, indent=1))
        return digest

    def _file(self, name: str) -> Path:
        folder = self.folder / RECORDS
        folder.mkdir(exist_ok=True)
        return folder / f"{name}.bin"


def recorded_rows(folder: Path, name: str, fields: Mapping[str, int]) -> np.ndarray:
    """Return the rows of a stream that a run in `folder` recorded, int64 [rows, numbers of a row]; none if it has no file."""
    file = folder / RECORDS / f"{name}.bin"
    data = file.read_bytes() if file.exists() else b""
    return np.frombuffer(data, "<i8").reshape(-1, sum(fields.values()))


def words_of(values: list[int], bits: int) -> np.ndarray:
    """Return numbers of `bits` bits as int64 [values, words], the lowest 64 bits first."""
    words = -(-bits // 64)
    data = b"".join(value.to_bytes(8 * words, "little") for value in values)
    return np.frombuffer(data, "<i8").reshape(len(values), words)


def local_name(full_name: str) -> str:
    """Return how a component's streams are called: its path below the environment."""
    return ".".join(full_name.split(".")[2:]) or full_name
