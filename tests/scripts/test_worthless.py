# SPDX-License-Identifier: Apache-2.0
"""Every way in which a test can be worthless ends as "failed": the base test, the runner and the regression all notice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.paths import ROOT
from scripts.sim.run import RUN_FILE, Run, execute
from tests.scripts.process import clean_environment, ends_soon, processes_naming

REASONS = {
    "negative_mismatch": "1 mismatches: count: 1 of 1 differ, first: 5, expected 6",
    "negative_unchecked": "nothing was checked",
    "negative_timeless": "no time passed",
    "negative_leftover": "left over: 3 groups in the scoreboard",
    "negative_logged": "1 errors in the log",
    "negative_raised": "the stimulus broke",
    "negative_forgotten": "the base test wrote no verdict",
    "negative_hang": "no end within 4 s",
}


@pytest.mark.usefixtures("icarus")
@pytest.mark.parametrize(("test", "reason"), REASONS.items())
def test_worthless_test_fails(test: str, reason: str, tmp_path: Path) -> None:
    result = execute(Run(test, "small16", "icarus", 1), tmp_path)
    assert result.status == "failed"
    assert reason in result.problems[0]
    assert result.signature
    assert json.loads((tmp_path / result.id / RUN_FILE).read_text())["status"] == "failed"


@pytest.mark.usefixtures("icarus")
def test_control_passes_on_icarus(tmp_path: Path) -> None:
    result = execute(Run("negative_control", "small16", "icarus", 1), tmp_path)
    assert (result.status, result.problems, result.checks, result.cycles) == ("passed", [], 1, 7)


def test_verilator_agrees(tmp_path: Path) -> None:
    control = execute(Run("negative_control", "small16", "verilator", 1), tmp_path)
    assert (control.status, control.problems, control.checks) == ("passed", [], 1)
    logged = execute(Run("negative_logged", "small16", "verilator", 1), tmp_path)
    assert (logged.status, logged.problems) == ("failed", ["1 errors in the log"])


@pytest.mark.usefixtures("icarus")
def test_regression_fails_with_reason_and_replay_line(run_script, tmp_path: Path) -> None:
    words = ("SIM=icarus", "SEED=5", "TEST=negative_control,negative_logged")
    done = run_script("regress", *words)
    document = json.loads((tmp_path / "build" / "regress.json").read_text())
    good, bad = document["rows"]
    assert done.returncode == 1
    assert (good["status"], bad["status"], document["seed"]) == ("passed", "failed", 5)
    assert f"FAILED {bad['id']}: 1 errors in the log\n  make replay RUN={bad['id']}\n" in done.stdout
    assert done.stdout.splitlines()[-1] == "regress: 1 passed, 1 failed"
    assert "Traceback" not in done.stderr
    again = run_script("regress", *words)
    rows = json.loads((tmp_path / "build" / "regress.json").read_text())["rows"]
    assert [row | {"seconds": 0} for row in rows] == [row | {"seconds": 0} for row in document["rows"]]
    assert again.returncode == 1


@pytest.mark.usefixtures("icarus")
def test_replay_reruns_with_waves(run_script, tmp_path: Path) -> None:
    done = run_script("replay", "replay", "RUN=negative_logged-small16-icarus-77")
    folder = tmp_path / "build" / "replay" / "negative_logged-small16-icarus-77"
    assert done.returncode == 1
    assert "something is wrong, and nobody raised it" in done.stdout
    assert f"waves: {folder / 'waves.fst'}" in done.stdout
    assert (folder / "waves.fst").stat().st_size > 0
    assert "FAILED negative_logged-small16-icarus-77: 1 errors in the log" in done.stdout


@pytest.mark.usefixtures("icarus")
def test_interrupt_ends_the_simulators(tmp_path: Path) -> None:
    env = clean_environment(DPR_BUILD=str(tmp_path / "build"))
    # a shell starts its background jobs with SIGINT ignored, and children inherit that: undo it
    command = ["env", "--default-signal=INT", sys.executable, "-m", "scripts.regress"]
    words = ["SIM=icarus", "SEED=1", "TEST=negative_hang"]
    process = subprocess.Popen([*command, *words], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (simulators := processes_naming(tmp_path / "build" / "runs")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert simulators
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.strip() == "interrupted"
    assert all(ends_soon(pid) for pid in simulators + processes_naming(tmp_path / "build"))
