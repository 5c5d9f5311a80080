# SPDX-License-Identifier: Apache-2.0
"""Mutants of the reference models meet the models' own tests."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from scripts.errors import UserError
from scripts.mutate.campaigns import Model
from scripts.mutate.pytest_forks import Ending, run_tests
from scripts.mutate.python_mutants import PythonMutant
from scripts.mutate.score import Fate

_FORK = multiprocessing.get_context("fork")


def _work(model: Model, mutants: Sequence[PythonMutant], jobs: int, pipe: Connection) -> None:
    """In a process of its own, so that what pytest imports and sets up stays there: send (number, ending) as they come."""
    try:
        run_tests(model.tests, [mutant.plant for mutant in mutants], jobs, lambda number, ending: pipe.send((number, ending)))
    except UserError as error:
        pipe.send((-1, Ending("error", str(error), 0.0)))


def run_model(model: Model, mutants: Sequence[PythonMutant], jobs: int, tick: Callable[[Fate], None]) -> list[Fate]:
    """Return what became of each mutant. Raises UserError when the tests do not pass without one."""
    fates = [mutant.fate(model.name) for mutant in mutants]
    receiver, sender = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_work, args=(model, mutants, jobs, sender))
    process.start()
    sender.close()
    missing = len(fates)
    try:
        while missing:
            number, ending = receiver.recv()
            if number < 0:
                raise UserError(f"{model.name}: {ending.problem}")
            test = ending.problem.split("::")[0] if ending.status == "failed" else "tests"
            fates[number].meet(test, ending.status, ending.problem, ending.seconds)
            tick(fates[number])
            missing -= 1
    except EOFError:
        raise UserError(f"{model.name}: the process that runs the tests died") from None
    finally:
        process.terminate()
        process.join()
    return fates
