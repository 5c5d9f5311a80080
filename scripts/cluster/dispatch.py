# SPDX-License-Identifier: Apache-2.0
"""Hand out runs to workers, take results, and redo what a lost worker had under way.

Runs are pinned to workers here instead of left to Dask's scheduler, because then it is known which runs a worker was at when it
died, and only these are redone.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from scripts.cluster.call import Answer, Call
from scripts.cluster.parcels import pack_build, take
from scripts.cluster.remote import NO_BUILD, run_to_text
from scripts.execution import failed_result
from scripts.sim.benches import find_test
from scripts.sim.run import Run

PATIENCE_S = 60.0  # without any worker, until the rest is given up: one that is started again by its nanny takes a few seconds
MOST_DEATHS = 3
_MOST_INSTALLS = 2
_OVERHEAD_S = 120.0  # of a run, beside the test's own time limit
_POLL_S = 0.5
_FETCH_S = 60.0


class ClusterError(Exception):
    """Why the cluster cannot be used, or no longer, one line."""


class Future(Protocol):
    """What is used of Dask's futures."""

    def result(self, timeout: float) -> Answer: ...
    def cancel(self) -> None: ...
    def add_done_callback(self, function: Callable[[Any], None]) -> None: ...


class Client(Protocol):
    """What is used of Dask's client."""

    def submit(self, function: Call, *arguments: object, key: str, workers: list[str], pure: bool) -> Future: ...


class Cluster(Protocol):
    """What is used of scripts.cluster.driver.Cluster."""

    client: Client
    call: Call

    def threads(self) -> dict[str, int]: ...
    def ask(self, address: str, *words: str, data: bytes = b"") -> Answer: ...
    def unfit(self, address: str) -> str: ...


@dataclass
class Order:
    """A run to do on a finished build; the workers that died of it, or beside it."""

    run: Run
    build: Path
    deaths: list[str] = field(default_factory=list)
    tries: int = 0


@dataclass
class _Flight:
    order: Order
    address: str
    future: Future


@dataclass
class _Worker:
    """A worker that is used, with its threads; `installs` counts how often it was sent each build."""

    threads: int
    installs: dict[str, int] = field(default_factory=dict)


@lru_cache(maxsize=8)
def _packed(test: str, sim: str, build: Path) -> bytes:
    return pack_build(Run(test, "", sim, 0), build)


class Dispatcher:
    """Hands out `orders` until each has a result, which is emitted, or until no worker has been there for PATIENCE_S."""

    def __init__(self, cluster: Cluster, orders: Sequence[Order], runs_dir: Path, emit: Callable[[object], None]) -> None:
        self.cluster, self.runs_dir, self.emit = cluster, runs_dir, emit
        self.waiting, self.suspects = deque(orders), deque[Order]()
        self.flying: dict[str, _Flight] = {}
        self.workers: dict[str, _Worker] = {}
        self.refused: set[str] = set()
        self.ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.alone_since = time.monotonic()

    def run(self) -> None:
        """Work until nothing is left to do. What cannot be done, because the cluster is gone, has failed."""
        try:
            self._work()
        except ClusterError as error:
            self._give_up(str(error))

    def _work(self) -> None:
        while self.waiting or self.suspects or self.flying:
            self._look_at_workers()
            if self.workers or self.flying:
                self.alone_since = time.monotonic()
            elif time.monotonic() - self.alone_since > PATIENCE_S:
                raise ClusterError(f"the cluster has had no worker for {PATIENCE_S:g} s")
            self._hand_out()
            self.emit(len(self.flying))
            self._collect()

    def _look_at_workers(self) -> None:
        """Take new workers, if they are fit, and redo what lost ones had under way."""
        there = self.cluster.threads()
        used = {*self.workers, *(flight.address for flight in self.flying.values())}
        for address in sorted(used - set(there)):
            self.workers.pop(address, None)
            lost = [key for key, flight in self.flying.items() if flight.address == address]
            self.emit(f"worker {address} is gone" + (f"; to be done again: {len(lost)}" if lost else ""))
            for key in lost:
                self._died(self.flying.pop(key))
        for address, threads in there.items():
            if address not in self.workers and address not in self.refused:
                reason = self.cluster.unfit(address)
                if not reason:
                    self.workers[address] = _Worker(threads)
                elif address in self.cluster.threads():
                    self._refuse(address, reason)

    def _refuse(self, address: str, reason: str) -> None:
        self.refused.add(address)
        self.workers.pop(address, None)
        self.emit(f"worker {address} is not used: {reason}")

    def _died(self, flight: _Flight) -> None:
        """A worker went with a run under way: do it again, at the end and alone, so that it can take no other run with it."""
        flight.future.cancel()
        order = flight.order
        order.deaths.append(flight.address)
        if len(order.deaths) < MOST_DEATHS:
            self.suspects.append(order)
        else:
            self._fail(order, f"{len(order.deaths)} workers died while it ran: {', '.join(order.deaths)}")

    def _fail(self, order: Order, reason: str) -> None:
        self.emit(failed_result(order.run, reason))

    def _give_up(self, reason: str) -> None:
        self.emit(f"cluster: {reason}")
        for order in [*(flight.order for flight in self.flying.values()), *self.waiting, *self.suspects]:
            self._fail(order, reason)

    def _hand_out(self) -> None:
        """Fill the workers' threads; runs that were there when a worker died come last, each on an idle worker."""
        for address, one in self.workers.items():
            here = [flight.order for flight in self.flying.values() if flight.address == address]
            if any(order.deaths for order in here):
                continue
            for _ in range(one.threads - len(here)):
                if self.waiting:
                    here.append(self.waiting.popleft())
                    self._send(here[-1], address)
            if not here and self.suspects:
                self._send(self.suspects.popleft(), address)

    def _send(self, order: Order, address: str) -> None:
        order.tries += 1
        key = f"{order.run.id}-{order.tries}"
        words = ("run", run_to_text(order.run), order.build.name)
        limit_s = find_test(order.run.test).timeout_s + _OVERHEAD_S
        future = self.cluster.client.submit(self.cluster.call, words, b"", limit_s, key=key, workers=[address], pure=False)
        self.flying[key] = _Flight(order, address, future)
        future.add_done_callback(lambda _: self.ended.put(key))

    def _collect(self) -> None:
        """Wait a little for runs to end, and take what has ended."""
        try:
            key = self.ended.get(timeout=_POLL_S)
            while True:
                if key in self.flying:  # else its worker was gone, and it is being redone
                    self._land(key)
                key = self.ended.get_nowait()
        except queue.Empty:
            return

    def _land(self, key: str) -> None:
        """Take what a run that has ended left, if its worker is still there; else it is seen as lost by _look_at_workers."""
        flight = self.flying[key]
        if flight.address not in self.cluster.threads():
            return
        del self.flying[key]
        try:
            status, out, printed = flight.future.result(timeout=_FETCH_S)
        except TimeoutError:
            self._died(flight)
        except Exception as error:  # of Dask, or of the worker outside the run, which fails in a process of its own
            self._fail(flight.order, f"worker {flight.address}: {type(error).__name__}: {error}".splitlines()[0])
        else:
            self._accept(flight, status, out, printed)

    def _accept(self, flight: _Flight, status: int, out: bytes, printed: str) -> None:
        order = flight.order
        if status == NO_BUILD:
            self._install(order, flight.address)
            (self.suspects if order.deaths else self.waiting).appendleft(order)
        elif status:
            self._fail(order, f"its process died with status {status} on worker {flight.address}: {printed}")
        else:
            result = take(order.run, out, self.runs_dir)
            self.emit(result or failed_result(order.run, f"worker {flight.address} sent no result"))

    def _install(self, order: Order, address: str) -> None:
        """Send a worker the build that it lacks."""
        one, name = self.workers.get(address), order.build.name
        if one is None:
            return
        one.installs[name] = one.installs.get(name, 0) + 1
        data = _packed(order.run.test, order.run.sim, order.build)
        status, _, printed = self.cluster.ask(address, "install", name, data=data)
        if status and address in self.cluster.threads():
            self._refuse(address, f"it cannot take the build {name}: {printed}")
        elif one.installs[name] > _MOST_INSTALLS:
            self._refuse(address, f"it does not keep the build {name}")
