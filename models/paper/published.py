# SPDX-License-Identifier: Apache-2.0
"""The numbers that the paper prints, and where they contradict each other (published.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PUBLISHED_FILE = Path(__file__).with_suffix(".toml")
GEOMEAN = "geomean"


@dataclass(frozen=True)
class Inconsistency:
    """A contradiction in the paper: where, what, and the tables and figures that it touches."""

    items: tuple[str, ...]
    where: str
    note: str


@dataclass(frozen=True)
class Quoted:
    """A number in the paper's text."""

    value: float
    section: str


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(PUBLISHED_FILE.read_text())


def table(item: str, column: str) -> dict[str, float]:
    """Return the printed column of a table by network, as `table("table5", "conv_perf")`; geometric means are under GEOMEAN."""
    return dict(_file()[item][column])


def quoted(name: str) -> Quoted:
    """Return a number in the text."""
    return Quoted(**_file()["quoted"][name])


def headline(paper: str) -> float:
    """Return the headline of another paper: hill or judd."""
    return float(_file()["headline"][paper])


def inconsistencies(item: str | None = None) -> tuple[Inconsistency, ...]:
    """Return the contradictions that touch a table or figure (None: all), in the order of the file."""
    found = [Inconsistency(tuple(each["items"]), each["where"], each["note"]) for each in _file()["inconsistency"]]
    return tuple(each for each in found if item is None or item in each.items)
