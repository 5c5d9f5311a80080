# SPDX-License-Identifier: Apache-2.0
"""Proofs: build/formal.json, a row a proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scripts.report.lines import plural
from scripts.report.rows import from_rows

PROVED = "proved"


@dataclass(frozen=True)
class Proof:
    """A property. `depth` is "induction" or a number of cycles after reset, `unbounded` when it holds in every cycle;

    `fails_on_mutant` is None when that was not tried, on `mutants` of them.
    """

    name: str
    block: str
    engine: str
    depth: int | str
    status: str
    fails_on_mutant: bool | None = None
    seconds: float = 0.0
    description: str = ""
    width: str | int = ""
    unbounded: bool = False
    mutants: int | None = None

    @property
    def state(self) -> str:
        """Whether it counts: proved and shown to fail on a mutant, proved only, or not proved."""
        if self.status != PROVED or self.fails_on_mutant is False:
            return "failed"
        return "passed" if self.fails_on_mutant else "partly"

    @property
    def reach(self) -> str:
        """In which cycles it holds, in words."""
        every = self.unbounded or isinstance(self.depth, str)
        return "every cycle" if every else plural(int(self.depth), "cycle")


@dataclass(frozen=True)
class Formal:
    """All proofs, those that fail first."""

    proofs: list[Proof]

    def of_state(self, state: str) -> list[Proof]:
        """The proofs in a state."""
        return [proof for proof in self.proofs if proof.state == state]


def parse_formal(document: dict[str, Any]) -> Formal:
    """Take build/formal.json apart. Raises ValueError that names the row and the field."""
    order = ("failed", "partly", "passed")
    return Formal(sorted(from_rows(Proof, document, "rows"), key=lambda proof: order.index(proof.state)))


def judge_formal(view: Formal) -> tuple[str, str]:
    """State and sentence: whether everything is proved, and fails where it should."""
    if not view.proofs:
        return "partly", "No proof ran."
    failed, partly = view.of_state("failed"), view.of_state("partly")
    if failed:
        names = ", ".join(proof.name for proof in failed[:3]) + (" and others" if len(failed) > 3 else "")
        return "failed", f"{len(failed)} of {plural(len(view.proofs), 'proof')} without the right outcome: {names}."
    proved = f"{plural(len(view.proofs), 'proof')} hold" + ("s" if len(view.proofs) == 1 else "")
    if partly:
        return "partly", f"{proved}; {len(partly)} not tried on a mutant."
    return "passed", f"{proved}, each fails on its mutant."
