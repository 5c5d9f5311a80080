# SPDX-License-Identifier: Apache-2.0
"""Tests of the models meet mutants of the models: collected once, then a child a mutant runs them until one fails."""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.paths import ROOT

_TICK_S = 0.01
_UNTIMED = "not fast and not speed"  # tests that measure time say something of the machine, too
_LIMIT, _LIMIT_S = 5, 5.0  # times the tests' processor time without a mutant, and seconds more


@dataclass(frozen=True)
class Ending:
    """How the tests ended on a mutant: "passed", "failed" (`problem`: the test), "timeout" or "died"."""

    status: str
    problem: str
    seconds: float


Mutate = Callable[[], None]
Done = Callable[[int, Ending], None]


@dataclass
class _Child:
    number: int
    verdict: Path
    start: float


@dataclass
class ForkedTests:
    """A pytest plugin that, instead of running the collected tests, runs them in a child a mutant; quick ones first.

    mutants: what each child does before the tests. done: called with a mutant's number and ending.
    """

    mutants: Sequence[Mutate]
    jobs: int
    done: Done
    scratch: Path
    limit_s: float = 300.0
    refusal: str = ""  # why the tests cannot judge mutants
    _children: dict[int, _Child] = field(default_factory=dict)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Called by pytest when the tests are collected."""
        if session.testsfailed:
            self.refusal = "the tests cannot be collected: run them by themselves"
        elif not session.items:
            self.refusal = "no tests were collected"
        if not self.refusal:
            self._sort(session)
        waiting = [] if self.refusal else list(reversed(range(len(self.mutants))))
        while waiting or self._children:
            while waiting and len(self._children) < self.jobs:
                self._fork(session, waiting.pop())
            self._reap()
            time.sleep(_TICK_S)
        return True

    def _sort(self, session: pytest.Session) -> None:
        """Run all tests without a mutant, then order them by their time; set the limit of a mutant's child."""
        endings: list[Ending] = []
        watched, self.done = self.done, lambda number, ending: endings.append(ending)
        self._fork(session, -1)
        while self._children:
            self._reap()
            time.sleep(_TICK_S)
        self.done = watched
        if endings[0].status != "passed":
            self.refusal = f"the tests do not pass without a mutant: {endings[0].problem or endings[0].status}"
            return
        seconds = pickle.loads((self.scratch / "seconds").read_bytes())
        session.items.sort(key=lambda item: seconds[item.nodeid])
        self.limit_s = _LIMIT_S + _LIMIT * endings[0].seconds

    def _fork(self, session: pytest.Session, number: int) -> None:
        verdict = self.scratch / f"verdict-{number}"
        pid = os.fork()
        if pid == 0:
            self._run(session, number, verdict)
        self._children[pid] = _Child(number, verdict, time.monotonic())

    def _run(self, session: pytest.Session, number: int, verdict: Path) -> None:
        """In a child: become the mutant, run the tests until one fails, write its name, end."""
        null = os.open(os.devnull, os.O_RDWR)
        for target in (0, 1, 2):
            os.dup2(null, target)
        limit = max(1, round(self.limit_s))
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 2))
        seconds, problem = {}, ""
        try:
            if number >= 0:
                self.mutants[number]()
            for item in session.items:
                begin = time.monotonic()
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                seconds[item.nodeid] = time.monotonic() - begin
                if session.testsfailed:
                    problem = item.nodeid
                    break
        except BaseException as error:
            problem = f"{type(error).__name__}: {error}"
        if number < 0:
            (self.scratch / "seconds").write_bytes(pickle.dumps(seconds))
        verdict.write_text(problem)
        os._exit(0)

    def _reap(self) -> None:
        for pid, child in list(self._children.items()):
            seconds = time.monotonic() - child.start
            overdue = seconds > 10 * self.limit_s
            if overdue:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            ended, status = os.waitpid(pid, 0 if overdue else os.WNOHANG)
            if ended:
                del self._children[pid]
                self.done(child.number, self._ending(child, status, overdue, seconds))

    def _ending(self, child: _Child, status: int, overdue: bool, seconds: float) -> Ending:
        if overdue or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)):
            return Ending("timeout", "no end within its time", seconds)
        if not child.verdict.exists():
            return Ending("died", "no verdict", seconds)
        problem = child.verdict.read_text()
        return Ending("failed" if problem else "passed", problem, seconds)


def run_tests(tests: Sequence[str], mutants: Sequence[Mutate], jobs: int, done: Done) -> None:
    """Run the tests (paths and node ids of the checkout) on each mutant, `jobs` at a time.

    Raises UserError when they do not pass without one.
    """
    with tempfile.TemporaryDirectory(prefix="dpr-mutants-") as scratch:
        plugin = ForkedTests(mutants, jobs, done, Path(scratch))
        options = [
            "-x",
            "-k",
            _UNTIMED,
            "-p",
            "no:cacheprovider",
            "-p",
            "no:terminal",
            "-p",
            "no:xdist",
            "-p",
            "no:faulthandler",
        ]
        status = pytest.main([*options, f"--rootdir={ROOT}", *(str(ROOT / test) for test in tests)], [plugin])
    if plugin.refusal or status != pytest.ExitCode.OK:
        raise UserError(plugin.refusal or f"pytest ended with {status}")
