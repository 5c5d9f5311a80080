# SPDX-License-Identifier: Apache-2.0
"""From the verdicts of a proof's runs to its row in the table and in build/formal.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.atomic_file import atomic_output
from scripts.formal.proofs import COMBINATIONAL, STRUCTURE, Proof
from scripts.formal.solve import FAIL, PASS, Verdict
from scripts.formal.work import COVER, MUTANT, PROVE, Attempt
from scripts.paths import BUILD, shown

RESULT_FILE = BUILD / "formal.json"
PROVED = "proved"
_PROOF_ENDS = {PASS: PROVED, FAIL: "failed"}


@dataclass(frozen=True)
class Row:
    """A proof and how its runs ended."""

    proof: Proof
    verdicts: Mapping[Attempt, Verdict]

    def _of(self, kind: str) -> list[tuple[Attempt, Verdict]]:
        return [(attempt, verdict) for attempt, verdict in self.verdicts.items() if attempt.kind == kind]

    @property
    def status(self) -> str:
        """One word: proved, failed (there is a counterexample), vacuous (a cover is out of reach), unknown, timeout, error."""
        ends = [verdict.status for _, verdict in self._of(PROVE) + self._of(COVER)]
        bad = next((end for end in ends if end != PASS), PASS)
        return _PROOF_ENDS.get(bad, bad)

    @property
    def fails_on_mutant(self) -> bool | None:
        """Whether it fails, with a counterexample, on each of its mutants; None if they were not run."""
        ends = [verdict.status == FAIL for _, verdict in self._of(MUTANT)]
        return all(ends) if ends else None

    @property
    def good(self) -> bool:
        """Proved, and worth something."""
        return self.status == PROVED and self.fails_on_mutant is True

    @property
    def seconds(self) -> float:
        """Of all runs together."""
        return sum(verdict.seconds for verdict in self.verdicts.values())

    def problems(self) -> list[str]:
        """One line for each run that did not end as it should: what, and where its log and trace are."""
        lines = []
        for attempt, verdict in self.verdicts.items():
            wanted = FAIL if attempt.kind == MUTANT else PASS
            if verdict.status != wanted:
                text = f"{self.proof.name}: {attempt.label}: {verdict.status}, expected {wanted}"
                text += f" ({verdict.note})" if verdict.note else ""
                trace = attempt.folder / "trace.vcd"
                lines.append(f"{text}; see {shown(trace if trace.exists() else attempt.folder / 'run.log')}")
        return lines

    def as_json(self) -> dict[str, object]:
        """The row of build/formal.json."""
        proof = self.proof
        return {
            "name": proof.name,
            "block": proof.block,
            "engine": proof.engine,
            "depth": 1 if proof.depth in (COMBINATIONAL, STRUCTURE) else proof.depth,
            "unbounded": proof.unbounded,
            "status": self.status,
            "fails_on_mutant": self.fails_on_mutant,
            "mutants": len(proof.mutants),
            "seconds": round(self.seconds, 1),
            "description": proof.description,
            "width": proof.width,
        }


def _cells(row: Row) -> tuple[str, ...]:
    proof = row.proof
    depth = {COMBINATIONAL: "all inputs"}.get(str(proof.depth), str(proof.depth))
    mutants = {True: f"{len(proof.mutants)} of {len(proof.mutants)}", False: "SURVIVED", None: "-"}[row.fails_on_mutant]
    return proof.name, proof.width, proof.engine, depth, row.status, mutants, f"{row.seconds:.1f}"


def table(rows: Iterable[Row]) -> str:
    """The table for people; `depth` is in cycles after the start."""
    lines = [("proof", "width", "engine", "depth", "status", "mutants found", "seconds"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join(text)


def write_rows(rows: Iterable[Row], command: str, path: Path = RESULT_FILE) -> None:
    """Write build/formal.json, whole or not at all."""
    document = {"command": command, "rows": [row.as_json() for row in rows]}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_output(path) as file:
        file.write((json.dumps(document, indent=1) + "\n").encode())
