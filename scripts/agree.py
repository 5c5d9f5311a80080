# SPDX-License-Identifier: Apache-2.0
"""`make agree`: the same test, configuration, seed and settings on Icarus and on Verilator see the same transactions.

What the monitors saw at every port of a block is one hash a run (tb/common/transactions.py). Where two hashes differ, both runs
are repeated with all transactions recorded, and the first one that differs is named. Writes build/agreement.json; exits with 1
on any difference. COV=1 takes the builds with code coverage, which a regression has made.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from models.atomic_file import atomic_output
from models.config import load_config
from scripts.errors import UserError, run_main
from scripts.execution import carry_out, failure_line
from scripts.first_difference import first_difference
from scripts.paths import BUILD, shown
from scripts.plan import derive_seed, selected_configs, selected_tests
from scripts.settings import Settings, parse
from scripts.sim.benches import Test
from scripts.sim.run import Run, RunResult
from scripts.sim.tools import SIMULATORS, find_simulator

AGREEMENT_FILE = BUILD / "agreement.json"
RUNS = BUILD / "agree"
_LONG_STAGE = "V3"
_AMOUNTS, _SHORTER = ("layers", "batches"), 3  # the smoke set has a third of these
_NAMES = {"icarus": "Icarus", "verilator": "Verilator"}


@dataclass(frozen=True)
class Pair:
    """The runs of one test, configuration and seed."""

    icarus: Run
    verilator: Run

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.icarus.test} at {self.icarus.config}, seed {self.icarus.seed}"


@dataclass(frozen=True)
class Agreement:
    """What a pair's runs came to. problem: why they do not agree, "" if they do."""

    pair: Pair
    icarus: RunResult
    verilator: RunResult
    problem: str = ""

    def row(self) -> dict[str, object]:
        """The pair as build/agreement.json has it."""
        run = self.pair.icarus
        return {
            "test": run.test,
            "config": run.config,
            "seed": run.seed,
            "icarus": self.icarus.transactions,
            "verilator": self.verilator.transactions,
            "agree": not self.problem,
            "checks": self.icarus.checks,
            "cycles": self.icarus.cycles,
            "problem": self.problem,
        }


def _configs(test: Test, settings: Settings) -> Iterable[str]:
    """The configurations that Icarus takes, it is the slower one; in the smoke set the first one of each design and width."""
    names = selected_configs(test, replace(settings, sim="icarus"))
    if settings.regression != "smoke" or settings.configs is not None:
        return names
    first = dict[tuple[str, int], str]()
    for name in names:
        config = load_config(name)
        first.setdefault((config.design, config.p), name)
    return first.values()


def make_pairs(settings: Settings) -> list[Pair]:
    """Return what is to be compared, in the order of the testplan; the smoke set is shorter and leaves networks out.

    Raises UserError when the variables leave nothing.
    """
    pairs, short = [], settings.regression == "smoke" and settings.tests is None
    for test in selected_tests(settings):
        if set(test.sims) != set(SIMULATORS) or (short and test.stage == _LONG_STAGE):
            continue
        knobs = test.knobs_for("icarus", settings.regression)
        if short:
            knobs = {name: max(1, value // _SHORTER) if name in _AMOUNTS else value for name, value in knobs.items()}
        for config in _configs(test, settings):
            for index in range(settings.seeds or 1):
                run = Run(test.name, config, "icarus", derive_seed(settings.seed, test.name, index), knobs=tuple(knobs.items()))
                pairs.append(Pair(run, replace(run, sim="verilator", coverage=settings.coverage)))
    if not pairs:
        raise UserError("nothing that both simulators run: use other TEST= or CONFIG=, from icarus_configs of the test list")
    return pairs


def verdict(pair: Pair, icarus: RunResult, verilator: RunResult) -> Agreement:
    """Compare two results."""
    problem = ""
    for result in (verilator, icarus):
        if result.status != "passed":
            problem = failure_line(result)
    if not problem and not icarus.transactions:
        problem = "the test keeps no transactions"
    for what in ("transactions", "cycles", "checks"):
        values = [getattr(result, what) for result in (icarus, verilator)]
        if not problem and values[0] != values[1]:
            problem = f"{what}: {values[0]} on Icarus, {values[1]} on Verilator"
    return Agreement(pair, icarus, verilator, problem)


def _play(pairs: list[Pair], jobs: int, folder: Path) -> list[Agreement]:
    plan = [getattr(pair, sim) for pair in pairs for sim in SIMULATORS]
    results = {result.id: result for result in carry_out(plan, jobs, folder)}
    return [verdict(pair, results[pair.icarus.id], results[pair.verilator.id]) for pair in pairs]


def _recording(pair: Pair) -> Pair:
    """The same runs with all transactions recorded."""
    return Pair(*(replace(run, knobs=(*run.knobs, ("record", 1))) for run in (pair.icarus, pair.verilator)))


def locate(found: list[Agreement], jobs: int, folder: Path) -> list[Agreement]:
    """Repeat pairs whose transactions differ, and say where they begin to; folder: of the new runs."""
    differ = [agreement for agreement in found if agreement.icarus.transactions != agreement.verilator.transactions]
    if not differ:
        return found
    print(f"recording the transactions of {len(differ)} pairs that differ", flush=True)
    _play([_recording(agreement.pair) for agreement in differ], jobs, folder)
    for agreement in differ:
        runs = agreement.pair.icarus, agreement.pair.verilator
        where = first_difference(*(folder / run.id for run in runs), tuple(_NAMES[run.sim] for run in runs))
        text = f"{where}" if where else f"{agreement.problem}, and not when it is repeated: the test is not deterministic"
        found[found.index(agreement)] = replace(agreement, problem=text)
    return found


def compare(pairs: list[Pair], jobs: int, folder: Path = RUNS) -> list[Agreement]:
    """Run all pairs below `folder`, compare them, and locate what differs."""
    return locate(_play(pairs, jobs, folder), jobs, folder / "recorded")


def print_table(found: list[Agreement]) -> None:
    """Print a line a pair."""
    widths = [max(len(getattr(agreement.pair.icarus, name)) for agreement in found) for name in ("test", "config")]
    print(f"{'test':{widths[0]}} {'config':{widths[1]}} {'seed':>10} {'cycles':>8} {'checks':>9}  transactions")
    for agreement in found:
        run, result = agreement.pair.icarus, agreement.icarus
        text = f"{run.test:{widths[0]}} {run.config:{widths[1]}} {run.seed:10} {result.cycles:8} {result.checks:9}"
        print(f"{text}  {f'DIFFER: {agreement.problem}' if agreement.problem else result.transactions}")


def again_line(target: str, settings: Settings) -> str:
    """The command that does the same again."""
    words = [f"make {target}", f"REGRESSION={settings.regression}", f"SEED={settings.seed}"]
    words += [f"SEEDS={settings.seeds}"] if settings.seeds else []
    words += [f"TEST={','.join(settings.tests)}"] if settings.tests else []
    words += [f"CONFIG={','.join(settings.configs)}"] if settings.configs else []
    return " ".join(words)


def main() -> int:
    """Compare, print, write build/agreement.json; return 0 if everything agrees."""
    settings = parse(sys.argv[1:], coverage=False)
    for sim in SIMULATORS:
        find_simulator(sim)
    pairs = make_pairs(settings)
    print(f"agree {settings.regression}: {len(pairs)} pairs of runs; again: {again_line('agree', settings)}", flush=True)
    found = compare(pairs, settings.jobs)
    print_table(found)
    document = {"seed": settings.seed, "command": again_line("agree", settings), "rows": [pair.row() for pair in found]}
    with atomic_output(AGREEMENT_FILE) as file:
        file.write(json.dumps(document, indent=1).encode() + b"\n")
    bad = sum(bool(agreement.problem) for agreement in found)
    print(f"results: {shown(AGREEMENT_FILE)}")
    print(f"agree: {len(found) - bad} of {len(found)} pairs agree")
    return 1 if bad else 0


if __name__ == "__main__":
    run_main(main)
