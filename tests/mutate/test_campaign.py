# SPDX-License-Identifier: Apache-2.0
"""A campaign from the RTL to the score: good tests kill, toothless ones do not, tests that fail anyway are refused."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.mutate import trials
from scripts.mutate.campaigns import Checker, Trial, load_plan
from scripts.mutate.checkers import run_checker
from scripts.mutate.equivalence import prove_equivalent
from scripts.mutate.netlist import Netlist, make_netlist
from scripts.mutate.python_mutants import list_python_mutants
from scripts.mutate.score import Fate
from scripts.mutate.trials import build_netlist, case_of, fate_of, run_campaign
from scripts.sim.forked import Case

PLANTED = "tests.mutate.planted"
TRIAL = Trial("tile_random", knobs={"batches": 2, "pallets": 3})


@pytest.fixture(scope="module")
def netlist() -> Iterator[Netlist]:
    """Five mutants of the bit-parallel design, in folders of this process, which go with it."""
    plan = load_plan()
    campaign = replace(plan.campaigns["base8_small"], name=f"test{os.getpid()}", tests=(TRIAL,))
    made = make_netlist(campaign, [replace(plan.blocks["base"], campaigns=(campaign.name,))], 5, 1)
    built = build_netlist(made, 1)
    yield made
    for folder in (built, made.folder, made.base.parent):
        shutil.rmtree(folder)


def run(netlist: Netlist) -> list[Fate]:
    fates = {mutant.number: fate_of(mutant, netlist.campaign.name) for mutant in netlist.mutants}
    run_campaign(netlist, fates, 1, 1, lambda fate: None)
    return list(fates.values())


def _planting(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Every child of a campaign has a planted checker too."""

    def case(number: int, trial: Trial, seed: int, limit_s: float) -> Case:
        plain = case_of(number, trial, seed, limit_s)
        return replace(plain, case={"apply": [[f"{PLANTED}:{function}", {}], *plain.case["apply"]]})

    monkeypatch.setattr(trials, "case_of", case)


def test_each_mutant_meets_the_tests_by_itself(netlist: Netlist) -> None:
    fates = run(netlist)
    assert [fate.name for fate in fates] == [f"{netlist.campaign.name}:{number}" for number in range(1, 6)]
    assert sum(fate.killed for fate in fates) >= 4
    assert {fate.by for fate in fates if fate.killed} == {"tile_random"}
    assert all(re.search("differ|did not end", fate.problem) for fate in fates if fate.how == "failed")
    assert all(Path(fate.source).name in ("dpr_base.v", "dpr_ip.v") and fate.line_text for fate in fates)


def test_a_toothless_checker_leaves_survivors(netlist: Netlist, monkeypatch: pytest.MonkeyPatch) -> None:
    _planting(monkeypatch, "toothless")
    fates = run(netlist)
    assert sum(fate.killed for fate in fates) <= 1  # one that hangs or dies
    assert all(fate.tests == ["tile_random"] for fate in fates)


def test_tests_that_fail_without_a_mutant_are_refused(netlist: Netlist, monkeypatch: pytest.MonkeyPatch) -> None:
    _planting(monkeypatch, "always_wrong")
    with pytest.raises(UserError, match=r"tile_random with seed 1 does not pass on the netlist without a mutant: .*mismatches"):
        run(netlist)


def test_a_mutant_that_is_seen_is_not_proved_equivalent(netlist: Netlist) -> None:
    number = next(int(fate.name.split(":")[1]) for fate in run(netlist) if fate.how == "failed")
    assert prove_equivalent(netlist, netlist.mutants[number - 1]) == ""


def test_the_same_seed_gives_the_same_mutants(netlist: Netlist) -> None:
    block = replace(load_plan().blocks["base"], campaigns=(netlist.campaign.name,))
    again, other = (make_netlist(netlist.campaign, [block], 5, seed) for seed in (1, 2))
    assert again.folder == netlist.folder
    assert again.mutants == netlist.mutants
    assert other.mutants != netlist.mutants


def test_a_checker_that_accepts_anything_is_found(netlist: Netlist) -> None:
    """One that does not remember what differs misses the spoilt sum; one that takes equal for different cries on good RTL."""
    checker = Checker(
        "checks", ("tb.common.checks:Checks.equal",), netlist.campaign.name, (TRIAL,), 100, compares=("tb.tile.scoreboard",)
    )
    wanted = ("self._remember(", "actual_array != expected_array: Eq", "return True")
    mutants = [mutant for mutant in list_python_mutants(checker.modules) if mutant.description.startswith(wanted)]
    assert len(mutants) == 2
    fates = run_checker(checker, netlist, build_netlist(netlist, 1), mutants, 1, 1, lambda killed: None)
    assert {fate.how for fate in fates} == {"missed", "failed"}
    assert next(fate.problem for fate in fates if fate.how == "missed").startswith("misses a wrong expectation of '")


def test_a_checker_that_hands_nothing_to_coverage_is_found(netlist: Netlist) -> None:
    checker = Checker("cover", ("tb.tile.coverage:TileCoverage.write",), netlist.campaign.name, (TRIAL,), 100)
    mutants = [mutant for mutant in list_python_mutants(checker.modules) if "_steps(trace" in mutant.description]
    assert len(mutants) == 1
    [fate] = run_checker(checker, netlist, build_netlist(netlist, 1), mutants, 1, 1, lambda killed: None)
    assert fate.how == "missed"
    assert re.match(r"leaves \d+ bins empty: tile\.", fate.problem)


def test_a_checker_must_miss_what_a_deaf_monitor_keeps_from_it(netlist: Netlist) -> None:
    """One batch is seen and right, so that only what is left over tells of the other."""
    board, target = ("tb.tile.scoreboard:TileScoreboard.build_phase",), "tb.tile.agent:TileMonitor.publish"
    checker = Checker("left over", board, netlist.campaign.name, (TRIAL,), 100, compares=("none",), deafened=(target,))
    mutants = [mutant for mutant in list_python_mutants(checker.modules) if "LEFTOVERS" in mutant.description]
    assert len(mutants) == 1
    alone = replace(netlist, mutants=())
    [fate] = run_checker(checker, alone, build_netlist(netlist, 1), mutants, 1, 1, lambda killed: None)
    assert (fate.how, fate.problem) == ("missed", f"misses a deaf {target}")


def test_a_checker_that_does_not_miss_what_a_deaf_monitor_lost_is_refused(netlist: Netlist) -> None:
    once = Trial("tile_random", knobs={"batches": 1, "pallets": 3})  # no second batch to lose
    target = "tb.tile.agent:TileMonitor.publish"
    checker = Checker("left over", ("tb.common.checks:Checks.fail",), netlist.campaign.name, (once,), 100, deafened=(target,))
    with pytest.raises(UserError, match=f"left over: tile_random passes with a deaf {target}"):
        run_checker(checker, netlist, build_netlist(netlist, 1), [], 1, 1, lambda killed: None)


def test_a_checker_whose_test_notices_nothing_is_refused(netlist: Netlist) -> None:
    checker = Checker("checks", ("tb.common.checks:Checks.fail",), netlist.campaign.name, (TRIAL,), 100)
    nobody = replace(netlist, mutants=())
    with pytest.raises(UserError, match="checks: tile_random notices none of the witnesses"):
        run_checker(checker, nobody, build_netlist(netlist, 1), [], 1, 1, lambda killed: None)
