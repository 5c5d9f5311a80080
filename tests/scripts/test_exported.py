# SPDX-License-Identifier: Apache-2.0
"""Builds and runs are the same whatever variables the caller has exported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.config import load_config
from scripts.sim import build as build_module
from scripts.sim.benches import load_benches
from scripts.sim.exported import own_environment
from scripts.sim.run import Run, execute
from scripts.sim.waves import wave_file

EXPORTED = {
    "COCOTB_RANDOM_SEED": "99",
    "COCOTB_RESULTS_FILE": "/nonexistent/results.xml",
    "COCOTB_REWRITE_ASSERTION_FILES": "*.py",
    "COCOTB_TEST_FILTER": "another",
    "COCOTB_TOPLEVEL": "another",
    "COCOTB_TRUST_INERTIAL_WRITES": "1",
    "DPR_CONFIG": "small8",
    "DPR_KNOBS": "batches=1",
    "DPR_RUN_DIR": "/nonexistent",
    "DPR_SEED": "99",
    "GPI_EXTRA": "/nonexistent/library",
    "GPI_USERS": "/nonexistent/library",
    "PYTHONHASHSEED": "99",
    "SIM": "verilator",
    "SIM_CMD_PREFIX": "false",
    "WAVES": "1",
}


def export(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in EXPORTED.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("icarus")
def test_a_run_sees_its_own_variables_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "SIM_BUILDS", tmp_path / "sim")
    run = Run("compressor_reset", "small16", "icarus", 5)
    before = execute(run, tmp_path / "before")
    export(monkeypatch)
    after = execute(run, tmp_path / "after")
    assert (before.status, after.problems) == ("passed", [])
    assert (after.transactions, after.checks, after.cycles) == (before.transactions, before.checks, before.cycles)
    assert before.transactions
    assert wave_file(tmp_path / "after" / run.id) is None


def test_verilator_finds_the_test_whatever_the_path_of_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(monkeypatch)
    monkeypatch.setenv("PYTHONPATH", "/nonexistent")
    result = execute(Run("negative_control", "small16", "verilator", 1), tmp_path)
    assert (result.status, result.problems) == ("passed", [])


@pytest.mark.usefixtures("icarus")
def test_a_build_has_waves_only_if_its_name_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "SIM_BUILDS", tmp_path / "sim")
    export(monkeypatch)
    folder = build_module.build(load_benches()["negative"], load_config("small16"), "icarus")
    assert b"$dumpfile" not in (folder / "sim.vvp").read_bytes()


def test_the_caller_keeps_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    export(monkeypatch)
    monkeypatch.setenv("DPR_BUILD", "/somewhere")
    before = dict(os.environ)
    with own_environment({"DPR_SEED": "5"}):
        left = {name: os.environ[name] for name in (*EXPORTED, "DPR_BUILD") if name in os.environ}
        assert left == {"DPR_SEED": "5", "DPR_BUILD": "/somewhere", "PYTHONHASHSEED": "99"}
    assert dict(os.environ) == before
