# SPDX-License-Identifier: Apache-2.0
"""The regressions that ran: build/history.jsonl, a line each. `make` only adds to it; `make clean` removes it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.paths import BUILD

HISTORY_FILE = BUILD / "history.jsonl"


@dataclass(frozen=True)
class Entry:
    """One regression. date: UTC, ISO 8601; seconds: wall clock, None if unknown; coverage: percent by kind that was collected.

    restricted: TEST or CONFIG left a part of the regression out.
    """

    date: str
    commit: str
    regression: str
    sim: str
    seed: int
    runs: int
    passed: int
    failed: int
    seconds: float | None
    coverage: dict[str, float | None] = field(default_factory=dict)
    command: str = ""
    restricted: bool = False


def append(entry: Entry, path: Path = HISTORY_FILE) -> None:
    """Add a line, whole or not at all, also when several regressions end at once. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(asdict(entry)).encode() + b"\n"
    with path.open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        end = file.seek(0, os.SEEK_END)
        if end and os.pread(file.fileno(), 1, end - 1) != b"\n":  # a machine that lost its power left half a line
            line = b"\n" + line
        try:
            if file.write(line) != len(line):
                raise OSError(f"{path}: no room for another line")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(end)
            raise
