# SPDX-License-Identifier: Apache-2.0
"""What other commands found: mutants, proofs, agreement of simulators, speed, each from its file in the build folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scripts.report.agreement_view import Agreement, judge_agreement, parse_agreement
from scripts.report.bench_view import Bench, judge_bench, parse_bench
from scripts.report.evidence import Found, newest_source, read_found
from scripts.report.formal_view import Formal, judge_formal, parse_formal
from scripts.report.lines import Line, found_line
from scripts.report.mutation_view import Mutation, judge_mutation, parse_mutation


@dataclass(frozen=True)
class Findings:
    """One file each; what is missing, damaged or out of date says so itself."""

    mutation: Found[Mutation]
    formal: Found[Formal]
    agreement: Found[Agreement]
    bench: Found[Bench]

    def lines(self) -> list[Line]:
        """What the top of the page says of them. None of them changes the regression's verdict."""
        return [
            found_line("mutation", "Mutants", self.mutation, judge_mutation),
            found_line("formal", "Proofs", self.formal, judge_formal),
            found_line("agreement", "Two simulators", self.agreement, judge_agreement),
            found_line("speed", "Speed", self.bench, judge_bench),
        ]


def read_findings(build: Path, root: Path) -> Findings:
    """Read the files of the folder `build`; raises nothing for what is in them. `root` is the checkout."""
    everything = newest_source(root, ("rtl", "models", "tb"))
    proved = newest_source(root, ("rtl", "tb/formal"))
    return Findings(
        mutation=read_found(build / "mutation.json", "make mutate", parse_mutation, everything),
        formal=read_found(build / "formal.json", "make formal", parse_formal, proved),
        agreement=read_found(build / "agreement.json", "make agree", parse_agreement, everything),
        bench=read_found(build / "bench.json", "make bench", parse_bench, everything),
    )
