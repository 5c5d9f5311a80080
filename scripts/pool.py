# SPDX-License-Identifier: Apache-2.0
"""Run jobs in child processes, a limited number at a time, or one that tells as it goes; leave no process behind.

Each job has a process group of its own: an interrupt reaches only this process, which then stops the groups.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

_TICK_S = 0.25
_GRACE_S = 3.0
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Job:
    """A function without arguments, run in a child process for at most `limit_s` seconds; its value must be picklable."""

    name: str
    work: Callable[..., object]
    limit_s: float | None = None


@dataclass(frozen=True)
class Outcome:
    """A job's value, or why there is none."""

    value: object = None
    error: str = ""


class StreamError(Exception):
    """What went wrong in the child process of `run_streaming`, one line."""


@dataclass
class _Child:
    job: Job
    process: BaseProcess
    pipe: Connection
    start: float

    @property
    def overdue(self) -> bool:
        """Whether it has run for longer than it may."""
        return self.job.limit_s is not None and time.monotonic() - self.start > self.job.limit_s

    def outcome(self) -> Outcome:
        """Collect the ended child's message."""
        try:
            outcome = self.pipe.recv()
        except EOFError:
            self.process.join()
            outcome = Outcome(error=f"its process died with status {self.process.exitcode}")
        self.process.join()
        return outcome


def _exit(*_: object) -> None:
    sys.exit(143)


def _child_main(work: Callable[[], object], pipe: Connection, log: Path) -> None:
    """Call `work` with its output appended to `log`; every exception becomes an Outcome, SIGTERM unwinds the stack."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with log.open("a") as file, Path(os.devnull).open() as empty:
        for source, target in ((empty, 0), (file, 1), (file, 2)):
            os.dup2(source.fileno(), target)
    sys.stdout = sys.stderr = log.open("a", buffering=1)
    try:
        outcome = Outcome(work())
    except Exception as error:
        traceback.print_exc()
        outcome = Outcome(error=f"{error}" or type(error).__name__)
    pipe.send(outcome)


def _start(job: Job, log: Path, streaming: bool = False) -> _Child:
    receiver, sender = _FORK.Pipe(duplex=False)
    work = partial(job.work, sender.send) if streaming else job.work
    process = _FORK.Process(target=_child_main, args=(work, sender, log), name=job.name)
    process.start()
    sender.close()
    with contextlib.suppress(OSError):  # the child does it too: whoever is first
        os.setpgid(process.pid, process.pid)
    return _Child(job, process, receiver, time.monotonic())


def _signal_group(child: _Child, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, number)


def _stop(children: Sequence[_Child]) -> None:
    """End the children and all that they started: ask, wait a little, kill."""
    for child in children:
        _signal_group(child, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_S
    for child in children:
        child.process.join(max(0.0, deadline - time.monotonic()))
        _signal_group(child, signal.SIGKILL)
        child.process.join()


def run_pool(
    jobs: Sequence[Job], limit: int, log: Path, tick: Callable[[int], None] = lambda running: None
) -> Iterator[tuple[Job, Outcome]]:
    """Yield each job with its outcome as it ends, at most `limit` at a time; `tick(running)` is called a few times a second.

    When the caller stops iterating (an interrupt, an exception), the running jobs are ended.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    waiting, running = list(reversed(jobs)), list[_Child]()
    try:
        while waiting or running:
            while waiting and len(running) < limit:
                running.append(_start(waiting.pop(), log))
            tick(len(running))
            ready = set(wait([child.pipe for child in running], _TICK_S))
            for child in [child for child in running if child.pipe in ready]:
                running.remove(child)
                yield child.job, child.outcome()
            for child in [child for child in running if child.overdue]:
                running.remove(child)
                _stop([child])
                yield child.job, Outcome(error=f"no end within {child.job.limit_s:g} s")
    finally:
        _stop(running)


def run_streaming(
    work: Callable[[Callable[[object], None]], None], log: Path, tick: Callable[[], None] = lambda: None
) -> Iterator[object]:
    """Call `work(emit)` in a child process and yield what it emits; `tick()` is called a few times a second.

    Raises StreamError when `work` raises or dies. When the caller stops iterating, the child is ended.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    child = _start(Job("stream", work), log, streaming=True)
    try:
        while True:
            tick()
            if not child.pipe.poll(_TICK_S):
                continue
            message = child.pipe.recv()
            if isinstance(message, Outcome):
                if message.error:
                    raise StreamError(message.error.splitlines()[0])
                return
            yield message
    except EOFError:
        child.process.join()
        raise StreamError(f"its process died with status {child.process.exitcode}") from None
    finally:
        _stop([child])
