# SPDX-License-Identifier: Apache-2.0
"""`make mutate`: make mutants, let the tests meet them, prove or argue what is left, and judge each block."""

from __future__ import annotations

import shlex
import sys
import time

from scripts.errors import run_main
from scripts.mutate.campaigns import choose, load_plan
from scripts.mutate.replay import replay
from scripts.mutate.results import document, survivor_lines, table, write
from scripts.mutate.score import idle_arguments, make_row, wrong_arguments
from scripts.mutate.session import Session
from scripts.settings import parse, split_arguments

DEFAULT_SEED = 1  # fixed, so that scores of two days can be compared; SEED= draws other mutants
MUTANTS = {"smoke": 30, "all": 60, "nightly": 300}  # a block


def _main() -> int:
    begin, words = time.monotonic(), sys.argv[1:]
    named = split_arguments(words)
    settings = parse(words if "SEED" in named else [*words, f"SEED={DEFAULT_SEED}"])
    short = settings.regression == "smoke" and settings.blocks is None
    plan = load_plan().short() if short else load_plan()
    chosen = choose(plan.judged, settings.blocks)
    count = settings.mutants or MUTANTS[settings.regression]
    if settings.run:
        return replay(plan, settings.run, count, settings.seed)
    fates = Session(plan, chosen, count, settings.seed, settings.jobs, every=not settings.mutants, refute=not short).run()
    rows = [
        make_row(name, plan.judged[name].goal, [fate for fate in fates if fate.block == name], plan.argued) for name in chosen
    ]
    command = " ".join(["make mutate", *(f"{key}={shlex.quote(value)}" for key, value in named.items() if key != "JOBS")])
    content = document(rows, fates, plan.argued, settings.seed, command, time.monotonic() - begin)
    write(content)
    wrong = wrong_arguments(plan.argued, fates)
    lines = survivor_lines(fates, plan.argued, command) + wrong
    if settings.seed == DEFAULT_SEED and count == MUTANTS["all"]:  # the mutants that the arguments are about
        lines += idle_arguments(plan.argued, [fate for fate in fates if fate.block not in plan.models])
    print("\n".join([table(rows), *lines]))
    print(
        f"{len(fates)} mutants in {content['minutes']} minutes, {content['mutants_per_minute']} a minute; seed {settings.seed}"
    )
    return 0 if all(row.ok for row in rows) and not wrong else 1


if __name__ == "__main__":
    run_main(_main)
