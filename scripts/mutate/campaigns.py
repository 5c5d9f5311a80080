# SPDX-License-Identifier: Apache-2.0
"""What is mutated and which tests have to notice: tb/mutation.toml, read and checked."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from models.config import load_config
from scripts.errors import UserError
from scripts.lint_hdl import rtl_modules
from scripts.paths import ROOT, TB
from scripts.sim.benches import Bench, Test, load_benches, load_tests

DATA_FILE = TB / "mutation.toml"
WATCHDOG = 30_000  # clock cycles without an end after which a bench gives up: a mutant that hangs


@dataclass(frozen=True)
class Trial:
    """A test as mutants meet it: shorter by its `knobs`, once a seed. limit_s: processor time that it may take.

    late: only mutants that nobody has proved equivalent meet it: it takes longer than most proofs.
    """

    test: str
    seeds: int = 1
    knobs: Mapping[str, int] = field(default_factory=dict)
    limit_s: float = 20.0
    late: bool = False

    @property
    def entry(self) -> Test:
        """The test list's entry."""
        return load_tests()[self.test]

    @property
    def all_knobs(self) -> str:
        """The knobs as DPR_KNOBS has them."""
        knobs = {"watchdog": WATCHDOG} | self.entry.knobs | dict(self.knobs)
        return ",".join(f"{name}={value}" for name, value in knobs.items())


@dataclass(frozen=True)
class Campaign:
    """A netlist that holds the mutants of several blocks: a bench at a configuration, and the tests, quick ones first.

    witnesses: blocks whose mutants are in it for checkers only, to be noticed; the tests of other campaigns judge those blocks.
    """

    name: str
    bench: str
    config: str
    dut: str
    parameters: Mapping[str, int]  # of the device that the configuration does not set
    tests: tuple[Trial, ...]
    witnesses: tuple[str, ...] = ()

    def dut_parameters(self) -> dict[str, int]:
        """Every parameter that the bench gives the device."""
        return load_config(self.config).verilog_parameters(self.the_bench.parameters) | dict(self.parameters)

    @property
    def the_bench(self) -> Bench:
        """The bench that the tests run on."""
        return load_benches()[self.bench]


@dataclass(frozen=True)
class Block:
    """RTL modules that are judged together. goal: percent of the mutants that are killed or argued; smoke: in the short set."""

    name: str
    modules: tuple[str, ...]
    campaigns: tuple[str, ...]
    goal: float
    smoke: bool = False


@dataclass(frozen=True)
class Model:
    """Python modules ("module" or "module:glob of functions") whose mutants the pytest tests `tests` have to notice."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    goal: float
    smoke: bool = False


@dataclass(frozen=True)
class Checker:
    """Python modules that judge the RTL, on a campaign's netlist. Their mutants must not pass for the original.

    tests: on which they judge. witnesses: at most how many of the RTL's mutants a test uses. around: Python modules of the
    environment that the checker depends on, a monitor's; it must notice their mutants, too. compares: modules that compare for
    it, if it does not do so itself. deafened: methods of monitors that must be noticed when they hand on the first thing only.
    """

    name: str
    modules: tuple[str, ...]
    campaign: str
    tests: tuple[Trial, ...]
    goal: float
    around: tuple[str, ...] = ()
    compares: tuple[str, ...] = ()
    deafened: tuple[str, ...] = ()
    witnesses: int = 16
    smoke: bool = False


@dataclass(frozen=True)
class Argued:
    """Why no test can notice a mutant: `line` is the source line's text, `what` a glob of the mutant's description.

    campaign: a glob of where that holds; what one configuration cannot do, another one may.
    """

    block: str
    line: str
    what: str
    reason: str
    campaign: str = "*"


@dataclass(frozen=True)
class Plan:
    """All of the file."""

    campaigns: dict[str, Campaign]
    blocks: dict[str, Block]
    models: dict[str, Model]
    checkers: dict[str, Checker]
    argued: tuple[Argued, ...]

    @property
    def judged(self) -> dict[str, Block | Model | Checker]:
        """All that has a goal, by name."""
        return {**self.blocks, **self.models, **self.checkers}

    def short(self) -> Plan:
        """What is in the short set, each block in its first campaign only: few netlists to build."""
        blocks = {name: replace(block, campaigns=block.campaigns[:1]) for name, block in self.blocks.items() if block.smoke}
        models, checkers = (
            {name: entry for name, entry in table.items() if entry.smoke} for table in (self.models, self.checkers)
        )
        return replace(self, blocks=blocks, models=models, checkers=checkers)

    def held(self, campaign: str) -> list[Block]:
        """The blocks whose mutants are in a campaign's netlist."""
        witnesses = self.campaigns[campaign].witnesses
        return [block for block in self.blocks.values() if campaign in block.campaigns or block.name in witnesses]


def _make(kind: type, entry: Mapping[str, Any], where: str) -> Any:
    """Build a dataclass from a table. Raises UserError that names the table and the key."""
    known = kind.__dataclass_fields__
    unknown = set(entry) - set(known)
    if unknown:
        raise UserError(f"{where}: unknown key {min(unknown)!r}: use {', '.join(known)}")
    try:
        return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()})
    except TypeError:
        missing = [name for name, info in known.items() if name not in entry and "MISSING" in repr(info.default)]
        raise UserError(f"{where}: no {missing[0]!r}") from None


def _known(names: Iterable[str], valid: Iterable[str], what: str) -> None:
    for name in names:
        if name not in valid:
            raise UserError(f"{what} {name!r} does not exist: use one of {', '.join(valid)}")


def _trials(entry: dict[str, Any], bench: str, where: str) -> tuple[Trial, ...]:
    """Take the tests out of a table; they run on `bench`."""
    trials = tuple(_make(Trial, test, f"{where} tests") for test in entry.pop("tests", ()))
    if not trials:
        raise UserError(f"{where}: no tests: nothing would be noticed")
    _known([trial.test for trial in trials], load_tests(), f"{where}: test")
    for trial in trials:
        if trial.entry.bench != bench:
            raise UserError(f"{where}: test {trial.test!r} runs on the bench {trial.entry.bench!r}")
    return trials


def _campaign(name: str, entry: dict[str, Any], where: str) -> Campaign:
    _known([entry.get("bench", "")], load_benches(), f"{where}: bench")
    tests = _trials(entry, entry["bench"], where)
    campaign = _make(Campaign, {"parameters": {}, **entry, "name": name, "tests": tests}, where)
    load_config(campaign.config)
    return campaign


def _model(name: str, entry: dict[str, Any], where: str) -> Model:
    model = _make(Model, entry | {"name": name}, where)
    for test in model.tests:
        if not (ROOT / test.split("::")[0]).exists():
            raise UserError(f"{where}: no test {test!r}")
    return model


def _checker(name: str, entry: dict[str, Any], campaigns: Mapping[str, Campaign], where: str) -> Checker:
    _known([entry.get("campaign", "")], campaigns, f"{where}: campaign")
    tests = _trials(entry, campaigns[entry["campaign"]].bench, where)
    return _make(Checker, {**entry, "name": name, "tests": tests}, where)


def _check_modules(blocks: Iterable[Block], where: str) -> None:
    """Every RTL module is in exactly one block: nothing is forgotten."""
    named = [module for block in blocks for module in block.modules]
    modules = [module.name for module in rtl_modules()]
    _known(named, modules, f"{where}: module")
    for module in modules:
        if named.count(module) != 1:
            raise UserError(f"{where}: module {module!r} is in {named.count(module)} blocks: put it into one")


def _argued(entry: dict[str, Any], blocks: Iterable[str], where: str) -> Argued:
    argued = _make(Argued, entry, where)
    _known([argued.block], blocks, f"{where}: block")
    if len(argued.reason.split()) < 5:
        raise UserError(f"{where}: {argued.line!r}: the reason {argued.reason!r} is no sentence")
    return argued


def parse_plan(text: str, where: str = DATA_FILE.name) -> Plan:
    """Parse and check the file's text. Raises UserError that names table, key and fix."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{where}: {error}") from None
    campaigns = {name: _campaign(name, entry, f"{where}: [campaign.{name}]") for name, entry in raw.get("campaign", {}).items()}
    blocks = {
        name: _make(Block, entry | {"name": name}, f"{where}: [block.{name}]") for name, entry in raw.get("block", {}).items()
    }
    for block in blocks.values():
        _known(block.campaigns, campaigns, f"{where}: [block.{block.name}] campaign")
    for campaign in campaigns.values():
        _known(campaign.witnesses, blocks, f"{where}: [campaign.{campaign.name}] witnesses: block")
    _check_modules(blocks.values(), where)
    models = {name: _model(name, entry, f"{where}: [model.{name!r}]") for name, entry in raw.get("model", {}).items()}
    checkers = {
        name: _checker(name, entry, campaigns, f"{where}: [checker.{name!r}]") for name, entry in raw.get("checker", {}).items()
    }
    names = [*blocks, *models, *checkers]
    argued = tuple(_argued(entry, names, f"{where}: [[argued]]") for entry in raw.get("argued", []))
    return Plan(campaigns, blocks, models, checkers, argued)


@cache
def load_plan(path: Path = DATA_FILE) -> Plan:
    """Read tb/mutation.toml. Raises UserError as `parse_plan`."""
    return parse_plan(path.read_text(), path.name)


def choose(names: Iterable[str], wanted: tuple[str, ...] | None) -> list[str]:
    """Return the names that BLOCK= asks for, all without it. Raises UserError that lists them when a word matches none."""
    names = list(names)
    chosen: list[str] = []
    for word in wanted or ("*",):
        found = fnmatch.filter(names, word)
        if not found:
            raise UserError(f"BLOCK={word}: no such block; use names or globs of: {', '.join(names)}")
        chosen += [name for name in found if name not in chosen]
    return chosen
