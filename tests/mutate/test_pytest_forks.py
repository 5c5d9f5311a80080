# SPDX-License-Identifier: Apache-2.0
"""Tests of Python code meet mutants: good tests kill, toothless ones do not, and bad ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.mutate.campaigns import Model
from scripts.mutate.models import run_model
from scripts.mutate.python_mutants import list_python_mutants
from scripts.mutate.score import Fate

MODULES = ("tests.mutate.planted:add_all", "tests.mutate.planted:at_most")
GOOD = """
from tests.mutate import planted

def test_sum():
    assert planted.add_all([1, 2]) == 3

def test_bound():
    assert planted.at_most(3, 3) and planted.at_most(2, 3) and not planted.at_most(4, 3)
"""
TOOTHLESS = GOOD.replace(" == 3", "").replace("assert planted.at_most", "assert True or planted.at_most")
ENDLESS = GOOD.replace("assert planted.add_all([1, 2]) == 3", "while planted.add_all([1, 2]) != 3:\n        pass")


def run(text: str, folder: Path, only: str = "") -> list[Fate]:
    (folder / "test_it.py").write_text(text)
    model = Model("planted", MODULES, (str(folder / "test_it.py"),), 100)
    mutants = [mutant for mutant in list_python_mutants(MODULES) if only in mutant.description]
    return run_model(model, mutants, 2, lambda fate: None)


def test_good_tests_kill_every_mutant(tmp_path: Path) -> None:
    fates = run(GOOD, tmp_path)
    assert len(fates) == 4
    assert {fate.how for fate in fates} == {"failed"}
    assert {fate.problem.split("::")[1] for fate in fates} == {"test_sum", "test_bound"}


def test_toothless_tests_leave_survivors(tmp_path: Path) -> None:
    assert not any(fate.killed for fate in run(TOOTHLESS, tmp_path))


def test_a_mutant_that_never_ends_is_ended(tmp_path: Path) -> None:
    assert [fate.how for fate in run(ENDLESS, tmp_path, "total += value: dropped")] == ["timeout"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("== 3", "== 4"), "do not pass without a mutant: .*test_sum"),
        ("", "no tests were collected"),
        ("import nothing_like_it", "the tests cannot be collected"),
    ],
)
def test_tests_that_say_nothing_are_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"planted: .*({message})"):
        run(text, tmp_path)
