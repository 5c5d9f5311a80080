# SPDX-License-Identifier: Apache-2.0
"""Which runs a regression consists of: tests x configurations x seeds."""

from __future__ import annotations

import hashlib

from scripts.errors import UserError
from scripts.settings import Settings
from scripts.sim.benches import find_test, load_regressions, load_tests
from scripts.sim.run import Run
from scripts.sim.testplan import Test


def derive_seed(base: int, test: str, index: int) -> int:
    """Return the 32-bit seed of the run `index` of `test`: the same on every machine, whatever else is in the plan."""
    return int.from_bytes(hashlib.sha256(f"{base}/{test}/{index}".encode()).digest()[:4], "little")


def selected_tests(settings: Settings) -> list[Test]:
    """The tests named by TEST, else those of the regression."""
    if settings.tests is not None:
        return [find_test(name) for name in settings.tests]
    return [test for test in load_tests().values() if settings.regression in test.regressions]


def selected_configs(test: Test, settings: Settings) -> list[str]:
    """The configurations of `test` on the chosen simulator: named by CONFIG, else all (smoke: without `more_configs`)."""
    names = test.configs_for(settings.sim)
    if settings.configs is not None:
        return [name for name in names if name in settings.configs]
    return [name for name in names if settings.regression != "smoke" or name not in test.more_configs]


def seeds_of(test: Test, settings: Settings) -> int:
    """Number of seeds: SEEDS, else the test's, but not fewer than the regression asks for where they make a difference."""
    least = 1 if test.fixed else load_regressions()[settings.regression].seeds
    return settings.seeds or max(test.seeds, least)


def _run(test: Test, config: str, index: int, settings: Settings) -> Run:
    seed = derive_seed(settings.seed, test.name, index)
    return Run(test.name, config, settings.sim, seed, settings.coverage, settings.waves, regression=settings.regression)


def _nothing(tests: list[Test], settings: Settings) -> UserError:
    where = "; ".join(f"{test.name}: {', '.join(test.configs_for(settings.sim)) or 'none'}" for test in tests)
    return UserError(f"nothing to run on {settings.sim}; these tests have these configurations there: {where}")


def make_plan(settings: Settings) -> list[Run]:
    """Return the runs, in the order of the testplan. Raises UserError when the variables leave nothing to run."""
    tests = selected_tests(settings)
    runs = [
        _run(test, config, index, settings)
        for test in tests
        for config in selected_configs(test, settings)
        for index in range(seeds_of(test, settings))
    ]
    if not runs:
        raise _nothing(tests, settings)
    return list(dict.fromkeys(runs))
