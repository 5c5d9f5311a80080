# SPDX-License-Identifier: Apache-2.0
r"""Verilator's coverage.dat, read and added up over many files.

The file is text: a header, then one line a point, ``C '<key>' <count>``. The key is a list of fields, ``\x01name\x02value``:
f file, l line, n column, t type, page type/module, o object, S the source lines of a block, h hierarchy. Runs of one build
have the same keys in the same order, so a file costs a few NumPy passes and each set of keys is taken apart only once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.coverage.bits import Bits, pack

_HEADER = b"# SystemC::Coverage-3\n"
_QUOTE, _NEWLINE, _ZERO = ord("'"), ord("\n"), ord("0")
_DIGITS_MAX = 18  # what int64 holds


class CoverageFileError(Exception):
    """A coverage file that cannot be read; the message names it and says what is wrong."""


def _split(body: bytes) -> tuple[bytes, np.ndarray]:
    """Separate the lines of a file into their keys (without the counts) and their counts, int64 [points].

    Raises ValueError when a line is not ``... ' <digits>``.
    """
    text = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero(text == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    quotes = np.flatnonzero(text == _QUOTE)
    last = np.searchsorted(quotes, ends) - 1
    if (last < 0).any() or (quotes[last] < starts).any():
        raise ValueError("a line without a key")
    first_digit = quotes[last] + 2
    lengths = ends - first_digit
    if (lengths < 1).any() or (lengths > _DIGITS_MAX).any():
        raise ValueError("a line without a count")
    position = np.arange(lengths.sum()) + np.repeat(first_digit - (np.cumsum(lengths) - lengths), lengths)
    digits = text[position].astype(np.int64) - _ZERO
    if ((digits < 0) | (digits > 9)).any():
        raise ValueError("a count that is not a number")
    weights = 10 ** (np.repeat(ends, lengths) - 1 - position)
    counts = np.add.reduceat(digits * weights, np.cumsum(lengths) - lengths)
    return np.delete(text, position).tobytes(), counts


def _read(path: Path) -> tuple[bytes, np.ndarray]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CoverageFileError(f"{path}: {error.strerror}") from None
    if not data.startswith(_HEADER):
        raise CoverageFileError(f"{path}: not a Verilator coverage file (first line must be {_HEADER.decode().strip()!r})")
    body = data[len(_HEADER) :]
    if not body:
        return b"", np.zeros(0, np.int64)
    try:
        if not body.endswith(b"\n"):
            raise ValueError("the last line is cut off")
        return _split(body)
    except ValueError as error:
        raise CoverageFileError(f"{path}: damaged: {error}") from None


def _fields(line: str) -> dict[str, str]:
    r"""Take ``C '\x01f\x02...' `` apart."""
    key = line[3 : line.rindex("'")]
    return dict(field.split("\x02", 1) for field in key.split("\x01")[1:])


@dataclass(frozen=True)
class Layout:
    """The lines of the files of one kind of build, keys without counts, and the counts of all these files, int64 [lines]."""

    lines: list[str]
    counts: np.ndarray

    def points(self) -> Iterator[tuple[dict[str, str], int]]:
        """Yield (fields, count) of each line."""
        for line, count in zip(self.lines, self.counts.tolist(), strict=True):
            yield _fields(line), count


class CoverageData:
    """The sum of many coverage files. `problems` names the files that could not be read.

    `reached` says of each file read which layout it has, by its place in `layouts()`, and which lines of it have a count, as
    packed bits (scripts/coverage/bits.py).
    """

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self.files = 0
        self.problems: list[str] = []
        self.reached: dict[Path, tuple[int, Bits]] = {}
        self._counts: list[np.ndarray] = []
        self._places: dict[bytes, int] = {}
        for path in paths:
            self.add(path)

    def add(self, path: Path) -> None:
        """Add one coverage.dat; a damaged one goes to `problems`."""
        try:
            keys, counts = _read(path)
        except CoverageFileError as error:
            self.problems.append(str(error))
            return
        self.files += 1
        place = self._places.setdefault(keys, len(self._counts))
        if place == len(self._counts):
            self._counts.append(counts)
        else:
            self._counts[place] = self._counts[place] + counts
        self.reached[path] = place, pack(np.flatnonzero(counts), counts.size)

    def layouts(self) -> Iterator[Layout]:
        """Yield each kind of build."""
        for keys, counts in zip(self._places, self._counts, strict=True):
            yield Layout(keys.decode(errors="replace").split("\n")[: counts.size], counts)
