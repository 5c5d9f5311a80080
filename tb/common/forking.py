# SPDX-License-Identifier: Apache-2.0
"""One simulator, many cases: at time 0 the simulator's process forks once a case that it is asked for.

A case costs a fork and the clock cycles that it needs, not the start of a simulator, of Python and of NumPy. It begins from the
same state as every other, and a crash or a hang ends nothing else. scripts/sim/forked.py is the other side: it starts the
simulator with DPR_FORK_SOCKET, sends a request a line (JSON), and gets a verdict a line, in the order in which cases end.

request: {"id": int, "run_dir": path, "cpu_s": number, "wall_s": number, "environment": {name: value}, "case": {...}}
case:    {"apply": [["module:function", {argument: value}], ...], "reach": bool, ...}; reach: whether to write
         REACH_FILE; the rest is for the test, ConfigDB key CASE
verdict: {"id": int, "status": "passed"|"failed"|"timeout"|"died", "problem": text, "seconds": number}
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import resource
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOCKET = "DPR_FORK_SOCKET"
CHECKS_FILE = "checks.json"  # a child's verdict, as the base test writes it
REACH_FILE = (
    "reach.json"  # of a child that came to its end: the bins that it has filled, and what it has compared, by which module
)
_LOG = "run.log"
_TICK_S = 0.02

Case = dict[str, Any]


@dataclass
class _Child:
    request: dict[str, Any]
    start: float
    overdue: bool = False


def requested_case() -> Case | None:
    """Serve requests for cases; return the case in the child that is to run it, None where nobody asks for cases.

    The serving process itself does not return: it ends when the other side closes the socket. To be called before any time has
    passed and before anything is opened that children must not share.
    """
    address = os.environ.pop(SOCKET, "")
    return _Server(address).serve() if address else None


def apply_case(case: Case) -> None:
    """Call the functions that a case names, in a child: they plant what the case is about (a mutant, a broken checker)."""
    for target, arguments in case.get("apply", ()):
        module, _, function = target.partition(":")
        getattr(importlib.import_module(module), function)(**arguments)


class _Server:
    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address)
        self.unread = b""
        self.children: dict[int, _Child] = {}

    def serve(self) -> Case:
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            while True:
                lines = self._lines() if selector.select(_TICK_S if self.children else None) else []
                for request in map(json.loads, lines):
                    if self._fork(request):
                        break
                else:
                    self._reap()
                    continue
                break
        self.socket.close()
        _become(request)
        return request["case"]

    def _lines(self) -> list[bytes]:
        """Whole lines that have come; at the end of the connection the process ends, and its children with it."""
        data = self.socket.recv(1 << 16)
        if not data:
            for pid in self.children:
                _kill(pid)
            os._exit(0)
        *lines, self.unread = (self.unread + data).split(b"\n")
        return lines

    def _fork(self, request: dict[str, Any]) -> bool:
        """Start a child; return True in it."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            self.children[pid] = _Child(request, time.monotonic())
        return pid == 0

    def _reap(self) -> None:
        for pid, child in list(self.children.items()):
            seconds = time.monotonic() - child.start
            if not child.overdue and seconds > child.request["wall_s"]:
                child.overdue = True
                _kill(pid)
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self.children[pid]
                self._send(child, status, seconds)

    def _send(self, child: _Child, status: int, seconds: float) -> None:
        verdict = _verdict(Path(child.request["run_dir"]), status, child.overdue)
        message = {"id": child.request["id"], **verdict, "seconds": round(seconds, 3)}
        self.socket.sendall(json.dumps(message).encode() + b"\n")


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _verdict(run_dir: Path, status: int, overdue: bool) -> dict[str, str]:
    """What a child's end means: only the base test's own verdict without a problem is a pass."""
    if overdue or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return {"status": "timeout", "problem": "no end within its time"}
    try:
        problems = json.loads((run_dir / CHECKS_FILE).read_text())["problems"]
    except (OSError, ValueError, KeyError):
        return {"status": "died", "problem": f"the test left no verdict: see {run_dir.name}/{_LOG}"}
    return {"status": "failed" if problems else "passed", "problem": problems[0] if problems else ""}


def _become(request: dict[str, Any]) -> None:
    """Make this child a run of its own: folder, log, environment, a limit on processor time (a hang burns it)."""
    folder = Path(request["run_dir"])
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    log = os.open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for target in (1, 2):
        os.dup2(log, target)
    os.close(log)
    atexit.register(os._exit, 0)  # a test that raises ends the simulation; the simulator itself may not survive its own end
    limit = max(1, round(request["cpu_s"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    os.environ.update(request["environment"], DPR_RUN_DIR=str(folder), COCOTB_RESULTS_FILE=str(folder / "results.xml"))
