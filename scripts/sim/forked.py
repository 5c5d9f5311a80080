# SPDX-License-Identifier: Apache-2.0
"""Many cases in one simulation: the side that asks (tb/common/forking.py is the side that forks)."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from scripts.errors import UserError
from scripts.sim.run import LOG_FILE, Run, simulate, stop_group
from tb.common.forking import SOCKET

START_S = 120.0  # until a simulator asks for its first case


@dataclass(frozen=True)
class Case:
    """What a child is to do: `case` as tb/common/forking.py says, environment variables beside the run's, limits in seconds.

    Processor time is the limit that counts; the wall clock's is for a child that sleeps.
    """

    name: str
    case: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    cpu_s: float = 60.0
    wall_s: float = 600.0


@dataclass(frozen=True)
class Verdict:
    """How a child ended: "passed", "failed" (the test says so), "timeout", "died" (no verdict: an exception, a crash)."""

    status: str
    problem: str
    seconds: float
    folder: Path

    @property
    def passed(self) -> bool:
        """Whether the test passed."""
        return self.status == "passed"


class ForkedSimulation:
    """A simulation of `run` on a finished build that waits for cases. A context manager; the simulator ends with it.

    The children's folders are `folder`/<case name>. Raises UserError, with the log's name, when the simulator does not come up.
    """

    def __init__(self, run: Run, build_folder: Path, folder: Path) -> None:
        self.folder = folder
        self._next = 0
        self._unread = b""
        self._scratch = tempfile.TemporaryDirectory(prefix="dpr-")  # a socket's path must be short
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        address = str(Path(self._scratch.name) / "cases")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen(1)
        arguments = (run, build_folder, folder, {SOCKET: address})
        self._process = multiprocessing.get_context("fork").Process(target=simulate, args=arguments)

    def __enter__(self) -> Self:
        self._process.start()
        self._listener.settimeout(0.2)
        for _ in range(round(START_S / 0.2)):
            with suppress(TimeoutError):
                self._socket, _ = self._listener.accept()
                self._socket.settimeout(None)
                return self
            if self._process.exitcode is not None:
                break
        self.__exit__()
        raise UserError(f"the simulator does not come up: see {self.folder / LOG_FILE}")

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "_socket"):
            self._socket.close()
            self._process.join(10)
        stop_group(self._process)
        self._listener.close()
        self._scratch.cleanup()

    def run(self, case: Case) -> Verdict:
        """Run one case."""
        return next(iter(self.run_all([case], 1)))[1]

    def run_all(self, cases: Sequence[Case], jobs: int) -> Iterator[tuple[Case, Verdict]]:
        """Run cases, `jobs` at a time; yield each with its verdict as it ends. Raises UserError if the simulator is gone."""
        waiting, running = list(reversed(cases)), dict[int, Case]()
        while waiting or running:
            while waiting and len(running) < jobs:
                case = waiting.pop()
                running[self._ask(case)] = case
            answer = self._answer()
            case = running.pop(answer["id"])
            yield case, Verdict(answer["status"], answer["problem"], answer["seconds"], self.folder / case.name)

    def _ask(self, case: Case) -> int:
        self._next += 1
        request = {
            "id": self._next,
            "run_dir": str(self.folder / case.name),
            "cpu_s": case.cpu_s,
            "wall_s": case.wall_s,
            "environment": dict(case.environment),
            "case": dict(case.case),
        }
        shutil.rmtree(self.folder / case.name, ignore_errors=True)
        with suppress(BrokenPipeError):  # the answer that does not come says it
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        return self._next

    def _answer(self) -> dict[str, Any]:
        while b"\n" not in self._unread:
            data = self._socket.recv(1 << 16)
            if not data:
                raise UserError(f"the simulator ended while cases were running: see {self.folder / LOG_FILE}")
            self._unread += data
        line, self._unread = self._unread.split(b"\n", 1)
        return json.loads(line)
