# SPDX-License-Identifier: Apache-2.0
"""One run with waves: `make replay RUN=<id>` repeats a run, `make waves TEST=<name>` makes one."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

from scripts.errors import UserError, run_main
from scripts.execution import failure_line
from scripts.nets import trace_folder
from scripts.paths import BUILD, RUNS, shown
from scripts.settings import Settings, parse
from scripts.sim.benches import find_test, load_tests
from scripts.sim.run import LOG_FILE, RUN_FILE, Run, build_for, execute, parse_run_id
from scripts.sim.tools import find_simulator
from scripts.sim.waves import wave_file

REPLAYS = BUILD / "replay"
_TAIL = 40  # lines of the log that are printed
_LISTED = 8


def run_to_replay(settings: Settings) -> Run:
    """Return the run that RUN= names. Raises UserError that lists runs of the last regression."""
    if not settings.run:
        known = sorted(path.name for path in RUNS.glob("*") if path.is_dir())
        more = f", ... ({len(known)} in {RUNS})" if len(known) > _LISTED else ""
        listed = f": {', '.join(known[:_LISTED])}{more}" if known else ", as a regression prints it"
        raise UserError(f"RUN= is missing; use RUN=TEST-CONFIG-SIM-SEED{listed}")
    run = replace(parse_run_id(settings.run), regression=settings.regression)
    knobs = (("inputs", settings.inputs),) if settings.inputs else ()
    return replace(run, knobs=knobs, net=str(trace_folder(settings.net, settings.inputs or 1)) if settings.net else "")


def run_to_see(settings: Settings) -> Run:
    """Return the run that TEST=, CONFIG= and SEED= describe. Raises UserError unless it is a single one."""
    if settings.tests is None or len(settings.tests) != 1:
        raise UserError(f"TEST= must name one test; use one of {', '.join(load_tests())}")
    test = find_test(settings.tests[0])
    legal = test.configs_for(settings.sim)
    chosen = [name for name in legal if settings.configs is None or name in settings.configs]
    if not chosen:
        raise UserError(
            f"test {test.name} has no such configuration on {settings.sim}; use one of {', '.join(legal) or '(none)'}"
        )
    return Run(test.name, chosen[0], settings.sim, settings.seed, regression=settings.regression)


def _recorded(run: Run) -> str:
    """The replay line that the last regression left of this run, "" when there is none."""
    try:
        return str(json.loads((RUNS / run.id / RUN_FILE).read_text())["replay"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def show(run: Run) -> int:
    """Run once with waves, print the log's end and the files; return 0 if it passed."""
    find_simulator(run.sim)
    if _recorded(run) not in ("", run.replay):
        print(f"note: the last regression ran it with other settings: {_recorded(run)}")
    run = replace(run, coverage=False, waves=True)
    print(f"building {run.test} at {run.config} for {run.sim} with waves", flush=True)
    build_for(run)
    knobs = ", ".join(f"{name} = {value}" for name, value in run.settings.items())
    print(f"running {run.id}{f' with {knobs}' if knobs else ''}", flush=True)
    result = execute(run, REPLAYS)
    log, waves = REPLAYS / run.id / LOG_FILE, wave_file(REPLAYS / run.id)
    if log.exists():
        print("\n".join(log.read_text(errors="replace").splitlines()[-_TAIL:]))
    print(f"log:   {shown(log)}\nwaves: {shown(waves) if waves else 'none were written'}")
    passed = f"passed {run.id}: {result.checks} checks, {result.cycles} cycles"
    print(passed if result.status == "passed" else failure_line(result))
    return 0 if result.status == "passed" else 1


def main() -> int:
    """`replay` or `waves`, then NAME=VALUE words."""
    command, *arguments = sys.argv[1:] or [""]
    if command not in ("replay", "waves"):
        raise UserError("use: replay RUN=... or waves TEST=...")
    settings = parse(arguments, coverage=False)
    return show(run_to_replay(settings) if command == "replay" else run_to_see(settings))


if __name__ == "__main__":
    run_main(main)
