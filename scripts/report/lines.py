# SPDX-License-Identifier: Apache-2.0
"""What the top of the page says of each section: a state and one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from scripts.report.evidence import Found

T = TypeVar("T")
WORDS = {
    "passed": "passed",
    "failed": "failed",
    "partly": "partly",
    "stale": "out of date",
    "missing": "not run",
    "damaged": "damaged",
    "shown": "shown",
}


@dataclass(frozen=True)
class Line:
    """A section in the overview. `state` is a key of WORDS; "shown" is for sections without a verdict of their own."""

    anchor: str
    title: str
    state: str
    text: str

    @property
    def word(self) -> str:
        """The state for people."""
        return WORDS[self.state]


def plural(count: int, word: str) -> str:
    """Count things: "1 proof", "12 proofs"."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def found_line(anchor: str, title: str, found: Found[T], judge: Callable[[T], tuple[str, str]]) -> Line:
    """Sum a file up: `judge` gives state and sentence of what it holds; a good one that is out of date is "stale"."""
    if found.view is None:
        return Line(anchor, title, found.origin.state, found.origin.problem)
    state, text = judge(found.view)
    if found.origin.stale:  # the section says why
        return Line(anchor, title, "failed" if state == "failed" else "stale", text)
    return Line(anchor, title, state, text)
