# SPDX-License-Identifier: Apache-2.0
"""The same runs on the workers of a Dask cluster.

The driver (this machine) makes the builds and hands one run at a time to each thread of a worker. A worker is started in a
checkout of the same content; a build that it does not see is sent to it, and what a run leaves comes back as bytes. The driver
works in a child process: the threads of Dask's client must not be there when the next process forks.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from scripts.errors import UserError
from scripts.pool import StreamError, run_streaming
from scripts.sim.run import Run, RunResult

Emit = Callable[[object], None]


def _driver(function: str, *arguments: Any) -> Callable[[Emit], None]:
    """A function of scripts/cluster/driver.py, which is imported only in the process that calls it."""

    def work(emit: Emit) -> None:
        getattr(importlib.import_module("scripts.cluster.driver"), function)(*arguments, emit)

    return work


def probe(address: str, sim: str, log: Path) -> tuple[int, int]:
    """Return the cluster's number of workers and of runs at a time.

    Raises UserError when nobody answers at `address`, when it has no worker, and when a worker could give other results: it has
    another checkout, Python, package, or simulator.
    """
    try:
        (found,) = run_streaming(_driver("probe", address, sim), log)
    except StreamError as error:
        raise UserError(f"CLUSTER={address}: {error}") from None
    return found


def run_on_cluster(
    orders: Sequence[tuple[Run, Path]],
    address: str,
    runs_dir: Path,
    log: Path,
    tick: Callable[[int], None],
    say: Callable[[str], None],
) -> Iterator[RunResult]:
    """Yield the result of each (run, finished build) as it ends; its folder is then `runs_dir`/<id>, as if it had run here.

    tick(running) is called a few times a second, say(line) when something happens to a worker. When the scheduler or the driver
    fails, say tells why, and the runs that were not done are not yielded.
    """
    running = [0]
    try:
        for message in run_streaming(_driver("run_orders", address, list(orders), runs_dir), log, lambda: tick(running[0])):
            if isinstance(message, RunResult):
                yield message
            elif isinstance(message, int):
                running[0] = message
            else:
                say(str(message))
    except StreamError as error:
        say(f"cluster {address}: {error}")
