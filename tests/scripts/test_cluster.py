# SPDX-License-Identifier: Apache-2.0
"""Regressions on a Dask cluster: scheduler and workers on this machine, one of which is killed; wrong workers are refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.cluster.same import checkout_digest
from tests.scripts.process import clean_environment, ends_soon, processes_naming
from tests.support.checkout import Checkout

WORDS = ("SIM=icarus", "SEED=1", "SEEDS=3", "TEST=negative_control,negative_logged", "JOBS=2")


@contextmanager
def _process(folder: Path, module: str, *words: str, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask with `folder` for its log and temporary files; gone with all its children at the end."""
    (folder / "tmp").mkdir(parents=True)
    environment = clean_environment(DPR_BUILD=str(folder / "build"), TMPDIR=str(folder / "tmp"))
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-m", f"distributed.cli.{module}", *words, "--no-dashboard"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def _scheduler(folder: Path) -> Iterator[str]:
    """A scheduler that knows nothing of the project; yields its address."""
    file = folder / "scheduler.json"
    with _process(
        folder / "scheduler", "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file), cwd=folder
    ):
        _wait_for(file.exists)
        yield json.loads(file.read_text())["address"]


def _worker(folder: Path, address: str, checkout: Path):
    words = (address, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder / "tmp"))
    return _process(folder, "dask_worker", *words, cwd=checkout)


def _wait_for(condition, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def _registered(log: Path) -> bool:
    return "Registered to" in log.read_text()


def _stop_in_a_run(worker: subprocess.Popen[bytes], folder: Path) -> bool:
    """Stop the worker's process if a run is under way there; what ends from now on, it cannot tell."""
    runs = list((folder / "tmp").glob("dpr-run-*/negative_*"))
    if not runs:
        return False
    os.kill(worker.pid, signal.SIGSTOP)
    if any(run.exists() and not (run / "run.json").exists() for run in runs):
        return True
    os.kill(worker.pid, signal.SIGCONT)
    return False


def _rows(checkout: Checkout) -> list[dict]:
    document = json.loads((checkout.root / "build" / "regress.json").read_text())
    return [row | {"seconds": 0} for row in document["rows"]]


@pytest.mark.usefixtures("icarus")
def test_a_killed_worker_costs_no_result(tmp_path: Path) -> None:
    here, there = Checkout.copy(tmp_path / "here"), Checkout.copy(tmp_path / "there")
    here.run("regress", *WORDS)
    alone = _rows(here)
    assert len(alone) == 6
    first, second = tmp_path / "first", tmp_path / "second"
    with (
        _scheduler(tmp_path) as address,
        _worker(first, address, there.root) as victim,
        _worker(second, address, there.root),
    ):
        _wait_for(lambda: _registered(first / "log") and _registered(second / "log"))
        with here.start("regress", *WORDS, f"CLUSTER={address}") as regression:
            _wait_for(lambda: _stop_in_a_run(victim, first))
            remote = [pid for pid in processes_naming(first / "tmp") if pid != victim.pid]
            os.kill(victim.pid, signal.SIGKILL)
            assert all(ends_soon(pid, 20) for pid in remote), "what the worker had started ends with it"
            out, errors = regression.communicate(timeout=120)
    assert regression.returncode == 1, errors
    assert "2 at a time on 2 workers" in out
    assert "is gone; to be done again: 1" in out
    assert _rows(here) == alone
    for row in alone:
        folder = here.root / "build" / "runs" / row["id"]
        result = json.loads((folder / "run.json").read_text())
        assert result["log"] == f"build/runs/{row['id']}/run.log"
        assert (folder / "run.log").exists()
        assert (folder / "checks.json").exists()


@pytest.mark.usefixtures("icarus")
def test_a_worker_with_other_files_is_refused(tmp_path: Path) -> None:
    here, there = Checkout.copy(tmp_path / "here"), Checkout.copy(tmp_path / "there")
    (there.root / "rtl" / "common" / "more.v").write_text("// one file more\n")
    with _scheduler(tmp_path) as address, _worker(tmp_path / "worker", address, there.root):
        _wait_for(lambda: _registered(tmp_path / "worker" / "log"))
        done = here.run("regress", *WORDS, f"CLUSTER={address}")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"error: CLUSTER={address}: worker tcp://127.0.0.1:")
    assert f"its checkout ({checkout_digest(there.root)}) is not this one ({checkout_digest(here.root)})" in done.stderr
    assert not (here.root / "build" / "runs").exists()


def test_nobody_there_is_one_line(run_script) -> None:
    done = run_script("regress", "SIM=verilator", "TEST=negative_control", "CLUSTER=tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert done.stderr == (
        "error: CLUSTER=tcp://127.0.0.1:9: no Dask scheduler answers there; start one with: .venv/bin/dask scheduler\n"
    )


def test_the_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    for folder in ("models", "rtl", "scripts", "tb", "docs"):
        (tmp_path / folder / "__pycache__").mkdir(parents=True)
        (tmp_path / folder / "file").write_text("one")
    before = checkout_digest(tmp_path)
    (tmp_path / "rtl" / "__pycache__" / "x.pyc").write_text("x")
    (tmp_path / "docs" / "file").write_text("two")
    assert checkout_digest(tmp_path) == before
    (tmp_path / "tb" / "file").rename(tmp_path / "tb" / "other")
    renamed = checkout_digest(tmp_path)
    (tmp_path / "tb" / "other").write_text("two")
    assert len({before, renamed, checkout_digest(tmp_path)}) == 3
