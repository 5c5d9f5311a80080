# SPDX-License-Identifier: Apache-2.0
"""`python -m scripts.mutate`: a mistake gives one line and status 2, before anything is built."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.mutate import replay as replay_module
from scripts.mutate.campaigns import Checker, load_plan
from scripts.mutate.score import Fate
from scripts.paths import ROOT
from tests.scripts.process import clean_environment


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["BLOCK=nobody"], "error: BLOCK=nobody: no such block; use names or globs of: compressor, decompressor, "),
        (["MUTANTS=0"], "error: MUTANTS=0: use a whole number from 1 to "),
        (["RUN=sip"], "error: RUN=sip: use the name that a survivor is printed with, CAMPAIGN:NUMBER or BLOCK:NUMBER"),
    ],
)
def test_a_mistake_gives_one_line(words: list[str], message: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.mutate", *words]
    env = clean_environment(DPR_BUILD=str(tmp_path / "build"))
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "build").exists()


def test_a_mutant_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UserError, match=r"RUN=models/layers:100000: there are the mutants 1 to \d+"):
        replay_module.replay(load_plan(), "models/layers:100000", 1, 1)


@pytest.mark.parametrize(
    ("killed", "said"), [(True, "tile_random: missed: misses it"), (False, "no difference in tile_random")]
)
def test_a_mutant_of_a_checker_is_shown_and_met_again(
    killed: bool, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run_checker(checker: Checker, netlist: object, built: object, mutants: list, *_: object) -> list[Fate]:
        fate = mutants[0].fate(checker.name)
        fate.meet("tile_random", "missed" if killed else "passed", "misses it" if killed else "", 0.1)
        return [fate]

    monkeypatch.setattr(replay_module, "make_netlist", lambda campaign, held, count, seed: None)
    monkeypatch.setattr(replay_module, "build_netlist", lambda netlist, jobs: None)
    monkeypatch.setattr(replay_module, "run_checker", run_checker)
    assert replay_module.replay(load_plan(), "tb/tile scoreboard:1", 1, 1) == killed
    shown = capsys.readouterr().out
    assert shown.endswith(f"{said}\n")
    assert shown.startswith("tb/tile/scoreboard.py:")
    assert "\n-" in shown
    assert "\n+" in shown


def test_the_short_set_is_a_part_of_all() -> None:
    plan = load_plan()
    short = plan.short()
    assert 0 < len(short.blocks) < len(plan.blocks)
    assert all(len(block.campaigns) == 1 for block in short.blocks.values())
    assert short.models
    campaigns = {block.campaigns[0] for block in short.blocks.values()}
    assert {checker.campaign for checker in short.checkers.values()} <= campaigns  # no netlist for them alone
