# SPDX-License-Identifier: Apache-2.0
"""Mutants meet the tests: each test's simulator starts once and forks once a mutant that no earlier test has killed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from models.config import load_config
from scripts.errors import UserError
from scripts.mutate.campaigns import Campaign, Trial
from scripts.mutate.mutant import Mutant
from scripts.mutate.netlist import Netlist
from scripts.mutate.score import Fate
from scripts.paths import shown
from scripts.sim.build import build
from scripts.sim.forked import Case, ForkedSimulation
from scripts.sim.run import Run

_PLANT = "scripts.mutate.plant:set_mutant"
_LIMIT = 10  # times the processor time that a test takes without a mutant, and
_LIMIT_S = 5.0  # seconds more

Tick = Callable[[Fate], None]


def fate_of(mutant: Mutant, campaign: str) -> Fate:
    """The mutant before it meets a test."""
    place = shown(mutant.source)
    return Fate(mutant.block, f"{campaign}:{mutant.number}", place, mutant.line, mutant.text, mutant.description)


def case_of(number: int, trial: Trial, seed: int, limit_s: float) -> Case:
    """The request for a child: mutant `number` in a run of `trial` with `seed`."""
    environment = {"DPR_SEED": str(seed), "DPR_KNOBS": trial.all_knobs}
    plant = {"apply": [[_PLANT, {"number": number}]]}
    return Case(f"{seed}-{number}", plant, environment, cpu_s=limit_s, wall_s=20 * limit_s)


def _baseline(simulation: ForkedSimulation, campaign: Campaign, trial: Trial, seed: int) -> float:
    """Run a test without a mutant; return its seconds. Raises UserError when it fails: it would say nothing of mutants."""
    verdict = simulation.run(case_of(0, trial, seed, trial.limit_s))
    if not verdict.passed:
        raise UserError(
            f"campaign {campaign.name}: {trial.test} with seed {seed} does not pass on the netlist without a mutant: "
            f"{verdict.problem or verdict.status}; see {shown(verdict.folder)}"
        )
    return verdict.seconds


def run_trial(netlist: Netlist, built: Path, trial: Trial, fates: Mapping[int, Fate], seed: int, jobs: int, tick: Tick) -> None:
    """Run one test, with each of its seeds, on every mutant that lives; `tick` is called at the end of each child."""
    campaign = netlist.campaign
    run = Run(trial.test, campaign.config, "verilator", seed)
    with ForkedSimulation(run, built, netlist.folder / "runs" / run.id) as simulation:
        for trial_seed in range(seed, seed + trial.seeds):
            living = [number for number, fate in fates.items() if not fate.killed]
            if not living:
                return
            limit_s = _LIMIT_S + _LIMIT * _baseline(simulation, campaign, trial, trial_seed)
            cases = {f"{trial_seed}-{number}": number for number in living}
            requests = [case_of(number, trial, trial_seed, limit_s) for number in living]
            for case, verdict in simulation.run_all(requests, jobs):
                fate = fates[cases[case.name]]
                fate.meet(trial.test, verdict.status, verdict.problem, verdict.seconds)
                shutil.rmtree(verdict.folder, ignore_errors=True)  # thousands of them fill a disk
                tick(fate)


def build_netlist(netlist: Netlist, jobs: int) -> Path:
    """Build the campaign's bench with the netlist, unless it is there."""
    return build(netlist.bench(), load_config(netlist.campaign.config), "verilator", jobs=jobs)


def run_campaign(
    netlist: Netlist, fates: Mapping[int, Fate], seed: int, jobs: int, tick: Tick, *, late: bool | None = None
) -> None:
    """Run the campaign's tests, or only the late ones or the others, in order on the mutants with these numbers.

    Raises UserError when a test does not pass without a mutant, or the simulator does not come up.
    """
    built = build_netlist(netlist, jobs)
    for trial in netlist.campaign.tests:
        if late in (None, trial.late) and not all(fate.killed for fate in fates.values()):
            run_trial(netlist, built, trial, fates, seed, jobs, tick)
