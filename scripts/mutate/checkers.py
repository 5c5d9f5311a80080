# SPDX-License-Identifier: Apache-2.0
"""Mutants of the scoreboards and monitors: a checker must not cry on good RTL, and must see what the original sees.

What it must see are witnesses: mutants of the RTL that the original checker notices in different words, and expectations that a
knob of the test spoils. A mutant of the checker that passes good RTL and notices every witness survives.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.errors import UserError
from scripts.mutate.campaigns import Checker, Trial
from scripts.mutate.netlist import Netlist
from scripts.mutate.python_mutants import PythonMutant
from scripts.mutate.score import Fate
from scripts.mutate.trials import case_of
from scripts.sim.forked import Case, ForkedSimulation, Verdict
from scripts.sim.run import Run, signature

_LIMIT, _LIMIT_S = 10, 5.0


@dataclass(frozen=True)
class Witness:
    """A fault that the original checker sees: a mutant of the RTL, or a spoilt expectation."""

    name: str
    case: Case


def _with_checker(case: Case, mutant: PythonMutant, name: str) -> Case:
    """The same case under a mutant of the checker."""
    return replace(case, name=name, case={"apply": [mutant.case, *case.case["apply"]]})


def _spoilt(checker: Checker, trial: Trial, seed: int, limit_s: float) -> list[Witness]:
    made = []
    for value in checker.spoilt:
        spoiling = replace(trial, knobs={**trial.knobs, checker.knob: value})
        case = case_of(0, spoiling, seed, limit_s)
        made.append(Witness(f"{checker.knob}={value}", replace(case, name=f"{checker.knob}{value}")))
    return made


def find_witnesses(
    simulation: ForkedSimulation, checker: Checker, netlist: Netlist, trial: Trial, seed: int, jobs: int, limit_s: float
) -> list[Witness]:
    """The spoilt expectations that the test has; mutants of the RTL that the original reports in different words."""
    candidates = _spoilt(checker, trial, seed, limit_s)
    step = max(1, len(netlist.mutants) // (8 * checker.witnesses))
    candidates += [
        Witness(f"mutant {mutant.number}", case_of(mutant.number, trial, seed, limit_s)) for mutant in netlist.mutants[::step]
    ]
    by_case = {witness.case.name: witness for witness in candidates}
    seen: dict[str, Verdict] = {}
    for case, verdict in simulation.run_all([witness.case for witness in candidates], jobs):
        seen[case.name] = verdict
    found, words = [], set[str]()
    for name, witness in by_case.items():
        said = signature([seen[name].problem])
        if seen[name].status == "failed" and (witness.name.startswith(checker.knob) or said not in words):
            words.add(said)
            found.append(witness)
    spoilt = [witness for witness in found if witness.name.startswith(checker.knob)]
    return spoilt + [witness for witness in found if witness not in spoilt][: checker.witnesses]


def _meet_good(simulation: ForkedSimulation, trial: Trial, living: Sequence, good: Case, jobs: int) -> None:
    cases = {f"{fate.name.rsplit(':', 1)[1]}-good": (mutant, fate) for mutant, fate in living}
    requests = [_with_checker(good, mutant, name) for name, (mutant, _) in cases.items()]
    for case, verdict in simulation.run_all(requests, jobs):
        fate = cases[case.name][1]
        fate.meet(trial.test, verdict.status, verdict.problem, verdict.seconds)
        shutil.rmtree(verdict.folder, ignore_errors=True)


def _meet_witness(simulation: ForkedSimulation, trial: Trial, living: Sequence, witness: Witness, jobs: int) -> None:
    """A mutant that does not see what the original sees is killed."""
    cases = {f"{fate.name.rsplit(':', 1)[1]}-{witness.case.name}": (mutant, fate) for mutant, fate in living}
    requests = [_with_checker(witness.case, mutant, name) for name, (mutant, _) in cases.items()]
    for case, verdict in simulation.run_all(requests, jobs):
        missed = verdict.passed
        problem = f"misses {witness.name}" if missed else ""
        cases[case.name][1].meet(trial.test, "missed" if missed else "passed", problem, verdict.seconds)
        shutil.rmtree(verdict.folder, ignore_errors=True)


def _alive(pairs: Sequence[tuple[PythonMutant, Fate]]) -> list[tuple[PythonMutant, Fate]]:
    return [(mutant, fate) for mutant, fate in pairs if not fate.killed]


def run_checker(
    checker: Checker,
    netlist: Netlist,
    built: Path,
    mutants: Sequence[PythonMutant],
    seed: int,
    jobs: int,
    tick: Callable[[int], None],
) -> list[Fate]:
    """Return what became of each mutant; `tick` gets the number of killed ones now and then.

    Raises UserError when a test does not pass on good RTL, or has no witness.
    """
    pairs = [(mutant, mutant.fate(checker.name)) for mutant in mutants]
    for trial in checker.tests:
        run = Run(trial.test, netlist.campaign.config, "verilator", seed)
        with ForkedSimulation(run, built, netlist.folder / "checkers" / run.id) as simulation:
            good = case_of(0, trial, seed, trial.limit_s)
            first = simulation.run(good)
            if not first.passed:
                raise UserError(f"{checker.name}: {trial.test} does not pass without a mutant: {first.problem}")
            limit_s = _LIMIT_S + _LIMIT * first.seconds
            good = replace(good, cpu_s=limit_s, wall_s=20 * limit_s)
            witnesses = find_witnesses(simulation, checker, netlist, trial, seed, jobs, limit_s)
            if not witnesses:
                raise UserError(f"{checker.name}: {trial.test} notices none of the witnesses")
            _meet_good(simulation, trial, _alive(pairs), good, jobs)
            for witness in witnesses:
                tick(sum(fate.killed for _, fate in pairs))
                if _alive(pairs):
                    _meet_witness(simulation, trial, _alive(pairs), witness, jobs)
    tick(sum(fate.killed for _, fate in pairs))
    return [fate for _, fate in pairs]
