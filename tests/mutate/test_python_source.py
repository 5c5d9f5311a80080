# SPDX-License-Identifier: Apache-2.0
"""Mutants of Python: which there are, and that the function in use becomes the mutant. Each plants in a process of its own."""

from __future__ import annotations

import ast
import inspect
import logging
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.mutate.python_mutants import list_python_mutants, sample
from scripts.mutate.python_source import functions, mutate_function, sites
from scripts.mutate.replay import change
from tb.common.checks import Checks
from tests.mutate import planted

MODULE = "tests.mutate.planted"
PAIRS = ((1, 1), (1, 2), ([1, 2, 3], [1, 5, 6]), ([1, 2], [1, 2, 3]), ([], []), ([[1, 2], [3, 4]], [[1, 2], [3, 5]]))
_FORK = multiprocessing.get_context("fork")


def descriptions(function: str) -> list[str]:
    tree = next(item.tree for item in functions(ast.parse(inspect.getsource(planted))) if item.name == function)
    return [site.description for site in sites(tree)]


def in_child(work: Callable[[], object]) -> object:
    """The value of `work`, called in a forked process: a planted mutant stays there."""
    receiver, sender = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=lambda: sender.send(work()))
    process.start()
    sender.close()
    value = receiver.recv()
    process.join()
    return value


def under(function: str, description: str, work: Callable[[], object], module: str = MODULE) -> object:
    """The value of `work` under the mutant of `function` with this description."""
    mutants = list_python_mutants([f"{module}:{function}"])
    mutant = next(mutant for mutant in mutants if mutant.description == description)

    def planted_work() -> object:
        mutate_function(mutant.module, mutant.function, mutant.index)
        return work()

    return in_child(planted_work)


def test_the_changes_of_a_function() -> None:
    assert descriptions("at_most") == ["value <= bound: Lt"]
    assert set(descriptions("add_all")) == {"total += value: dropped", "0 in column 12: one more", "total += value: Sub"}
    assert set(descriptions("record")) == {
        "values.append(value): dropped",
        "value in values and True: condition negated",
        "value in values and True: Or",
        "value in values: NotIn",
        "True in column 27: the other",
        "record: returns at once",
    }


def test_what_only_a_subclass_has_is_left_alone() -> None:
    named = {mutant.function for mutant in list_python_mutants([f"{MODULE}:Holder*"])}
    assert named == {"Holder.__init__", "Holder.twice", "Holder.half", "Holder.of"}


def test_the_docstring_and_the_annotations_are_left_alone() -> None:
    assert not any("Append" in text or "None" in text for text in descriptions("record"))


def test_a_cached_function_forgets_what_it_knew() -> None:
    assert planted.at_most(3, 3)
    assert under("at_most", "value <= bound: Lt", lambda: planted.at_most(3, 3)) is False
    assert planted.at_most(3, 3)


@pytest.mark.parametrize(
    ("function", "description", "work", "value"),
    [
        ("Holder.__init__", "size + 1: Sub", lambda: planted.Holder(4).size, 3),
        ("Holder.twice", "self.size * 2: Add", lambda: planted.Holder(4).twice, 7),
        ("Holder.half", "value // 2: Mult", lambda: planted.Holder.half(8), 16),
        ("Holder.of", "size - 1: Add", lambda: planted.Holder.of(4).size, 6),
    ],
)
def test_methods_of_every_kind(function: str, description: str, work: Callable[[], int], value: int) -> None:
    assert in_child(work) != value
    assert under(function, description, work) == value


def test_whoever_holds_the_function_gets_the_mutant() -> None:
    held = planted.add_all
    assert under("add_all", "total += value: Sub", lambda: held([1, 2])) == -3


def test_every_mutant_of_the_comparison_is_told_from_it() -> None:
    """Of `Checks.equal` and `fail`: on an equal pair, a different one, and different shapes; plain and spoilt."""

    def verdicts() -> list[object]:
        checks = Checks(logging.getLogger("mutants"), spoil="*spoil me*")
        logging.disable(logging.CRITICAL)
        try:
            same = [checks.equal("what", actual, expected) for actual, expected in PAIRS]
            same.append(planted.ask(checks, "please spoil me now"))
        except Exception as error:
            return [type(error).__name__]
        return [checks.total, checks.mismatches, checks.messages, checks.compared, same]

    good = in_child(verdicts)
    for mutant in list_python_mutants(["tb.common.checks:Checks.equal", "tb.common.checks:Checks.fail"]):

        def planted_verdicts(mutant: object = mutant) -> object:
            mutant.plant()
            return verdicts()

        assert in_child(planted_verdicts) != good, mutant.description


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    mutants = list_python_mutants([MODULE])
    drawn = sample(mutants, 5, 1)
    assert drawn == sample(mutants, 5, 1)
    assert drawn != sample(mutants, 5, 2)
    assert sample(mutants, 10_000, 1) == mutants
    assert [mutant.number for mutant in mutants] == list(range(1, len(mutants) + 1))


def test_a_mutant_knows_its_place_and_its_change() -> None:
    mutant = next(mutant for mutant in list_python_mutants([f"{MODULE}:add_all"]) if mutant.description.endswith("Sub"))
    assert mutant.source == Path(planted.__file__)
    assert mutant.text == "total += value"
    assert "-        total += value" in change(mutant)
    assert "+        total -= value" in change(mutant)


@pytest.mark.parametrize("entry", ["models.nothing_like_it", f"{MODULE}:nobody"])
def test_what_does_not_exist_is_refused(entry: str) -> None:
    with pytest.raises(UserError, match=r"tb/mutation\.toml: "):
        list_python_mutants([entry])
