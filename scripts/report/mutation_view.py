# SPDX-License-Identifier: Apache-2.0
"""Mutants: build/mutation.json, a row a block, the survivors, and which tests killed the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scripts.coverage.thresholds import percent_text
from scripts.report.lines import plural
from scripts.report.rows import from_row, from_rows


@dataclass(frozen=True)
class Block:
    """Mutants of a block, of a model or of a checker. `survived` are argued or not; `goal` is in percent of the others."""

    block: str
    mutants: int
    killed: int
    survived: int
    goal: float
    ok: bool
    equivalent: int = 0
    argued: int = 0
    seconds: float = 0.0

    @property
    def score(self) -> float | None:
        """Killed mutants in percent of those that do not do the same as the original; None when there is none."""
        counted = self.mutants - self.equivalent
        return 100 * self.killed / counted if counted > 0 else None


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test noticed: where it is, what it changes, which tests ran on it, and why that is well, if argued."""

    block: str
    mutant: int | str
    source: str = ""
    line: int | None = None
    description: str = ""
    tests: list[str] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True)
class Mutation:
    """Everything of one `make mutate`. `argued` are survivors too, with the reason why no test can notice them."""

    blocks: list[Block]
    survivors: list[Survivor]
    argued: list[Survivor]
    killed_by: dict[str, int]
    minutes: float | None
    mutants_per_minute: float | None

    @property
    def misses(self) -> list[Block]:
        """The blocks that miss their goal."""
        return [block for block in self.blocks if not block.ok]


@dataclass(frozen=True)
class _Head:
    """The document's own fields."""

    killed_by: dict[str, int] = field(default_factory=dict)
    minutes: float | None = None
    mutants_per_minute: float | None = None


def parse_mutation(document: dict[str, Any]) -> Mutation:
    """Take build/mutation.json apart. Raises ValueError that names the row and the field."""
    head = from_row(_Head, document, "the file")
    blocks = from_rows(Block, document, "rows")
    for number, block in enumerate(blocks, 1):
        if min(block.mutants, block.killed, block.survived, block.equivalent, block.argued) < 0:
            raise ValueError(f"rows {number}: a count below 0")
        if block.killed + block.equivalent + block.survived > block.mutants or block.argued > block.survived:
            raise ValueError(f"rows {number}: counts more mutants than there are")
    survivors, argued = (from_rows(Survivor, document, key) if key in document else [] for key in ("survivors", "argued"))
    killed_by = dict(sorted(head.killed_by.items(), key=lambda item: (-item[1], item[0])))
    ordered = sorted(blocks, key=lambda block: block.ok)
    return Mutation(ordered, survivors, argued, killed_by, head.minutes, head.mutants_per_minute)


def judge_mutation(view: Mutation) -> tuple[str, str]:
    """State and sentence: whether every block reaches its goal."""
    if not view.blocks:
        return "partly", "No block was mutated."
    killed, mutants = (sum(getattr(block, key) for block in view.blocks) for key in ("killed", "mutants"))
    equivalent = sum(block.equivalent for block in view.blocks)
    share = percent_text(100 * killed / (mutants - equivalent) if mutants > equivalent else None)
    text = f"{killed:,} of {plural(mutants, 'mutant')} killed, {equivalent:,} equivalent: {share}."
    if view.misses:
        worst = ", ".join(block.block for block in view.misses[:3]) + (" and others" if len(view.misses) > 3 else "")
        return "failed", f"{text} Below the goal: {worst}."
    return "passed", f"{text} Every block reaches its goal."
