# SPDX-License-Identifier: Apache-2.0
"""The benches (a Verilog top level around a block), and the testplan of the tests that run on them, from tb/*.toml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts.errors import UserError
from scripts.paths import RTL, TB
from scripts.sim.entries import Entry, load_toml
from scripts.sim.testplan import Regression, Test, Testplan, Testpoint, read_testplan

BENCH_FILE = TB / "benches.toml"
TEST_FILE = TB / "testplan.toml"


@dataclass(frozen=True)
class Bench:
    """A Verilog top level: sources under tb/, RTL folders, the parameters it takes from a configuration.

    replaced: modules of these folders that the sources bring in another form.
    """

    name: str
    top: str
    sources: tuple[str, ...]
    rtl: tuple[str, ...]
    parameters: tuple[str, ...]
    replaced: tuple[str, ...] = ()

    def source_files(self) -> list[Path]:
        """All Verilog files of the bench, RTL first. The order is stable."""
        rtl = [file for folder in self.rtl for file in sorted((RTL / folder).glob("*.v")) if file.stem not in self.replaced]
        return rtl + [TB / source for source in self.sources]

    def include_dirs(self) -> list[Path]:
        """Folders searched for `include files."""
        return [RTL / folder for folder in self.rtl]

    def hashed_files(self) -> list[Path]:
        """Everything whose change means a new build."""
        headers = [file for folder in self.rtl for file in sorted((RTL / folder).glob("*.vh"))]
        return self.source_files() + headers


def _bench(entry: Entry, name: str) -> Bench:
    bench = Bench(name, entry.text("top"), *(entry.texts(key) for key in ("sources", "rtl", "parameters")))
    entry.close()
    return bench


@cache
def load_benches() -> dict[str, Bench]:
    """Return every bench by name. Raises UserError that names file, entry and fix."""
    return {name: _bench(Entry(BENCH_FILE, name, table), name) for name, table in load_toml(BENCH_FILE).items()}


@cache
def load_testplan() -> Testplan:
    """Return the whole testplan. Raises UserError that names file, entry and fix."""
    return read_testplan(TEST_FILE, load_benches())


def load_tests() -> dict[str, Test]:
    """Return every test by name."""
    return load_testplan().tests


def load_testpoints() -> dict[str, Testpoint]:
    """Return every testpoint by name, its globs of tests resolved."""
    return load_testplan().testpoints


def load_regressions() -> dict[str, Regression]:
    """Return every regression by name."""
    return load_testplan().regressions


def find_test(name: str) -> Test:
    """Return the test `name`. Raises UserError with the list of tests."""
    tests = load_tests()
    if name not in tests:
        raise UserError(f"TEST={name}: no such test; use one of {', '.join(tests)}")
    return tests[name]
