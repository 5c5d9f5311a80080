# SPDX-License-Identifier: Apache-2.0
"""The one place where a comparison is counted and a mismatch is remembered."""

from __future__ import annotations

import fnmatch
import logging
import sys
from collections.abc import Callable

import numpy as np

_MAX_MESSAGES = 20


def spoilt(expected: np.ndarray) -> np.ndarray:
    """Return whole numbers or bools that differ from `expected` in one bit of the last element; nothing stays nothing."""
    wrong = expected.copy()
    if wrong.size:
        wrong.flat[-1] ^= 1
    return wrong


class Checks:
    """Counts comparisons and mismatches. A test passes only if it compared something and everything matched.

    `on_mismatch` is called after each mismatch has been recorded: a run that is only asked whether it fails ends there.
    `spoil` makes the expectation of every comparison wrong whose name fits that glob: is the comparison made, and heard?
    `compared` has the names of all comparisons of something, and the module that asked for each.
    """

    def __init__(self, logger: logging.Logger, on_mismatch: Callable[[], None] | None = None, spoil: str = "") -> None:
        self.logger = logger
        self.on_mismatch = on_mismatch
        self.spoil = spoil
        self.compared: dict[str, str] = {}
        self.total = 0
        self.mismatches = 0
        self.messages: list[str] = []

    def equal(self, what: str, actual: object, expected: object) -> bool:
        """Compare two values or arrays (element by element, each one a check); return whether all are equal."""
        actual_array, expected_array = np.asarray(actual), np.asarray(expected)
        if expected_array.size:
            self.compared.setdefault(what, sys._getframe(1).f_globals["__name__"])
        if self.spoil and fnmatch.fnmatchcase(what, self.spoil):
            expected_array = spoilt(expected_array)
        if actual_array.shape != expected_array.shape:
            self.fail(f"{what}: shape {actual_array.shape}, expected {expected_array.shape}")
            return False
        self.total += actual_array.size
        wrong = np.flatnonzero(np.ravel(actual_array != expected_array))
        if not wrong.size:
            return True
        first = np.unravel_index(wrong[0], actual_array.shape) if actual_array.shape else ()
        where = f" at {tuple(int(i) for i in first)}" if first else ""
        self._remember(
            f"{what}: {wrong.size} of {actual_array.size} differ, first{where}: "
            f"{actual_array[first]!s}, expected {expected_array[first]!s}",
            int(wrong.size),
        )
        return False

    def fail(self, message: str) -> None:
        """Record a failed check."""
        self.total += 1
        self._remember(message, 1)

    def _remember(self, message: str, count: int) -> None:
        self.mismatches += count
        if len(self.messages) < _MAX_MESSAGES:
            self.messages.append(message)
            self.logger.error(message)
        if self.on_mismatch:
            self.on_mismatch()
