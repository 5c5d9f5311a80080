# SPDX-License-Identifier: Apache-2.0
"""The driver's side: connect, look at the workers, and let a Dispatcher hand out the runs."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from distributed import Client

from scripts.cluster.call import Answer, make_call
from scripts.cluster.dispatch import ClusterError, Dispatcher, Order
from scripts.cluster.same import difference, facts
from scripts.sim.run import Run

CONNECT_S = 10.0
FIRST_WORKER_S = 15.0
_ASK_S = 120.0
_POLL_S = 0.5

Emit = Callable[[object], None]


class Cluster:
    """The workers behind a scheduler, as the dispatcher sees them; `sim` is the simulator of its runs."""

    def __init__(self, client: Client, sim: str) -> None:
        self.client, self.sim = client, sim
        self.here = facts(sim)
        self.call = make_call()

    def threads(self) -> dict[str, int]:
        """The workers' addresses with their numbers of threads. Raises ClusterError when the scheduler is gone."""
        workers = self.client.scheduler_info().get("workers") if self.client.status == "running" else None
        if workers is None:
            raise ClusterError("the scheduler is gone")
        return {name: int(info["nthreads"]) for name, info in workers.items()}

    def ask(self, address: str, *words: str, data: bytes = b"") -> Answer:
        """Have a worker call scripts/cluster/remote.py at once, beside its runs. No answer is status -1."""
        try:
            answer = self.client.run(self.call, words, data, _ASK_S, workers=[address], on_error="return")[address]
        except Exception as error:  # the worker may be gone, or be something else; whatever it is, there is no answer
            answer = error
        return answer if isinstance(answer, tuple) else (-1, b"", f"{type(answer).__name__}: {answer}".splitlines()[0])

    def unfit(self, address: str) -> str:
        """Say why a worker cannot be used, "" when it can."""
        status, out, printed = self.ask(address, "facts", self.sim)
        if status:
            return f"it cannot run anything here ({printed}): start it in a checkout of this project"
        return difference(self.here, json.loads(out))


@contextmanager
def _connected(address: str, sim: str) -> Iterator[Cluster]:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is said here, in one line
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError):
        raise ClusterError("no Dask scheduler answers there; start one with: .venv/bin/dask scheduler") from None
    try:
        yield Cluster(client, sim)
    except (OSError, TimeoutError) as error:
        raise ClusterError(f"the scheduler is gone ({type(error).__name__})") from None
    finally:
        client.close(timeout=CONNECT_S)


def probe(address: str, sim: str, emit: Emit) -> None:
    """Emit (workers, threads). Raises ClusterError when there are none or when one differs from this machine."""
    with _connected(address, sim) as cluster:
        deadline = time.monotonic() + FIRST_WORKER_S
        while not (workers := cluster.threads()):
            if time.monotonic() > deadline:
                raise ClusterError("the scheduler has no worker; start some with: .venv/bin/dask worker, in a checkout")
            time.sleep(_POLL_S)
        for name in workers:
            reason = cluster.unfit(name)
            if reason:
                raise ClusterError(f"worker {name}: {reason}")
        emit((len(workers), sum(workers.values())))


def run_orders(address: str, orders: Sequence[tuple[Run, Path]], runs_dir: Path, emit: Emit) -> None:
    """Emit the RunResult of each order, lines about workers, and the number of runs under way. Raises ClusterError."""
    with _connected(address, orders[0][0].sim) as cluster:
        Dispatcher(cluster, [Order(run, build) for run, build in orders], runs_dir, emit).run()
