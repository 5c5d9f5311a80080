# SPDX-License-Identifier: Apache-2.0
"""Mutants of the scoreboards and monitors: a checker must not cry on good RTL, and must see what the original sees.

What it must see are witnesses: expectations that are spoilt on purpose, and mutants of the RTL and of the environment around
the checker that the original notices in different words. On good RTL it must also hand on what the original does to coverage:
a bin that it leaves empty is one that the closure would miss. A mutant of the checker that does all that survives.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from scripts.errors import UserError
from scripts.mutate.campaigns import Checker, Trial
from scripts.mutate.netlist import Netlist
from scripts.mutate.python_mutants import PythonMutant
from scripts.mutate.score import Fate
from scripts.mutate.trials import case_of
from scripts.mutate.witnesses import Reach, Witness, find_witnesses, reach_of, with_mutant
from scripts.sim.forked import Case, ForkedSimulation
from scripts.sim.run import Run

_LIMIT, _LIMIT_S = 10, 5.0

Pair = tuple[PythonMutant, Fate]


def _under_mutants(case: Case, pairs: Sequence[Pair], name: str) -> dict[str, tuple[Case, Fate]]:
    """A case under each mutant of the checker, by the name of the new case."""
    made = {}
    for mutant, fate in pairs:
        one = with_mutant(case, mutant, f"{mutant.number}-{name}")
        made[one.name] = one, fate
    return made


def _meet_good(simulation: ForkedSimulation, trial: Trial, living: Sequence[Pair], good: Case, reach: Reach, jobs: int) -> None:
    """A mutant that cries on good RTL is killed, and one that leaves bins empty which the original fills."""
    cases = _under_mutants(good, living, "good")
    for case, verdict in simulation.run_all([case for case, _ in cases.values()], jobs):
        status, problem = verdict.status, verdict.problem
        empty = sorted(reach.bins - reach_of(verdict).bins) if verdict.passed else []
        if empty:
            status, problem = "missed", f"leaves {len(empty)} bins empty: {empty[0]}"
        cases[case.name][1].meet(trial.test, status, problem, verdict.seconds)
        shutil.rmtree(verdict.folder, ignore_errors=True)


def _meet_witness(simulation: ForkedSimulation, trial: Trial, living: Sequence[Pair], witness: Witness, jobs: int) -> None:
    """A mutant that does not see what the original sees is killed."""
    cases = _under_mutants(witness.case, living, witness.case.name)
    for case, verdict in simulation.run_all([case for case, _ in cases.values()], jobs):
        missed = verdict.passed
        problem = f"misses {witness.name}" if missed else ""
        cases[case.name][1].meet(trial.test, "missed" if missed else "passed", problem, verdict.seconds)
        shutil.rmtree(verdict.folder, ignore_errors=True)


def _alive(pairs: Sequence[Pair]) -> list[Pair]:
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
            good = replace(good, case={**good.case, "reach": True})
            first = simulation.run(good)
            if not first.passed:
                raise UserError(f"{checker.name}: {trial.test} does not pass without a mutant: {first.problem}")
            limit_s, reach = _LIMIT_S + _LIMIT * first.seconds, reach_of(first)
            witnesses = find_witnesses(simulation, checker, netlist, trial, seed, limit_s, reach, jobs)
            if not witnesses:
                raise UserError(f"{checker.name}: {trial.test} notices none of the witnesses")
            good = replace(good, cpu_s=limit_s, wall_s=20 * limit_s)
            _meet_good(simulation, trial, _alive(pairs), good, reach, jobs)
            for witness in witnesses:
                tick(sum(fate.killed for _, fate in pairs))
                if _alive(pairs):
                    _meet_witness(simulation, trial, _alive(pairs), witness, jobs)
    tick(sum(fate.killed for _, fate in pairs))
    return [fate for _, fate in pairs]
