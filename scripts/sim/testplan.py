# SPDX-License-Identifier: Apache-2.0
"""The testplan, tb/testplan.toml: regressions, testpoints (features to verify) and tests, read and checked as a whole."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.config import load_all
from scripts.errors import UserError
from scripts.sim.entries import Entry, load_toml
from scripts.sim.tools import SIMULATORS

STAGES = ("V1", "V2", "V3")
NIGHTLY = "nightly"
_SECTIONS = ("regression", "testpoint", "test")


@dataclass(frozen=True)
class Regression:
    """A named set of runs: at least `seeds` seeds a test; the tests of the regressions that it `includes` are its own too."""

    name: str
    description: str
    seeds: int
    includes: tuple[str, ...]


@dataclass(frozen=True)
class Testpoint:
    """A feature to verify: the tests that do it, and globs of the coverpoints that say how far they came."""

    name: str
    block: str
    stage: str
    description: str
    tests: tuple[str, ...]
    covers: tuple[str, ...]


@dataclass(frozen=True)
class Test:
    """A pyuvm test: where it is, what it runs on, how much of it. `covers` are globs of the coverpoints that it must hit."""

    name: str
    block: str
    stage: str
    bench: str
    module: str
    testcase: str
    description: str
    covers: tuple[str, ...]
    configs: tuple[str, ...]
    more_configs: tuple[str, ...]
    sims: tuple[str, ...]
    icarus_configs: tuple[str, ...]
    regressions: tuple[str, ...]
    seeds: int
    timeout_s: int
    knobs: dict[str, int]
    icarus_knobs: dict[str, int]
    nightly_knobs: dict[str, int]
    random_start: bool
    fixed: bool
    shrink: bool

    def configs_for(self, sim: str) -> tuple[str, ...]:
        """Configurations this test runs on under simulator `sim` (Icarus takes the small ones), `more_configs` last."""
        if sim not in self.sims:
            return ()
        return self.icarus_configs if sim == "icarus" else self.configs + self.more_configs

    def knobs_for(self, sim: str, regression: str) -> dict[str, int]:
        """The settings of a run. Icarus is slow: what `icarus_knobs` says holds in the nightly regression too."""
        nightly = self.nightly_knobs if regression == NIGHTLY else {}
        return self.knobs | nightly | (self.icarus_knobs if sim == "icarus" else {})


@dataclass(frozen=True)
class Testplan:
    """All of it, by name, in the file's order."""

    regressions: dict[str, Regression]
    testpoints: dict[str, Testpoint]
    tests: dict[str, Test]


def _regression(entry: Entry, name: str, known: Mapping[str, object]) -> Regression:
    regression = Regression(name, entry.text("description"), entry.number("seeds", 1), entry.texts("includes", ()))
    entry.close()
    unknown = [other for other in regression.includes if other not in known or other == name]
    if unknown:
        raise entry.error(f"includes {unknown[0]!r}: use other ones of {', '.join(known)}")
    return regression


def _with_including(named: Iterable[str], regressions: Mapping[str, Regression]) -> tuple[str, ...]:
    """The regressions `named`, and all that include one of them."""
    found = list(named)
    for name in found:  # grows while it is walked: what includes an including one counts too
        found += [other.name for other in regressions.values() if name in other.includes and other.name not in found]
    return tuple(found)


def _test(entry: Entry, name: str, benches: Iterable[str], regressions: Mapping[str, Regression]) -> Test:
    configs = entry.texts("configs")
    named = entry.texts("regressions", ("smoke", "all"))
    test = Test(
        name=name,
        block=entry.text("block"),
        stage=entry.one_of("stage", STAGES),
        bench=entry.one_of("bench", tuple(benches)),
        module=entry.text("module"),
        testcase=entry.text("testcase"),
        description=entry.text("description"),
        covers=entry.texts("covers", ()),
        configs=configs,
        more_configs=entry.texts("more_configs", ()),
        sims=entry.texts("sims", SIMULATORS),
        icarus_configs=entry.texts("icarus_configs", configs),
        regressions=_with_including(named, regressions),
        seeds=entry.number("seeds", 1),
        timeout_s=entry.number("timeout_s", 300),
        knobs=entry.numbers("knobs"),
        icarus_knobs=entry.numbers("icarus_knobs"),
        nightly_knobs=entry.numbers("nightly_knobs"),
        random_start=entry.flag("random_start"),
        fixed=entry.flag("fixed"),
        shrink=entry.flag("shrink"),
    )
    entry.close()
    for key, names, valid in (
        ("configs", test.configs + test.more_configs + test.icarus_configs, load_all()),
        ("regressions", named, regressions),
        ("sims", test.sims, SIMULATORS),
    ):
        unknown = [item for item in names if item not in valid]
        if unknown:
            raise entry.error(f"{key}: no {unknown[0]!r}: use some of {', '.join(valid)}")
    return test


def _testpoint(entry: Entry, name: str, tests: Mapping[str, Test]) -> Testpoint:
    block, stage, description = entry.text("block"), entry.one_of("stage", STAGES), entry.text("description")
    globs, covers = entry.texts("tests"), entry.texts("covers", ())
    entry.close()
    lost = [glob for glob in globs if not fnmatch.filter(tests, glob)]
    if lost or not globs:
        raise entry.error(f"tests = {list(lost)}: no test has such a name; use names or globs of: {', '.join(tests)}")
    found = tuple(test for test in tests if any(fnmatch.fnmatchcase(test, glob) for glob in globs))
    blocks = dict.fromkeys(test.block for test in tests.values())
    if block not in blocks:
        raise entry.error(f"block = {block!r}: no test is of this block; use one of {', '.join(blocks)}")
    return Testpoint(name, block, stage, description, found, covers)


def read_testplan(path: Path, benches: Iterable[str]) -> Testplan:
    """Return the plan in `path` on the benches of these names. Raises UserError that names file, entry, key and fix."""
    document, benches = load_toml(path), tuple(benches)
    unknown = sorted(set(document) - set(_SECTIONS))
    if unknown:
        raise UserError(f"{path.name}: [{unknown[0]}]: use [regression.NAME], [testpoint.NAME], [test.NAME]")
    named = {
        section: {name: Entry(path, f"{section}.{name}", table) for name, table in document.get(section, {}).items()}
        for section in _SECTIONS
    }
    regressions = {name: _regression(entry, name, named["regression"]) for name, entry in named["regression"].items()}
    tests = {name: _test(entry, name, benches, regressions) for name, entry in named["test"].items()}
    testpoints = {name: _testpoint(entry, name, tests) for name, entry in named["testpoint"].items()}
    return Testplan(regressions, testpoints, tests)
