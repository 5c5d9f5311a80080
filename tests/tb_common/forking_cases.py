# SPDX-License-Identifier: Apache-2.0
"""What cases of test_forking.py plant in their children."""

from __future__ import annotations

import os

from tb.common.checks import Checks


def wrong_expectations() -> None:
    """Make every comparison find a difference."""
    right = Checks.equal
    Checks.equal = lambda self, what, actual, expected: right(self, what, actual, expected + 1)


def burn() -> None:
    """Never end."""
    while True:
        pass


def crash() -> None:
    """End without a verdict."""
    os.abort()


def trouble(text: str) -> None:
    """Raise."""
    raise ValueError(text)
