# SPDX-License-Identifier: Apache-2.0
"""Run a pyuvm test on hardware or with settings that are wrong on purpose."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scripts.paths import RTL, TB
from scripts.sim import build, run
from scripts.sim.benches import Bench, find_test, load_benches
from scripts.sim.run import Run, RunResult, execute


@dataclass(frozen=True)
class Edit:
    """Replace `good` by `bad` in a Verilog file, relative to the checkout's rtl/ or tb/."""

    file: str
    good: str
    bad: str


def edited_bench(bench: Bench, edits: tuple[Edit, ...], folder: Path) -> Bench:
    """Return the bench on copies of its files below `folder`, with edits."""
    rtl, tb = folder / "rtl", folder / "tb"
    for name in bench.rtl:
        shutil.copytree(RTL / name, rtl / name)
    for source in bench.sources:
        (tb / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TB / source, tb / source)
    for edit in edits:
        path = folder / edit.file
        text = path.read_text()
        assert text.count(edit.good) == 1, f"{edit.file} has {text.count(edit.good)} times {edit.good!r}: mend this test"
        path.write_text(text.replace(edit.good, edit.bad))
    sources = tuple(str(tb / source) for source in bench.sources)
    return dataclasses.replace(bench, rtl=tuple(str(rtl / name) for name in bench.rtl), sources=sources)


@dataclass(frozen=True)
class Variant:
    """A test of tb/testplan.toml with other knobs, another class, on hardware with edits, or with wrong expectations.

    spoil: a glob of the comparisons whose expectation is spoilt.
    """

    test: str
    config: str
    edits: tuple[Edit, ...] = ()
    knobs: dict[str, int] = field(default_factory=dict)
    module: str = ""
    testcase: str = ""
    seed: int = 1
    spoil: str = ""

    def execute(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[RunResult, str]:
        """Run on Icarus, everything below `folder`; return the result and the log."""
        test = find_test(self.test)
        changes = {key: value for key, value in (("module", self.module), ("testcase", self.testcase)) if value}
        test = dataclasses.replace(test, knobs={**test.knobs, **self.knobs}, icarus_knobs={}, **changes)
        bench = load_benches()[test.bench]
        if self.edits:
            bench = edited_bench(bench, self.edits, folder)
            monkeypatch.setattr(build, "SIM_BUILDS", folder / "sim")
        monkeypatch.setattr(run, "find_test", lambda name: test)
        monkeypatch.setattr(run, "load_benches", lambda: {bench.name: bench})
        result = execute(Run(self.test, self.config, "icarus", self.seed, spoil=self.spoil), folder / "runs")
        return result, (folder / "runs" / result.id / run.LOG_FILE).read_text()
