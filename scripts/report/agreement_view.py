# SPDX-License-Identifier: Apache-2.0
"""Two simulators, one seed: build/agreement.json, a row a test, configuration and seed, with the hashes of the transactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scripts.report.lines import plural
from scripts.report.rows import from_rows


@dataclass(frozen=True)
class Pair:
    """The hashes of what the monitors saw on both simulators, "" when a run has left none; why they do not agree."""

    test: str
    config: str
    seed: int
    icarus: str | None
    verilator: str | None
    agree: bool
    problem: str = ""


@dataclass(frozen=True)
class Agreement:
    """All pairs, disagreements first."""

    pairs: list[Pair]

    @property
    def differ(self) -> list[Pair]:
        """The pairs that do not agree."""
        return [pair for pair in self.pairs if not pair.agree]


def parse_agreement(document: dict[str, Any]) -> Agreement:
    """Take build/agreement.json apart. Raises ValueError that names the row and the field."""
    pairs = from_rows(Pair, document, "rows")
    for number, pair in enumerate(pairs, 1):
        if pair.agree and not (pair.icarus and pair.icarus == pair.verilator):
            raise ValueError(f"rows {number}: says that hashes agree that do not")
    return Agreement(sorted(pairs, key=lambda pair: pair.agree))


def judge_agreement(view: Agreement) -> tuple[str, str]:
    """State and sentence: whether all pairs agree."""
    if not view.pairs:
        return "partly", "No run was compared."
    runs = plural(len(view.pairs), "run")
    if view.differ:
        first = view.differ[0]
        return "failed", f"{len(view.differ)} of {runs} differ, first {first.test} on {first.config}, seed {first.seed}."
    return "passed", f"{runs} with the same transactions on Icarus and Verilator."
