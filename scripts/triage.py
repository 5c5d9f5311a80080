# SPDX-License-Identifier: Apache-2.0
"""What failed runs have in common: groups by signature, and the shortest run of each group again, with waves."""

from __future__ import annotations

import importlib
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from models.progress import Progress
from scripts.execution import LOG, build_all
from scripts.paths import RUNS, shown
from scripts.pool import Job, run_pool
from scripts.replay import REPLAYS
from scripts.sim.benches import find_test
from scripts.sim.run import LOG_FILE, Run, RunResult, execute
from scripts.sim.waves import wave_file

MOST_RERUNS = 5
RERUN_S = 300.0
SHRINK_S = 900.0
_SLOWER = 3  # waves cost time
_MOST_BYTES = 2 << 30  # of a file that a rerun writes: waves of a run that hangs would fill the disk
_SHRINKER = "scripts.shrink"


@dataclass
class Group:
    """Failed runs with one signature. shortest: fewest cycles; waves, log, shrunk: paths as shown, "" where there is none.

    reproduced: whether the rerun of the shortest failed in the same way, None without a rerun; note: what a person should know.
    """

    signature: str
    count: int
    runs: list[str]
    shortest: str
    replay: str
    waves: str = ""
    log: str = ""
    shrunk: str = ""
    reproduced: bool | None = None
    note: str = ""


def _length(result: RunResult) -> tuple[bool, int, float, str]:
    """Cycles, then seconds; a run that ended before it could count cycles comes last."""
    return result.cycles == 0, result.cycles, result.seconds, result.id


def groups_of(results: Sequence[RunResult]) -> list[Group]:
    """Return the failures by signature, the most frequent first, equally frequent ones in the order of the plan."""
    found: dict[str, list[RunResult]] = {}
    for result in results:
        if result.status != "passed":
            found.setdefault(result.signature, []).append(result)
    groups = []
    for text, failed in found.items():
        shortest = min(failed, key=_length)
        ids = [result.id for result in failed]
        groups.append(Group(text, len(failed), ids, shortest.id, shortest.replay, log=shortest.log))
    return sorted(groups, key=lambda group: -group.count)


def _again(run: Run, build: Path) -> RunResult:
    """Repeat a run with waves, in a process of its own: the limit on files holds for all that it starts."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_BYTES, _MOST_BYTES))
    return execute(run, REPLAYS, build, limit_s=min(RERUN_S, _SLOWER * find_test(run.test).timeout_s))


def _fill(group: Group, original: RunResult, again: RunResult) -> None:
    folder = REPLAYS / again.id
    waves = wave_file(folder)
    group.waves, group.log = shown(waves) if waves else "", shown(folder / LOG_FILE)
    group.reproduced = again.signature == original.signature
    if waves and waves.stat().st_size >= _MOST_BYTES:
        group.note = f"the waves are cut at {_MOST_BYTES >> 30} GiB"
    elif again.status == "passed":
        group.note = "the rerun with waves passed: something depends on more than the seed"
    elif not group.reproduced or (again.cycles, again.problems[0]) != (original.cycles, original.problems[0]):
        group.note = f"the rerun with waves says: {again.problems[0].splitlines()[0][:200]}"


def rerun(groups: Sequence[Group], plan: Sequence[Run], results: Sequence[RunResult], jobs: int) -> None:
    """Repeat the shortest run of the first MOST_RERUNS groups that ran at all, `jobs` at a time; fill in what they left."""
    runs, originals = {run.id: run for run in plan}, {result.id: result for result in results}
    started = [group for group in groups if originals[group.shortest].log]
    for group in started[MOST_RERUNS:]:
        group.note = f"not rerun: only the first {MOST_RERUNS} causes are"
    chosen = {group.shortest: group for group in started[:MOST_RERUNS] if not runs[group.shortest].waves}
    for group in started[:MOST_RERUNS]:
        waves = wave_file(RUNS / group.shortest)
        group.waves = shown(waves) if waves else ""
    again = [replace(runs[name], coverage=False, waves=True) for name in chosen]
    if not again:
        return
    print(f"causes of failures: {len(groups)}; rerunning the shortest run of {len(again)} with waves", flush=True)
    builds = build_all(again, jobs)
    for run in again:
        if builds.failure(run):
            chosen[run.id].note = f"not rerun: {builds.failure(run)}"
    work = {run.id: partial(_again, run, builds.folder(run)) for run in again if not builds.failure(run)}
    for name, value, error in _carry_out(work, "rerun", jobs, None):
        if isinstance(value, RunResult):
            _fill(chosen[name], originals[name], value)
        else:
            chosen[name].note = f"not rerun: {error}"


def _shrunk(run: Run) -> object:
    """The saved file, None if nothing smaller fails; in a process of its own, where the shrinker may import what it wants."""
    return importlib.import_module(_SHRINKER).shrink(run)


def shrink(groups: Sequence[Group], plan: Sequence[Run], jobs: int) -> None:
    """Shrink the shortest run of each rerun group whose test can be (`shrink` in the testplan), with scripts/shrink.py."""
    runs = {run.id: run for run in plan}
    names = {group.shortest: group for group in groups if group.reproduced and find_test(runs[group.shortest].test).shrink}
    if not names or find_spec(_SHRINKER) is None:
        return
    work = {name: partial(_shrunk, runs[name]) for name in names}
    for name, value, error in _carry_out(work, "shrunk", jobs, SHRINK_S):
        if isinstance(value, Path):
            names[name].shrunk = shown(value)
        elif error:
            names[name].note = f"not shrunk: {error}"


def _carry_out(
    work: dict[str, Callable[[], object]], word: str, jobs: int, limit_s: float | None
) -> list[tuple[str, object, str]]:
    """Run functions in processes with progress; return name, value and error of each."""
    progress, ended = Progress(len(work), word), []
    for job, outcome in run_pool([Job(name, function, limit_s) for name, function in work.items()], jobs, LOG, progress.show):
        progress.end_of(not outcome.error)
        ended.append((job.name, outcome.value, outcome.error.splitlines()[0] if outcome.error else ""))
    progress.close()
    return ended


def lines(groups: Sequence[Group]) -> list[str]:
    """The groups for people."""
    if not groups:
        return []
    failed = sum(group.count for group in groups)
    text = [f"causes of the {failed} failed runs: {len(groups)}" if failed > 1 else "cause of the failed run:"]
    for group in groups:
        text.append(f"  {group.count} x {group.signature}")
        text.append(f"      {'shortest: ' if group.count > 1 else ''}{group.replay}")
        files = (("waves", group.waves), ("log", group.log), ("shrunk", group.shrunk), ("note", group.note))
        text += [f"      {word}: {value}" for word, value in files if value]
    return text
