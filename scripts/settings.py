# SPDX-License-Identifier: Apache-2.0
"""The variables of `make`: parsed and checked in one place, so that a mistake gives one clear line.

Needs only the standard library: bootstrap checks the variables before it makes the virtual environment.
"""

from __future__ import annotations

import fnmatch
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from models.config import load_all
from scripts.designs import DESIGN_NAMES
from scripts.errors import UserError
from scripts.sim.benches import load_tests
from scripts.sim.tools import SIMULATORS, find_icarus

REGRESSIONS = ("smoke", "all", "nightly")
MAX_SEED = 2**32 - 1
MAX_SEEDS = 10_000
MAX_JOBS = 1024
MAX_MUTANTS = 10_000
MAX_INPUTS = 10_000
_ADDRESS = re.compile(r"(tcp|tls)://[^\s/:]+:\d+")
VARIABLES = (
    "SIM",
    "SEED",
    "SEEDS",
    "TEST",
    "CONFIG",
    "JOBS",
    "WAVES",
    "COV",
    "REGRESSION",
    "RUN",
    "DESIGN",
    "CLUSTER",
    "BLOCK",
    "MUTANTS",
    "PROOF",
    "NET",
    "INPUTS",
)


@dataclass(frozen=True)
class Settings:
    """What the variables ask for.

    `seed` is the base seed, 32 bits; `seeds` the number of seeds a test, None for the testplan's; `tests` and `configs` are
    names, None when the variable was not given; `coverage` is Verilator's code coverage; `designs` are names of designs, for
    `make layers` alone; `cluster` is the address of a Dask scheduler, "" for processes of this machine; `blocks` and `mutants`
    (a block, None: the default) are for `make mutate`, `proofs` for `make formal`, both as they were given: names or globs;
    `net` is a trace's folder or a network's name, for `make layers` and replay, `inputs` how many of its inputs (None: the
    test's).
    """

    sim: str
    seed: int
    seeds: int | None
    tests: tuple[str, ...] | None
    configs: tuple[str, ...] | None
    jobs: int
    waves: bool
    coverage: bool
    regression: str
    run: str
    designs: tuple[str, ...] | None = None
    cluster: str = ""
    blocks: tuple[str, ...] | None = None
    mutants: int | None = None
    proofs: tuple[str, ...] | None = None
    net: str = ""
    inputs: int | None = None

    @property
    def restricted(self) -> bool:
        """Whether TEST or CONFIG leave something out of the regression."""
        return self.tests is not None or self.configs is not None

    @property
    def judges_coverage(self) -> bool:
        """Whether the coverage thresholds apply: they are for a whole regression with code coverage."""
        return self.coverage and not self.restricted

    def without_coverage(self) -> Settings:
        """The same settings for a run that is looked at, not counted."""
        return replace(self, coverage=False)


def cores() -> int:
    """Number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fresh_seed() -> int:
    """A 32-bit seed from the system."""
    return secrets.randbits(32)


def _one_of(name: str, value: str, valid: Sequence[str]) -> str:
    if value not in valid:
        raise UserError(f"{name}={value}: use one of {', '.join(valid)}")
    return value


def _number(name: str, value: str, low: int, high: int) -> int:
    """Return a decimal (or 0x...) number in low..high. Raises UserError with the range."""
    try:
        number = int(value, 0) if value[:2].lower() == "0x" else int(value, 10)
    except ValueError:
        number = low - 1
    if not low <= number <= high or not value.isalnum():
        raise UserError(f"{name}={value}: use a whole number from {low} to {high}")
    return number


def _names(name: str, value: str, valid: Iterable[str], in_globs: Iterable[str]) -> tuple[str, ...]:
    """Resolve a comma list of names and globs: a name must be in `valid`, a glob chooses from `in_globs`."""
    valid, chosen = list(valid), list[str]()
    for part in filter(None, (word.strip() for word in value.split(","))):
        found = [part] if part in valid else fnmatch.filter(in_globs, part)
        if not found:
            raise UserError(f"{name}={part}: no such name; use names or globs of: {', '.join(valid)}")
        chosen += [item for item in found if item not in chosen]
    if not chosen:
        raise UserError(f"{name}={value}: empty; use names or globs of: {', '.join(valid)}")
    return tuple(chosen)


def _words(name: str, values: Mapping[str, str]) -> tuple[str, ...] | None:
    """Split a comma list whose words another module knows; None when the variable was not given."""
    words = tuple(filter(None, (word.strip() for word in values.get(name, "").split(","))))
    if name in values and not words:
        raise UserError(f"{name}={values[name]}: empty; use names or globs")
    return words or None


def _address(value: str) -> str:
    if value and not _ADDRESS.fullmatch(value):
        raise UserError(f"CLUSTER={value}: use the address of a Dask scheduler, as tcp://host:8786")
    return value


def split_arguments(arguments: Iterable[str]) -> dict[str, str]:
    """Split NAME=VALUE words, as the Makefile passes them; empty values count as not given.

    Raises UserError with the list of variables for any other word.
    """
    values = {}
    for word in arguments:
        name, equals, value = word.partition("=")
        if not equals or name not in VARIABLES:
            raise UserError(f"{word}: no such variable; use {'=, '.join(VARIABLES)}=")
        if value.strip():
            values[name] = value.strip()
    return values


def _resolve_tests(values: Mapping[str, str], regression: str) -> tuple[str, ...] | None:
    if "TEST" not in values:
        return None
    tests = load_tests()
    return _names("TEST", values["TEST"], tests, [name for name, test in tests.items() if regression in test.regressions])


def _resolve_designs(values: Mapping[str, str]) -> tuple[str, ...] | None:
    if "DESIGN" not in values:
        return None
    named = _names("DESIGN", values["DESIGN"], ("all", *DESIGN_NAMES), DESIGN_NAMES)
    return DESIGN_NAMES if "all" in named else named


def parse(arguments: Iterable[str], *, coverage: bool = True) -> Settings:
    """Turn NAME=VALUE words into Settings; `coverage` is the default of COV on Verilator.

    Raises UserError, one line with the valid values, for the first variable that is wrong.
    """
    values = split_arguments(arguments)
    sim = _one_of("SIM", values.get("SIM", "verilator"), SIMULATORS)
    regression = _one_of("REGRESSION", values.get("REGRESSION", "smoke"), REGRESSIONS)
    cov = _one_of("COV", values.get("COV", "1" if coverage and sim == "verilator" else "0"), ("0", "1")) == "1"
    if cov and sim != "verilator":
        raise UserError(f"COV=1: only Verilator has code coverage; use SIM=verilator or leave COV out with SIM={sim}")
    settings = Settings(
        sim=sim,
        seed=_number("SEED", values["SEED"], 0, MAX_SEED) if "SEED" in values else fresh_seed(),
        seeds=_number("SEEDS", values["SEEDS"], 1, MAX_SEEDS) if "SEEDS" in values else None,
        tests=_resolve_tests(values, regression),
        configs=_names("CONFIG", values["CONFIG"], load_all(), load_all()) if "CONFIG" in values else None,
        jobs=_number("JOBS", values["JOBS"], 1, MAX_JOBS) if "JOBS" in values else cores(),
        waves=_one_of("WAVES", values.get("WAVES", "0"), ("0", "1")) == "1",
        coverage=cov,
        regression=regression,
        run=values.get("RUN", ""),
        designs=_resolve_designs(values),
        cluster=_address(values.get("CLUSTER", "")),
        blocks=_words("BLOCK", values),
        mutants=_number("MUTANTS", values["MUTANTS"], 1, MAX_MUTANTS) if "MUTANTS" in values else None,
        proofs=_words("PROOF", values),
        net=values.get("NET", ""),
        inputs=_number("INPUTS", values["INPUTS"], 1, MAX_INPUTS) if "INPUTS" in values else None,
    )
    if sim == "icarus":
        find_icarus()
    return settings
