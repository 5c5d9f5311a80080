# SPDX-License-Identifier: Apache-2.0
"""The proofs, read from tb/formal/proofs.toml: what is proved, of which sources, and the mutants on which it must fail."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.paths import ROOT, TB

PROOF_FILE = TB / "formal" / "proofs.toml"
SOLVERS = ("z3", "bitwuzla")
STRUCTURE = "structure"
INDUCTION = "induction"
COMBINATIONAL = "combinational"
REGRESSIONS = ("smoke", "all")


@dataclass(frozen=True)
class Mutant:
    """One planted bug: `bad` takes the place of `good`, which occurs once in `file` (relative to the checkout)."""

    file: str
    good: str
    bad: str


@dataclass(frozen=True)
class Proof:
    """What proofs.toml says of one proof.

    `depth` is the number of cycles after the start that are covered, or "induction" (every cycle; `steps` is k), or
    "combinational" (no registers: all inputs), or "structure". `reach` is the number of cycles in which every cover statement
    is reached and every mutant fails. `paths` are of engine "structure" alone: "A -> B", no combinational path from input A
    to output B.
    """

    name: str
    block: str
    description: str
    width: str
    engine: str
    depth: int | str
    steps: int
    reach: int
    top: str
    sources: tuple[str, ...]
    parameters: tuple[tuple[str, int], ...]
    timeout_s: int
    regressions: tuple[str, ...]
    paths: tuple[str, ...]
    mutants: tuple[Mutant, ...]

    @property
    def unbounded(self) -> bool:
        """Whether it holds in every cycle, not only up to a depth."""
        return not isinstance(self.depth, int)

    def files(self, root: Path = ROOT) -> list[Path]:
        """All source files, headers included, in a stable order. Raises UserError for a glob without files."""
        found = []
        for pattern in self.sources:
            matches = sorted(root.glob(pattern))
            if not matches:
                raise UserError(f"{PROOF_FILE.name}: [{self.name}] sources: no file {pattern!r}")
            found += [path for path in matches if path not in found]
        return found


_KEYS = {field.name for field in fields(Proof)} - {"name"}
_DEFAULTS: dict[str, Any] = {"steps": 1, "parameters": {}, "timeout_s": 300, "regressions": ["all"], "paths": []}
_MUTANT_KEYS = {field.name for field in fields(Mutant)}


def _check(condition: bool, name: str, problem: str) -> None:
    if not condition:
        raise UserError(f"{PROOF_FILE.name}: [{name}] {problem}")


def _check_keys(name: str, entry: dict[str, Any], known: set[str], needed: Iterable[str]) -> None:
    for key in entry:
        _check(key in known, name, f"unknown key {key!r}: use {', '.join(sorted(known))}")
    for key in sorted(needed):
        _check(key in entry, name, f"{key} is missing")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _checked(proof: Proof) -> Proof:
    """Return the proof if its values make sense together. Raises UserError."""
    structural = proof.engine == STRUCTURE
    rules: Sequence[tuple[bool, str]] = (
        (structural or proof.engine in SOLVERS, f"engine = {proof.engine!r}: use {', '.join((*SOLVERS, STRUCTURE))}"),
        (structural == (proof.depth == STRUCTURE), f'depth = "{STRUCTURE}": for engine = "{STRUCTURE}", and only there'),
        (structural or _is_count(proof.depth) or proof.depth in (INDUCTION, COMBINATIONAL),
         f'depth = {proof.depth!r}: use a number of cycles, "{INDUCTION}" or "{COMBINATIONAL}"'),
        (all(map(_is_count, (proof.steps, proof.reach, proof.timeout_s))), "steps, reach, timeout_s: use whole numbers from 1"),
        (structural == bool(proof.paths), f'paths: for engine = "{STRUCTURE}", and only there'),
        (all(len(path.split(" -> ")) == 2 for path in proof.paths), 'paths: write each as "input -> output"'),
        (bool(proof.regressions) and set(proof.regressions) <= set(REGRESSIONS), f"regressions: use {', '.join(REGRESSIONS)}"),
        (bool(proof.mutants), "mutants: at least one, or nobody knows whether the proof can fail"),
    )  # fmt: skip
    for good, problem in rules:
        _check(good, proof.name, problem)
    return proof


def _proof(name: str, entry: dict[str, Any]) -> Proof:
    _check_keys(name, entry, _KEYS, _KEYS - set(_DEFAULTS) - {"reach"})
    values = {**_DEFAULTS, **entry}
    if "reach" not in values:
        _check(values["depth"] != INDUCTION, name, "reach is missing: the cycles in which covers are reached and mutants fail")
        values["reach"] = values["depth"] if _is_count(values["depth"]) else 1
    for mutant in values["mutants"]:
        _check_keys(name, mutant, _MUTANT_KEYS, _MUTANT_KEYS)
    values["parameters"] = tuple(values["parameters"].items())
    values["mutants"] = tuple(Mutant(**mutant) for mutant in values["mutants"])
    lists = {key: tuple(values[key]) for key in ("sources", "regressions", "paths")}
    return _checked(Proof(name=name, **{**values, **lists}))


def load_proofs(path: Path = PROOF_FILE) -> dict[str, Proof]:
    """Return every proof by name. Raises UserError, one line, for a file or an entry that is wrong."""
    try:
        entries = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path.name}: {error}") from None
    return {name: _proof(name, entry) for name, entry in entries.items()}


def choose(proofs: dict[str, Proof], words: Iterable[str] | None, wanted: Callable[[Proof], bool]) -> list[Proof]:
    """Return the proofs that `words`, names or globs, name; without words those that are `wanted`. Raises UserError."""
    if words is None:
        return [proof for proof in proofs.values() if wanted(proof)]
    chosen = dict[str, Proof]()
    for word in words:
        names = fnmatch.filter(proofs, word)
        if not names:
            raise UserError(f"PROOF={word}: no such proof; use names or globs of: {', '.join(proofs)}")
        chosen |= {name: proofs[name] for name in names}
    return list(chosen.values())


def mutated(text: str, mutant: Mutant, name: str) -> str:
    """Return the source with the mutant's bug. Raises UserError, naming file and proof, unless `good` occurs exactly once."""
    count = text.count(mutant.good)
    if count != 1:
        times = "no longer occurs" if count == 0 else f"occurs {count} times"
        problem = f"the text of a mutant of proof {name} {times}: {mutant.good!r}"
        raise UserError(f"{mutant.file}: {problem}; change it in {PROOF_FILE.name}")
    return text.replace(mutant.good, mutant.bad)
