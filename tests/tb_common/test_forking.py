# SPDX-License-Identifier: Apache-2.0
"""A forked simulation: every case has its own verdict, whatever the others do, and only a test that says so has passed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from models.config import load_config
from scripts.errors import UserError
from scripts.sim.benches import find_test, load_benches
from scripts.sim.build import build
from scripts.sim.forked import Case, ForkedSimulation
from scripts.sim.run import Run

PLANTED = "tests.tb_common.forking_cases"


def planting(name: str, function: str, **arguments: str) -> Case:
    return Case(name, {"apply": [[f"{PLANTED}:{function}", arguments]]}, cpu_s=20)


def simulation(test: str, folder: Path) -> ForkedSimulation:
    built = build(load_benches()[find_test(test).bench], load_config("small16"), "verilator", jobs=1)
    return ForkedSimulation(Run(test, "small16", "verilator", 1), built, folder)


def test_every_case_has_its_own_verdict(tmp_path: Path) -> None:
    cases = [
        Case("good"),
        planting("wrong", "wrong_expectations"),
        Case("slow", {"apply": [[f"{PLANTED}:burn", {}]]}, cpu_s=1),
        Case("asleep", {"apply": [["time:sleep", {}]]}),
        planting("crash", "crash"),
        planting("trouble", "trouble", text="planted"),
        Case("good again", environment={"DPR_SEED": "77"}),
    ]
    with simulation("negative_control", tmp_path / "forked") as forked:
        verdicts = {case.name: verdict for case, verdict in forked.run_all(cases, 2)}
        after = forked.run(Case("after"))
    assert {name: verdict.status for name, verdict in verdicts.items()} == {
        "good": "passed",
        "wrong": "failed",
        "slow": "timeout",
        "asleep": "died",  # time.sleep without an argument: an error before the test
        "crash": "died",
        "trouble": "died",
        "good again": "passed",
    }
    assert after.passed
    assert "expected" in verdicts["wrong"].problem
    assert json.loads((verdicts["wrong"].folder / "checks.json").read_text())["checks"] == 1  # it ended at the mismatch
    assert "planted" in (verdicts["trouble"].folder / "run.log").read_text()


def test_a_child_that_sleeps_is_ended_by_the_clock(tmp_path: Path) -> None:
    with simulation("negative_control", tmp_path / "forked") as forked:
        verdict = forked.run(Case("asleep", {"apply": [["signal:pause", {}]]}, wall_s=0.5))
    assert verdict.status == "timeout"


def test_the_simulator_ends_with_the_session(tmp_path: Path) -> None:
    with simulation("negative_control", tmp_path / "forked") as forked:
        forked.run(Case("one"))
        process = forked._process
    assert not process.is_alive()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_a_simulator_that_does_not_come_up_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match=r"does not come up: see .*run\.log"),
        ForkedSimulation(Run("negative_control", "small16", "verilator", 1), tmp_path, tmp_path / "forked"),
    ):
        pass


@pytest.mark.parametrize("test", ["negative_unchecked", "negative_leftover", "negative_logged", "negative_raised"])
def test_a_run_that_must_fail_fails_in_a_child_too(test: str, tmp_path: Path) -> None:
    with simulation(test, tmp_path / "forked") as forked:
        assert forked.run(Case("case")).status in ("failed", "died")
