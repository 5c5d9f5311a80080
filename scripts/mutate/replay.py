# SPDX-License-Identifier: Apache-2.0
"""One mutant again: of the RTL with waves, of Python with its change shown and its tests on the terminal."""

from __future__ import annotations

import ast
import difflib
import json
import multiprocessing
import shutil
from collections.abc import Sequence
from dataclasses import replace

import pytest

from models.config import load_config
from scripts.errors import UserError
from scripts.mutate.campaigns import Block, Campaign, Checker, Plan, Trial
from scripts.mutate.checkers import run_checker
from scripts.mutate.mutant import Mutant
from scripts.mutate.netlist import Netlist, make_netlist
from scripts.mutate.python_mutants import PythonMutant, list_python_mutants
from scripts.mutate.python_source import functions, sites
from scripts.mutate.trials import build_netlist
from scripts.paths import BUILD, ROOT, shown
from scripts.sim.build import BuildOptions, build
from scripts.sim.run import LOG_FILE, Run, simulate, stop_group
from tb.common.forking import CHECKS_FILE

_FORK = multiprocessing.get_context("fork")


def _once(netlist: Netlist, trial: Trial, seed: int, number: int) -> bool:
    """Run a test on the netlist whose mutant is on from the start; return whether it noticed."""
    campaign = netlist.campaign
    built = build(netlist.bench(), load_config(campaign.config), "verilator", BuildOptions(waves=True))
    run = Run(trial.test, campaign.config, "verilator", seed, waves=True)
    folder = BUILD / "replay" / f"{campaign.name}-{number}-{run.id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    process = _FORK.Process(target=simulate, args=(run, built, folder, {"DPR_KNOBS": trial.all_knobs}))
    process.start()
    try:
        process.join(trial.entry.timeout_s)
        problems = ["no end within its time"] if process.exitcode is None else ["it left no verdict"]
    finally:
        stop_group(process)
    if (folder / CHECKS_FILE).exists():
        problems = json.loads((folder / CHECKS_FILE).read_text())["problems"]
    print(f"{run.id}: {problems[0] if problems else 'passed'}")
    print(f"  log {shown(folder / LOG_FILE)}, waves {', '.join(shown(path) for path in folder.glob('*.vcd')) or 'none'}")
    return bool(problems)


def replay_rtl(campaign: Campaign, held: Sequence[Block], count: int, seed: int, number: int) -> bool:
    """Run the campaign's tests on one mutant, with waves, until one notices. Raises UserError for an unknown number."""
    netlist = make_netlist(campaign, list(held), count, seed, start=number)
    mutant: Mutant | None = next((mutant for mutant in netlist.mutants if mutant.number == number), None)
    if mutant is None:
        raise UserError(f"RUN={campaign.name}:{number}: this campaign has the mutants 1 to {len(netlist.mutants)}")
    print(f"{mutant.place}: {mutant.block}: {mutant.module}: {mutant.description}\n    {mutant.text}")
    trials = [replace(trial, seeds=1) for trial in campaign.tests]
    return any(
        _once(netlist, one, seed + index, number)
        for one, full in zip(trials, campaign.tests, strict=True)
        for index in range(full.seeds)
    )


def change(mutant: PythonMutant) -> str:
    """The change of a Python mutant as a diff, without comments."""
    text = mutant.source.read_text()
    texts = []
    for mutated in (False, True):
        tree = next(item.tree for item in functions(ast.parse(text)) if item.name == mutant.function)
        if mutated:
            sites(tree)[mutant.index].apply()
        texts.append(ast.unparse(ast.fix_missing_locations(tree)).splitlines())
    return "\n".join(difflib.unified_diff(*texts, mutant.function, "mutant", n=2, lineterm=""))


def _python_mutant(modules: Sequence[str], name: str, number: int) -> PythonMutant:
    mutants = list_python_mutants(modules)
    if not 1 <= number <= len(mutants):
        raise UserError(f"RUN={name}:{number}: there are the mutants 1 to {len(mutants)}")
    return mutants[number - 1]


def replay_checker(plan: Plan, checker: Checker, mutant: PythonMutant, count: int, seed: int) -> bool:
    """Let one mutant of a checker meet good RTL and the witnesses; return whether it is told from the original."""
    netlist = make_netlist(plan.campaigns[checker.campaign], plan.held(checker.campaign), count, seed)
    [fate] = run_checker(checker, netlist, build_netlist(netlist, 1), [mutant], seed, 1, lambda killed: None)
    print(f"{fate.by}: {fate.how}: {fate.problem}" if fate.killed else f"no difference in {', '.join(fate.tests)}")
    return fate.killed


def replay(plan: Plan, name: str, count: int, seed: int) -> int:
    """Run RUN=name:number again; return 1 when a test notices it. Raises UserError for what does not exist."""
    where, _, text = name.rpartition(":")
    python = {**plan.models, **plan.checkers}
    if not text.isdigit() or where not in {**plan.campaigns, **python}:
        raise UserError(f"RUN={name}: use the name that a survivor is printed with, CAMPAIGN:NUMBER or BLOCK:NUMBER")
    if where in plan.campaigns:
        return int(replay_rtl(plan.campaigns[where], plan.held(where), count, seed, int(text)))
    mutant = _python_mutant(python[where].modules, where, int(text))
    print(f"{shown(mutant.source)}:{mutant.line}: {mutant.description}\n{change(mutant)}")
    if where in plan.checkers:
        return int(replay_checker(plan, plan.checkers[where], mutant, count, seed))
    mutant.plant()
    return int(pytest.main(["-q", "-x", f"--rootdir={ROOT}", *(str(ROOT / test) for test in plan.models[where].tests)]))
