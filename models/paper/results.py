# SPDX-License-Identifier: Apache-2.0
"""What the paper says and what we find, side by side: rows, and the tables and figures that they belong to."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from models.paper.published import inconsistencies

ITEMS_FILE = Path(__file__).with_name("items.toml")

# What a number of ours was computed from. No number is fitted to the paper's.
BASES = {
    "paper": "the paper's own precisions (Tables 1 to 3) through our cycle and traffic models",
    "networks": "networks trained by this project, their tensors on inputs that training never saw",
    "synthetic": "synthetic tensors, drawn so that groups of 16 have the mean precision that the paper prints",
    "arithmetic": "other numbers that the paper prints",
    "rtl": "our RTL, synthesised",
}
UNITS = {"x": "speedup or ratio", "fraction": "part of 1", "bits": "bits", "dB": "decibel"}


@dataclass(frozen=True)
class Row:
    """One number. `theirs` is None where the paper has no such number, `ours` where it cannot be computed."""

    network: str
    quantity: str
    theirs: float | None
    ours: float | None
    basis: str  # of BASES
    unit: str = "x"
    note: str = ""
    limit: str = ""  # "at most" or "at least": theirs is a limit, not a value

    def __post_init__(self) -> None:
        if self.basis not in BASES or self.unit not in UNITS:
            raise ValueError(f"row {self.network!r}, {self.quantity!r}: basis {self.basis!r}, unit {self.unit!r}")

    @property
    def deviation(self) -> float | None:
        """Ours over theirs - 1; None where one of them is missing or theirs is a limit."""
        return None if self.ours is None or not self.theirs or self.limit else self.ours / self.theirs - 1


@dataclass(frozen=True)
class Bars:
    """A chart: for each label a value of each series (None: no bar). `unit` of the axis."""

    title: str
    labels: tuple[str, ...]
    series: dict[str, tuple[float | None, ...]]
    unit: str = "x"


@dataclass(frozen=True)
class About:
    """What an item is: the text of items.toml.

    `reproduced` says how far: "yes" from the paper's own inputs, "partly", or "no" with the reason in `missing`.
    """

    name: str  # table5, figure6, ...
    title: str
    section: str
    reproduced: str
    method: str  # how ours are computed, for people
    missing: str = ""  # what cannot be reproduced, and why
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.reproduced not in ("yes", "partly", "no"):
            raise ValueError(f"item {self.name!r}: reproduced = {self.reproduced!r}: must be yes, partly or no")
        if (self.reproduced == "yes") == bool(self.missing):
            raise ValueError(f"item {self.name!r}: reproduced = {self.reproduced!r} with missing = {self.missing!r}")

    @property
    def label(self) -> str:
        """The name as the paper has it: Table 5, Figure 6; of other papers their authors."""
        found = re.fullmatch(r"(table|figure)(\w+)", self.name)
        return f"{found[1].capitalize()} {found[2]}" if found else self.name.capitalize()


@dataclass(frozen=True)
class Item:
    """A table or figure of the paper with the numbers that were computed for it."""

    name: str
    rows: tuple[Row, ...]
    charts: tuple[Bars, ...] = ()

    @property
    def about(self) -> About:
        """What the item is."""
        return about(self.name)

    def document(self) -> dict[str, Any]:
        """Return the item as JSON values."""
        rows = [asdict(row) | {"deviation": row.deviation} for row in self.rows]
        found = [{"where": each.where, "note": each.note} for each in inconsistencies(self.name)]
        return asdict(self.about) | {"label": self.about.label, "rows": rows, "inconsistencies": found}


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(ITEMS_FILE.read_text())


def about(name: str) -> About:
    """Return the text of an item."""
    fields = _texts()[name]
    return About(name, **fields | {"notes": tuple(fields.get("notes", ()))})


def item_names() -> tuple[str, ...]:
    """Return the names of all items, in the order of the page."""
    return tuple(_texts())


def geomean(values: Iterable[float]) -> float:
    """Return the geometric mean."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))


def with_geomean(rows: Sequence[Row], theirs: float | None, only: Iterable[str] | None = None) -> list[Row]:
    """Return rows of one quantity and their geometric mean, of the networks `only` (None: all) if ours has them all."""
    wanted = set(only) if only is not None else {row.network for row in rows}
    ours = [row.ours for row in rows if row.network in wanted and row.ours is not None]
    mean = geomean(ours) if ours and len(ours) == len(wanted) else None
    first = rows[0]
    return [*rows, Row("geometric mean", first.quantity, theirs, mean, first.basis, first.unit)]
