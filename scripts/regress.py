# SPDX-License-Identifier: Apache-2.0
"""The main job, `make`: tests x configurations x seeds, triage of failures, the network's layers, the report, the history.

Exits with 0 only if every run passed, every layer matched, and the coverage is above the thresholds.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from models.atomic_file import atomic_output
from scripts import history
from scripts.alone import alone
from scripts.cluster import probe
from scripts.errors import UserError, run_main
from scripts.execution import LOG, carry_out, failure_line
from scripts.layers import layers_of
from scripts.paths import BUILD, REPORT, ROOT, RUNS, shown
from scripts.plan import make_plan
from scripts.settings import Settings, parse
from scripts.sim.run import Run, RunResult
from scripts.sim.tools import find_simulator
from scripts.triage import Group, groups_of, lines, rerun, shrink

RESULT_FILE = BUILD / "regress.json"
_LISTED = 20  # failed runs that are printed one by one at the end; their causes are printed too
_ROW = ("id", "test", "config", "sim", "seed", "status", "cycles", "checks", "seconds", "signature", "replay", "transactions")


@dataclass
class Regression:
    """What the steps share."""

    settings: Settings
    plan: list[Run]
    results: list[RunResult] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    coverage: dict[str, float] = field(default_factory=dict)
    layers: list[dict[str, Any]] = field(default_factory=list)
    classification: list[dict[str, Any]] = field(default_factory=list)
    start: float = field(default_factory=time.monotonic)


Step = Callable[[Regression], list[str]]


def run_tests(regression: Regression) -> list[str]:
    """Build and run the plan; write build/regress.json. A problem a failed run."""
    settings = regression.settings
    for folder in RUNS.glob(f"*-{settings.sim}-*"):
        shutil.rmtree(folder, ignore_errors=True)
    regression.results = carry_out(regression.plan, settings.jobs, cluster=settings.cluster)
    regression.groups = groups_of(regression.results)
    write_results(regression)
    return [f"{failure_line(result)}\n  {result.replay}" for result in regression.results if result.status != "passed"]


def triage_failures(regression: Regression) -> list[str]:
    """Rerun the shortest run of each cause with waves, shrink where a test can; add both to build/regress.json."""
    jobs = regression.settings.jobs
    rerun(regression.groups, regression.plan, regression.results, jobs)
    shrink(regression.groups, regression.plan, jobs)
    write_results(regression)
    return []


def check_layers(regression: Regression) -> list[str]:
    """Collect the network's layers from the runs that took them through the RTL: build/layers.json and a table."""
    regression.layers, regression.classification, problems = layers_of(
        regression.results, restricted=regression.settings.restricted
    )
    return problems


def _reporting(name: str) -> Any:
    """A module of the report, imported after the last fork: its libraries start threads."""
    return importlib.import_module(name)


def write_report(regression: Regression) -> list[str]:
    """Merge the coverage, write build/report. A problem a coverage figure below its minimum, and all else the report finds."""
    seconds = time.monotonic() - regression.start
    outcome = _reporting("scripts.report").build_report(
        regression.results,
        regression.settings,
        regression.layers,
        classification=regression.classification,
        wall_seconds=seconds,
        command=rerun_line(regression.settings),
    )
    print("\n".join([*outcome.warnings, f"report: {shown(outcome.path)}"]))
    regression.coverage = _percentages()
    failed = tuple(f"{result.id}: " for result in regression.results if result.status != "passed")
    return [problem for problem in outcome.problems if not problem.startswith(failed)]  # failed runs are reported by run_tests


def _percentages() -> dict[str, float]:
    """The coverage that the report has just written, by kind."""
    kinds = json.loads((REPORT / "summary.json").read_text())["coverage"]["kinds"]
    return {kind: figures["percent"] for kind, figures in kinds.items() if figures["percent"] is not None}


def add_to_history(regression: Regression) -> list[str]:
    """Add a line to build/history.jsonl."""
    facts = _reporting("scripts.report.facts")
    settings, runs = regression.settings, len(regression.results)
    passed = sum(result.status == "passed" for result in regression.results)
    entry = history.Entry(
        date=facts.now(),
        commit=facts.commit(ROOT),
        regression=settings.regression,
        sim=settings.sim,
        seed=settings.seed,
        runs=runs,
        passed=passed,
        failed=runs - passed,
        seconds=round(time.monotonic() - regression.start, 1),
        coverage=regression.coverage,
        command=rerun_line(settings),
        restricted=settings.restricted,
    )
    history.append(entry)
    return []


STEPS: tuple[Step, ...] = (run_tests, triage_failures, check_layers, write_report, add_to_history)


def write_results(regression: Regression, path: Path = RESULT_FILE) -> None:
    """Write one row a run and one group a cause of failures, with the base seed that gives the same regression again."""
    settings = regression.settings
    document = {
        "seed": settings.seed,
        "sim": settings.sim,
        "regression": settings.regression,
        "command": rerun_line(settings),
        "rows": [{key: getattr(result, key) for key in _ROW} for result in regression.results],
        "groups": [asdict(group) for group in regression.groups],
    }
    with atomic_output(path) as file:
        file.write(json.dumps(document, indent=1).encode() + b"\n")


def rerun_line(settings: Settings) -> str:
    """The command that repeats this regression exactly."""
    words = [
        f"SIM={settings.sim}",
        f"REGRESSION={settings.regression}",
        f"SEED={settings.seed}",
        f"COV={int(settings.coverage)}",
    ]
    words += [f"SEEDS={settings.seeds}"] if settings.seeds else []
    words += [f"TEST={','.join(settings.tests)}"] if settings.tests else []
    words += [f"CONFIG={','.join(settings.configs)}"] if settings.configs else []
    return f"make {' '.join(words)}"


def _print_header(regression: Regression) -> None:
    settings, plan = regression.settings, regression.plan
    tool = find_simulator(settings.sim)
    tests, where = Counter(run.test for run in plan), f"{settings.jobs} at a time"
    if settings.cluster:
        workers, threads = probe(settings.cluster, settings.sim, LOG)
        where = f"{threads} at a time on {workers} worker{'s' * (workers != 1)} of {settings.cluster}"
    print(f"regression {settings.regression}: {len(plan)} runs of {len(tests)} tests, {where}")
    print(f"simulator {settings.sim} {tool.version} ({tool.origin}), code coverage {'on' if settings.coverage else 'off'}")
    print(f"base seed {settings.seed}; again: {rerun_line(settings)}", flush=True)


def _print_verdict(regression: Regression, problems: list[str]) -> None:
    results = regression.results
    runs = [problem for problem in problems if problem.startswith("FAILED ")]
    for problem in [*runs[:_LISTED], *(problem for problem in problems if problem not in runs)]:
        print(problem)
    if len(runs) > _LISTED:
        print(f"... and {len(runs) - _LISTED} more failed runs: {shown(RESULT_FILE)}")
    for line in lines(regression.groups):
        print(line)
    failed = sum(result.status != "passed" for result in results)
    print(f"results: {shown(RESULT_FILE)}")
    print(f"regress: {len(results) - failed} passed, {failed} failed", flush=True)


def _carry_out(step: Step, regression: Regression) -> list[str]:
    try:
        return step(regression)
    except (UserError, OSError) as error:  # a full disk, say, must not hide what the other steps have found
        return [f"{step.__name__}: {error}"]


def main() -> int:
    """Run all steps, also after one has failed; return 0 when no step has a problem."""
    settings = parse(sys.argv[1:])
    regression = Regression(settings, make_plan(settings))
    with alone():
        _print_header(regression)
        problems = list(dict.fromkeys(problem for step in STEPS for problem in _carry_out(step, regression)))
    _print_verdict(regression, problems)
    return 1 if problems else 0


if __name__ == "__main__":
    run_main(main)
