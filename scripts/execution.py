# SPDX-License-Identifier: Apache-2.0
"""Carry out a plan: build what it needs, then run it, both over a pool of processes with progress."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from models.config import load_config
from models.progress import Progress
from scripts.cluster import run_on_cluster
from scripts.paths import BUILD, ROOT, RUNS, shown
from scripts.pool import Job, Outcome, run_pool
from scripts.sim.benches import find_test, load_benches
from scripts.sim.build import BuildOptions, build, build_dir, sharing
from scripts.sim.prune import hold, prune
from scripts.sim.run import Run, RunResult, execute
from scripts.sim.signature import signature

LOG = BUILD / "regress.log"
Order = tuple[Run, Path]  # a run and its finished build


@dataclass(frozen=True)
class BuildKey:
    """What distinguishes the builds of a plan."""

    bench: str
    config: str
    sim: str
    options: BuildOptions

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.bench} at {self.config} for {self.sim}"


def build_of(run: Run) -> BuildKey:
    """The build that `run` needs."""
    bench = load_benches()[find_test(run.test).bench]
    config = sharing(bench, load_config(run.config))
    return BuildKey(bench.name, config.name, run.sim, BuildOptions(run.coverage, run.waves))


def _build(key: BuildKey, compilers: int) -> Path:
    return build(load_benches()[key.bench], load_config(key.config), key.sim, key.options, compilers)


def _folder(key: BuildKey) -> Path:
    return build_dir(load_benches()[key.bench], load_config(key.config), key.sim, key.options)


def _make_room(keys: list[BuildKey]) -> None:
    """Remove builds that nobody has used for long; from now on nobody removes any until this process ends."""
    needed = [_folder(key) for key in keys]
    removed = prune(needed)
    if removed:
        builds = "1 build" if len(removed) == 1 else f"{len(removed)} builds"
        print(f"{builds} used longest ago removed from {shown(needed[0].parent)}", flush=True)
    hold(needed[0].parent)


def _size(key: BuildKey) -> int:
    config = load_config(key.config)
    sips = config.rows * config.cols if "ROWS" in load_benches()[key.bench].parameters else 0
    return sips * config.lanes + config.engines


@dataclass
class Builds:
    """What was built for a plan, and why the rest was not. Runs use these folders, whatever is edited meanwhile."""

    folders: dict[BuildKey, Path] = field(default_factory=dict)
    failures: dict[BuildKey, str] = field(default_factory=dict)

    def folder(self, run: Run) -> Path:
        """The finished build that `run` needs."""
        return self.folders[build_of(run)]

    def failure(self, run: Run) -> str:
        """Why there is no build for `run`; "" when there is one."""
        return self.failures.get(build_of(run), "")


def build_all(plan: list[Run], jobs: int) -> Builds:
    """Build everything the plan needs, `jobs` at a time."""
    keys = sorted(dict.fromkeys(build_of(run) for run in plan), key=_size, reverse=True)  # no long one alone at the end
    compilers = max(1, jobs // len(keys))
    _make_room(keys)
    work = [Job(key.name, partial(_build, key, compilers)) for key in keys]
    by_name = {key.name: key for key in keys}
    progress, builds = Progress(len(keys), "built"), Builds()
    for job, outcome in run_pool(work, jobs, LOG, progress.show):
        progress.end_of(not outcome.error)
        if outcome.error:
            text = outcome.error.replace(f"{ROOT}{os.sep}", "")
            builds.failures[by_name[job.name]] = text.splitlines()[0]
            progress.say(f"FAILED {text}")
        elif isinstance(outcome.value, Path):
            builds.folders[by_name[job.name]] = outcome.value
    progress.close()
    return builds


def failed_result(run: Run, reason: str) -> RunResult:
    """The result of a run that left none of its own."""
    return RunResult(
        run.id,
        run.test,
        run.config,
        run.sim,
        run.seed,
        "failed",
        problems=[reason],
        signature=signature([reason]),
        replay=run.replay,
    )


def _result(run: Run, outcome: Outcome) -> RunResult:
    if isinstance(outcome.value, RunResult):
        return outcome.value
    return failed_result(run, f"{outcome.error.splitlines()[0]}; see {shown(LOG)}")


def _run_here(orders: list[Order], jobs: int, runs_dir: Path, progress: Progress) -> Iterator[RunResult]:
    by_id = {run.id: run for run, _ in orders}
    work = [Job(run.id, partial(execute, run, runs_dir, folder)) for run, folder in orders]
    for job, outcome in run_pool(work, jobs, LOG, progress.show):
        yield _result(by_id[job.name], outcome)


def _run_there(orders: list[Order], cluster: str, runs_dir: Path, progress: Progress) -> Iterator[RunResult]:
    return run_on_cluster(orders, cluster, runs_dir, LOG, progress.show, progress.say) if orders else iter(())


def run_all(plan: list[Run], jobs: int, builds: Builds, runs_dir: Path = RUNS, cluster: str = "") -> list[RunResult]:
    """Run the plan, `jobs` at a time here or on a cluster, and return the results in the plan's order.

    Runs without a build, and those that a cluster left undone, have failed.
    """
    results = {run.id: failed_result(run, builds.failure(run)) for run in plan if builds.failure(run)}
    long_first = sorted(plan, key=lambda run: find_test(run.test).timeout_s, reverse=True)
    orders = [(run, builds.folder(run)) for run in long_first if run.id not in results]
    progress = Progress(len(plan), "passed")
    progress.bad = len(results)
    for result in _run_there(orders, cluster, runs_dir, progress) if cluster else _run_here(orders, jobs, runs_dir, progress):
        results[result.id] = result
        progress.end_of(result.status == "passed")
        if result.status != "passed":
            progress.say(failure_line(result))
    progress.close()
    undone = {run.id: failed_result(run, f"the cluster did not run it; see {shown(LOG)}") for run in plan}
    return [(undone | results)[run.id] for run in plan]


def failure_line(result: RunResult) -> str:
    """One line on a failed run: which, why."""
    first = result.problems[0].splitlines()[0] if result.problems else "no reason given"
    more = f" (and {len(result.problems) - 1} more)" if len(result.problems) > 1 else ""
    return f"FAILED {result.id}: {first[:300]}{more}"


def carry_out(plan: list[Run], jobs: int, runs_dir: Path = RUNS, cluster: str = "") -> list[RunResult]:
    """Build a plan here and run it, here or on the cluster of this address; return one result a run."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("")
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    start = time.monotonic()
    results = run_all(plan, jobs, build_all(plan, jobs), runs_dir, cluster)
    print(f"builds and runs took {time.monotonic() - start:.0f} s")
    return results
