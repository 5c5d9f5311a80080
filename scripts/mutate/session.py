# SPDX-License-Identifier: Apache-2.0
"""One `make mutate`: which mutants, made and run how; progress on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from models.progress import Progress
from scripts.errors import UserError
from scripts.mutate.campaigns import Plan
from scripts.mutate.checkers import run_checker
from scripts.mutate.equivalence import prove_equivalent
from scripts.mutate.models import run_model
from scripts.mutate.mutant import Mutant
from scripts.mutate.netlist import Netlist, make_netlist
from scripts.mutate.python_mutants import list_python_mutants, sample
from scripts.mutate.results import left_over
from scripts.mutate.score import Fate
from scripts.mutate.trials import build_netlist, fate_of, run_campaign
from scripts.paths import BUILD
from scripts.pool import Job, run_pool


@dataclass
class Session:
    """Mutants of chosen blocks, models and checkers: `count` each, drawn with `seed`; `jobs` children at a time.

    every: take all mutants of a checker, which has few. refute: let the late tests, too, try to kill what is argued to be safe
    from them.
    """

    plan: Plan
    chosen: Sequence[str]
    count: int
    seed: int
    jobs: int
    every: bool = False
    refute: bool = True
    _netlists: dict[str, Netlist] = field(default_factory=dict)

    def run(self) -> list[Fate]:
        """Return what became of every mutant. Raises UserError where tests do not pass without one."""
        blocks = [name for name in self.chosen if name in self.plan.blocks]
        campaigns = dict.fromkeys(campaign for name in blocks for campaign in self.plan.blocks[name].campaigns)
        fates = [fate for name in campaigns for fate in self._campaign(name, blocks)]
        fates += [fate for name in self.chosen if name in self.plan.models for fate in self._model(name)]
        return fates + [fate for name in self.chosen if name in self.plan.checkers for fate in self._checker(name)]

    def netlist(self, campaign: str) -> Netlist:
        """The campaign's netlist with the mutants of all its blocks: the same one whichever are chosen."""
        if campaign not in self._netlists:
            entry, held = self.plan.campaigns[campaign], self.plan.held(campaign)
            self._netlists[campaign] = make_netlist(entry, held, self.count, self.seed)
        return self._netlists[campaign]

    def _campaign(self, name: str, blocks: Sequence[str]) -> list[Fate]:
        netlist = self.netlist(name)
        mutants = {mutant.number: mutant for mutant in netlist.mutants if mutant.block in blocks}
        fates = {number: fate_of(mutant, name) for number, mutant in mutants.items()}
        print(f"{name}: {len(fates)} mutants of {', '.join(dict.fromkeys(fate.block for fate in fates.values()))}", flush=True)
        progress = Progress(len(fates), "killed")

        def tick(fate: Fate) -> None:
            progress.good += fate.killed
            progress.show(self.jobs)

        run_campaign(netlist, fates, self.seed, self.jobs, tick, late=False)
        progress.close()
        self._prove(netlist, mutants, fates)
        arguments = () if self.refute else self.plan.argued
        names = {fate.name for fate in left_over(list(fates.values()), arguments)}
        left = {number: fate for number, fate in fates.items() if fate.name in names}
        run_campaign(netlist, left, self.seed, self.jobs, tick, late=True)
        if left:
            progress.close()
        return list(fates.values())

    def _prove(self, netlist: Netlist, mutants: Mapping[int, Mutant], fates: Mapping[int, Fate]) -> None:
        """Look for a proof that what is left is equivalent."""
        names = {fate.name for fate in left_over(list(fates.values()), self.plan.argued)}
        left = {fate.name: (mutants[number], fate) for number, fate in fates.items() if fate.name in names}
        if not left:
            return
        work = [Job(name, partial(prove_equivalent, netlist, mutant)) for name, (mutant, _) in left.items()]
        progress, equivalent = Progress(len(work), "survivors examined"), 0
        for job, outcome in run_pool(work, self.jobs, BUILD / "mutate" / "proofs.log", progress.show):
            if outcome.error:
                raise UserError(f"{job.name}: {outcome.error}")
            left[job.name][1].equivalent = str(outcome.value)
            equivalent += bool(outcome.value)
            progress.end_of(True)
        progress.close()
        print(f"{equivalent} of them are equivalent")

    def _model(self, name: str) -> list[Fate]:
        model = self.plan.models[name]
        mutants = sample(list_python_mutants(model.modules), self.count, self.seed)
        print(f"{name}: {len(mutants)} mutants", flush=True)
        progress = Progress(len(mutants), "killed")

        def tick(fate: Fate) -> None:
            progress.good += fate.killed
            progress.show(self.jobs)

        fates = run_model(model, mutants, self.jobs, tick)
        progress.close()
        return fates

    def _checker(self, name: str) -> list[Fate]:
        checker = self.plan.checkers[name]
        mutants, netlist = list_python_mutants(checker.modules), self.netlist(checker.campaign)
        if not self.every:
            mutants = sample(mutants, self.count, self.seed)
        print(f"{name}: {len(mutants)} mutants", flush=True)
        built = build_netlist(netlist, self.jobs)
        progress = Progress(len(mutants), "killed")

        def tick(killed: int) -> None:
            progress.good = killed
            progress.show(self.jobs)

        fates = run_checker(checker, netlist, built, mutants, self.seed, self.jobs, tick)
        progress.close()
        return fates
