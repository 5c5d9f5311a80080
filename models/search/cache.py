# SPDX-License-Identifier: Apache-2.0
"""Evaluations on disk, one JSON line each, so that a search that was stopped continues where it was.

A line is added in one write when its evaluation ends. A line that was cut off or damaged is left out: its point is
evaluated again.
"""

from __future__ import annotations

import json
import math
import zlib
from pathlib import Path


class SearchError(ValueError):
    """A search that cannot be made; the message names the file or the field and the fix."""


def _crc(key: str, score: str) -> str:
    return f"{zlib.crc32(f'{key} {score}'.encode()):08x}"


def _line(key: str, score: float) -> str:
    return json.dumps({"key": key, "score": score.hex(), "crc": _crc(key, score.hex())})


def _parsed(line: str) -> tuple[str, float] | None:
    """Return (key, score) of an intact line, else None."""
    try:
        fields = json.loads(line)
        key, score = fields["key"], fields["score"]
        intact = fields["crc"] == _crc(key, score)
        return (key, float.fromhex(score)) if intact else None
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


class EvaluationCache:
    """Scores by key, in memory and, with a path, in a file. `damaged` counts the lines that were left out."""

    def __init__(self, path: Path | None = None) -> None:
        """Read the file if there is one. Raises SearchError when it cannot be read or is no file of evaluations."""
        self.path, self.damaged = path, 0
        self._scores: dict[str, float] = {}
        self._torn = False  # whether the file's last line has no end
        if path is None or not path.exists():
            return
        try:
            text = path.read_bytes().decode(errors="replace")
        except OSError as error:
            raise SearchError(f"{path}: cannot be read: {error.strerror}") from None
        lines = text.splitlines()
        found = [_parsed(line) for line in lines]
        self._scores = dict(each for each in found if each)
        self.damaged = found.count(None)
        self._torn = bool(text) and not text.endswith("\n")
        if lines and not self._scores and not lines[0].startswith('{"key"'):
            raise SearchError(f"{path}: is no file of evaluations: name another file, or remove it")

    def __len__(self) -> int:
        return len(self._scores)

    def get(self, key: str) -> float | None:
        """Return the score of a key, None when there is none."""
        return self._scores.get(key)

    def put(self, key: str, score: float) -> None:
        """Store a score. Raises SearchError when the file cannot be written, ValueError for a score that is not a number."""
        if math.isnan(score):
            raise ValueError("a score must be a number")
        self._scores[key] = score
        if self.path is None:
            return
        try:
            with self.path.open("ab") as file:
                file.write((("\n" if self._torn else "") + _line(key, score) + "\n").encode())
        except OSError as error:
            raise SearchError(f"{self.path}: cannot be written: {error.strerror}") from None
        self._torn = False
