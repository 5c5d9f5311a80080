# SPDX-License-Identifier: Apache-2.0
"""The benches (a Verilog top level around a block) and the tests that run on them, read from tb/*.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.config import load_all
from scripts.errors import UserError
from scripts.paths import RTL, TB
from scripts.sim.tools import SIMULATORS

BENCH_FILE = TB / "benches.toml"
TEST_FILE = TB / "testlist.toml"


@dataclass(frozen=True)
class Bench:
    """A Verilog top level: sources under tb/, RTL folders, the parameters it takes from a configuration."""

    name: str
    top: str
    sources: tuple[str, ...]
    rtl: tuple[str, ...]
    parameters: tuple[str, ...]

    def source_files(self) -> list[Path]:
        """All Verilog files of the bench, RTL first. The order is stable."""
        rtl = [file for folder in self.rtl for file in sorted((RTL / folder).glob("*.v"))]
        return rtl + [TB / source for source in self.sources]

    def include_dirs(self) -> list[Path]:
        """Folders searched for `include files."""
        return [RTL / folder for folder in self.rtl]

    def hashed_files(self) -> list[Path]:
        """Everything whose change means a new build."""
        headers = [file for folder in self.rtl for file in sorted((RTL / folder).glob("*.vh"))]
        return self.source_files() + headers


@dataclass(frozen=True)
class Test:
    """A pyuvm test: where it is, what it runs on."""

    name: str
    bench: str
    module: str
    testcase: str
    description: str
    configs: tuple[str, ...]
    more_configs: tuple[str, ...]
    sims: tuple[str, ...]
    icarus_configs: tuple[str, ...]
    regressions: tuple[str, ...]
    seeds: int
    timeout_s: int
    knobs: dict[str, int]
    icarus_knobs: dict[str, int]
    random_start: bool

    def configs_for(self, sim: str) -> tuple[str, ...]:
        """Configurations this test runs on under simulator `sim` (Icarus takes the small ones), `more_configs` last."""
        if sim not in self.sims:
            return ()
        return self.icarus_configs if sim == "icarus" else self.configs + self.more_configs


def _load(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path.name}: {error}") from None


@cache
def load_benches() -> dict[str, Bench]:
    """Return every bench by name."""
    return {
        name: Bench(name, entry["top"], *(tuple(entry[key]) for key in ("sources", "rtl", "parameters")))
        for name, entry in _load(BENCH_FILE).items()
    }


def _test(name: str, entry: dict) -> Test:
    keys = {
        "bench",
        "module",
        "testcase",
        "description",
        "configs",
        "more_configs",
        "sims",
        "icarus_configs",
        "regressions",
        "seeds",
        "timeout_s",
        "knobs",
        "icarus_knobs",
        "random_start",
    }
    unknown = set(entry) - keys
    if unknown:
        raise UserError(f"{TEST_FILE.name}: [{name}] unknown key {sorted(unknown)[0]!r}: use {', '.join(sorted(keys))}")
    configs = tuple(entry["configs"])
    test = Test(
        name=name,
        bench=entry["bench"],
        module=entry["module"],
        testcase=entry["testcase"],
        description=entry["description"],
        configs=configs,
        more_configs=tuple(entry.get("more_configs", ())),
        sims=tuple(entry.get("sims", SIMULATORS)),
        icarus_configs=tuple(entry.get("icarus_configs", configs)),
        regressions=tuple(entry.get("regressions", ("smoke", "all"))),
        seeds=entry.get("seeds", 1),
        timeout_s=entry.get("timeout_s", 300),
        knobs=entry.get("knobs", {}),
        icarus_knobs=entry.get("icarus_knobs", {}),
        random_start=entry.get("random_start", False),
    )
    if test.bench not in load_benches():
        raise UserError(f"{TEST_FILE.name}: [{name}] bench {test.bench!r} is not in {BENCH_FILE.name}")
    for config in test.configs + test.more_configs + test.icarus_configs:
        if config not in load_all():
            raise UserError(f"{TEST_FILE.name}: [{name}] no configuration {config!r}: use one of {', '.join(load_all())}")
    return test


@cache
def load_tests() -> dict[str, Test]:
    """Return every test by name. Raises UserError that names file, entry and fix."""
    return {name: _test(name, entry) for name, entry in _load(TEST_FILE).items()}


def find_test(name: str) -> Test:
    """Return the test `name`. Raises UserError with the list of tests."""
    tests = load_tests()
    if name not in tests:
        raise UserError(f"TEST={name}: no such test; use one of {', '.join(tests)}")
    return tests[name]
