# SPDX-License-Identifier: Apache-2.0
"""One run of a proof in a folder of its own: the proof itself, its covers, or one of its mutants."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from scripts.errors import UserError
from scripts.formal.proofs import COMBINATIONAL, INDUCTION, STRUCTURE, Proof, mutated
from scripts.paths import BUILD, ROOT

WORK = BUILD / "formal"
PROVE, COVER, MUTANT = "proof", "cover", "mutant"
RUN, SEARCH = "run", "search"
_NO_REGISTERS = "select -assert-none t:$*ff* t:$*latch* t:$mem*"


@dataclass(frozen=True)
class Attempt:
    """A run: `kind` is PROVE, COVER or MUTANT, `index` is the mutant's."""

    proof: Proof
    kind: str
    index: int = 0

    @property
    def label(self) -> str:
        """Name of its folder within the proof's."""
        return f"{self.kind}_{self.index + 1}" if self.kind == MUTANT else self.kind

    @property
    def folder(self) -> Path:
        """Where it works; run.sby or run.ys, their logs and trace.vcd are there."""
        return WORK / self.proof.name / self.label


def attempts(proof: Proof) -> list[Attempt]:
    """All runs of a proof. A structural one has nothing to cover: that its ports exist is checked by its own run."""
    covers = [] if proof.engine == STRUCTURE else [Attempt(proof, COVER)]
    return [Attempt(proof, PROVE), *covers, *(Attempt(proof, MUTANT, index) for index in range(len(proof.mutants)))]


def sources(attempt: Attempt, root: Path = ROOT) -> dict[str, str]:
    """Return the texts of all sources by file name, with the mutant's bug if it is a mutant's run. Raises UserError."""
    proof = attempt.proof
    texts = {path.name: path.read_text() for path in proof.files(root)}
    if attempt.kind == MUTANT:
        mutant = proof.mutants[attempt.index]
        name = Path(mutant.file).name
        if root / mutant.file not in proof.files(root):
            raise UserError(f"{mutant.file}: a mutant of proof {proof.name} is in a file that is not among its sources")
        texts[name] = mutated(texts[name], mutant, proof.name)
    return texts


def elaboration(proof: Proof, names: list[str]) -> list[str]:
    """Yosys commands from sources to one flat module; names like `dut.valid_q` then mean registers of the design."""
    values = "".join(f" -chparam {name} {value}" for name, value in proof.parameters)
    return [
        f"read_verilog -formal -defer -I. {' '.join(names)}",
        f"hierarchy -check -top {proof.top}{values}",
        "proc",
        "flatten",
        "opt_expr",
        "opt_clean",
        "check -assert",
        *([_NO_REGISTERS] if proof.depth == COMBINATIONAL else []),
    ]


def _mode(attempt: Attempt, search: bool) -> tuple[str, int | str]:
    """SymbiYosys' mode and depth for a run."""
    proof = attempt.proof
    if attempt.kind != PROVE or search:
        return "cover" if attempt.kind == COVER else "bmc", proof.reach
    if proof.depth == INDUCTION:
        return "prove", proof.steps
    return "bmc", 1 if proof.depth == COMBINATIONAL else proof.depth


def sby_text(attempt: Attempt, names: list[str], *, search: bool = False) -> str:
    """The SymbiYosys file of a run; with `search` that of a search for a counterexample where an induction found no end."""
    proof = attempt.proof
    mode, depth = _mode(attempt, search)
    verilog = [name for name in names if name.endswith(".v")]
    sections = {
        "options": [f"mode {mode}", f"depth {depth}", f"timeout {proof.timeout_s}"],
        "engines": [f"smtbmc {proof.engine}"],
        "script": elaboration(proof, verilog),
        "files": [f"{name} src/{name}" for name in names],
    }
    return "".join(f"[{title}]\n" + "".join(f"{line}\n" for line in lines) + "\n" for title, lines in sections.items())


def structure_script(attempt: Attempt, names: list[str]) -> str:
    """The Yosys script that finds a combinational path: dffunmap leaves $dff alone, which no cone crosses."""
    verilog = [f"src/{name}" for name in names if name.endswith(".v")]
    lines = [line.replace("-I.", "-Isrc") for line in elaboration(attempt.proof, verilog)] + [
        "memory_map",
        "dffunmap",
        "opt_clean",
    ]
    for path in attempt.proof.paths:
        source, target = path.split(" -> ")
        lines += [f"select -assert-any i:{source}", f"select -assert-any o:{target}"]
        lines += [f"select -assert-none i:{source} %co*:-$dff o:{target} %i"]
    return "\n".join(lines) + "\n"


def prepare(attempt: Attempt, root: Path = ROOT) -> None:
    """Make the run's folder anew, with copies of its sources. Raises UserError."""
    texts = sources(attempt, root)
    shutil.rmtree(attempt.folder, ignore_errors=True)
    (attempt.folder / "src").mkdir(parents=True)
    for name, text in texts.items():
        (attempt.folder / "src" / name).write_text(text)
    if attempt.proof.engine == STRUCTURE:
        (attempt.folder / f"{RUN}.ys").write_text(structure_script(attempt, list(texts)))
    else:
        (attempt.folder / f"{RUN}.sby").write_text(sby_text(attempt, list(texts)))
        (attempt.folder / f"{SEARCH}.sby").write_text(sby_text(attempt, list(texts), search=True))
