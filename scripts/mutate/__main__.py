# SPDX-License-Identifier: Apache-2.0
"""`make mutate`: make mutants, let the tests meet them, prove or argue what is left, and judge each block."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from functools import partial

from scripts.errors import UserError, run_main
from scripts.mutate.campaigns import Block, Plan, choose, load_plan
from scripts.mutate.equivalence import prove_equivalent
from scripts.mutate.mutant import Mutant
from scripts.mutate.netlist import Netlist, make_netlist
from scripts.mutate.results import document, left_over, survivor_lines, table, write
from scripts.mutate.score import Fate, idle_arguments, make_row, wrong_arguments
from scripts.mutate.trials import fate_of, run_campaign
from scripts.paths import BUILD
from scripts.pool import Job, run_pool
from scripts.progress import Progress
from scripts.settings import Settings, parse, split_arguments

DEFAULT_SEED = 1  # fixed, so that scores of two days can be compared; SEED= draws other mutants
MUTANTS = {"smoke": 30, "all": 200, "nightly": 600}  # a block


def _campaigns(plan: Plan, blocks: list[str], smoke: bool) -> dict[str, list[Block]]:
    """The campaigns of the chosen blocks, each with all blocks that it holds: its netlist is the same for every choice."""
    needed: dict[str, list[Block]] = defaultdict(list)
    for name in dict.fromkeys(campaign for block in blocks for campaign in plan.blocks[block].campaigns):
        needed[name] = [block for block in plan.blocks.values() if name in block.campaigns and (block.smoke or not smoke)]
    return needed


def _examine(netlist: Netlist, survivors: list[tuple[Mutant, Fate]], jobs: int) -> None:
    """Look for a proof that the survivors are equivalent."""
    work = [Job(fate.name, partial(prove_equivalent, netlist, mutant)) for mutant, fate in survivors]
    fates = {fate.name: fate for _, fate in survivors}
    progress = Progress(len(work), "survivors examined")
    for job, outcome in run_pool(work, jobs, BUILD / "mutate" / "proofs.log", progress.show):
        if outcome.error:
            raise UserError(f"{job.name}: {outcome.error}")
        fates[job.name].equivalent = str(outcome.value)
        progress.end_of(True)
    progress.close()


def _mutate_campaign(plan: Plan, name: str, held: list[Block], chosen: list[str], settings: Settings, count: int) -> list[Fate]:
    netlist = make_netlist(plan.campaigns[name], held, count, settings.seed)
    mutants = {mutant.number: mutant for mutant in netlist.mutants if mutant.block in chosen}
    fates = {number: fate_of(mutant, name) for number, mutant in mutants.items()}
    print(f"{name}: {len(fates)} mutants of {', '.join(dict.fromkeys(fate.block for fate in fates.values()))}")
    progress = Progress(len(fates), "killed")

    def tick(fate: Fate) -> None:
        progress.good += fate.killed
        progress.show(settings.jobs)

    run_campaign(netlist, fates, settings.seed, settings.jobs, tick)
    progress.close()
    left = {fate.name for fate in left_over(list(fates.values()), plan.argued)}
    survivors = [(mutants[number], fate) for number, fate in fates.items() if fate.name in left]
    if survivors:
        _examine(netlist, survivors, settings.jobs)
    return list(fates.values())


def _main() -> int:
    begin, words = time.monotonic(), sys.argv[1:]
    named = split_arguments(words)
    settings = parse(words if "SEED" in named else [*words, f"SEED={DEFAULT_SEED}"])
    plan, smoke = load_plan(), settings.regression == "smoke" and settings.blocks is None
    chosen = choose([name for name, block in plan.blocks.items() if block.smoke or not smoke], settings.blocks)
    count = settings.mutants or MUTANTS[settings.regression]
    fates = [
        fate
        for name, held in _campaigns(plan, chosen, smoke).items()
        for fate in _mutate_campaign(plan, name, held, chosen, settings, count)
    ]
    rows = [
        make_row(name, plan.blocks[name].goal, [fate for fate in fates if fate.block == name], plan.argued) for name in chosen
    ]
    command = " ".join(["make mutate", *(f"{key}={value}" for key, value in named.items() if key not in ("JOBS", "RUN"))])
    content = document(rows, fates, plan.argued, settings.seed, command, time.monotonic() - begin)
    write(content)
    print(table(rows))
    wrong = wrong_arguments(plan.argued, fates)
    for line in survivor_lines(fates, plan.argued, command) + wrong + idle_arguments(plan.argued, fates):
        print(line)
    print(
        f"{len(fates)} mutants in {content['minutes']} minutes, {content['mutants_per_minute']} a minute; seed {settings.seed}"
    )
    return 0 if all(row.ok for row in rows) and not wrong else 1


run_main(_main)
