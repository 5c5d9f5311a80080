# SPDX-License-Identifier: Apache-2.0
"""Run plain cocotb tests through cocotb-test, on the simulators that the project itself uses."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import cocotb_test.simulator
import pytest

from scripts.errors import UserError
from scripts.paths import ROOT, RTL
from scripts.sim.tools import environment, find_simulator
from tests.support.variant import Edit

_OF_MAKE = ("SIM", "WAVES")  # cocotb-test would read them
_COMPILE = {
    "icarus": ["-g2005", "-Wall", "-Wno-timescale"],
    "verilator": ["-Wno-fatal", "-O3", "-CFLAGS", "-O0"],
}


def rtl_files(*folders: str) -> list[Path]:
    """The Verilog files of folders under rtl/."""
    return [file for folder in folders for file in sorted((RTL / folder).glob("dpr_*.v"))]


def find_or_skip(sim: str) -> dict[str, str]:
    """Return the environment of a simulator; skip the test, with the reason, where Icarus is not installed."""
    try:
        return environment(find_simulator(sim))
    except UserError as error:
        pytest.skip(str(error))


def cocotb_verdicts(
    sim: str, top: str, files: list[Path], modules: list[str], parameters: dict[str, int], folder: Path, seed: int = 1
) -> dict[str, bool]:
    """Build `top` in `folder`, run all cocotb tests of `modules` on it, and return which of them passed, by name.

    A second call with the same folder is quicker on Verilator, whose own library is then there. Raises AssertionError when
    the build fails or no test runs.
    """
    results = folder / "results.xml"
    results.unlink(missing_ok=True)
    settings = {
        "DPR_PARAMETERS": json.dumps(parameters),
        "DPR_SEED": str(seed),
        "COCOTB_RESULTS_FILE": str(results),  # cocotb-test's own way to name it breaks on current pytest
    }
    inherited = {key: value for key, value in find_or_skip(sim).items() if key not in _OF_MAKE}
    # a second build in the same folder: what depends on nothing but the makefile and its flags is still good
    options = {"make_args": ["-j2", "-o", "Vtop.mk"]} if sim == "verilator" else {}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with mock.patch.dict(os.environ, inherited | settings, clear=True), contextlib.suppress(SystemExit):
            cocotb_test.simulator.run(  # exits when a test fails; the results say which
                simulator=sim,
                toplevel=top,
                module=",".join(modules),
                python_search=[str(ROOT)],
                verilog_sources=[str(file) for file in files],
                parameters=parameters,
                compile_args=_COMPILE[sim],
                timescale="1ns/1ps",
                force_compile=True,  # it looks at dates only, not at parameters
                sim_build=str(folder),
                seed=seed,
                **options,
            )
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert results.exists(), f"{top} {parameters} on {sim}: no results; see the log"
    cases = list(ElementTree.parse(results).getroot().iter("testcase"))
    assert cases, f"{top} {parameters} on {sim}: no test ran"
    return {case.get("name"): case.find("failure") is None and case.find("error") is None for case in cases}


def run_cocotb(
    sim: str, top: str, files: list[Path], modules: list[str], parameters: dict[str, int], folder: Path, seed: int = 1
) -> None:
    """As `cocotb_verdicts`. Raises AssertionError when a test fails, too; the log says why."""
    verdicts = cocotb_verdicts(sim, top, files, modules, parameters, folder, seed)
    failed = [name for name, passed in verdicts.items() if not passed]
    assert not failed, f"{top} {parameters} on {sim}: {len(failed)} of {len(verdicts)} tests failed: {', '.join(failed)}"


def edited(files: list[Path], edits: list[Edit], folder: Path) -> list[Path]:
    """Return `files` with copies in `folder` in place of those that have edits."""
    text = {edit.file: (ROOT / edit.file).read_text() for edit in edits}
    for edit in edits:
        assert text[edit.file].count(edit.good) == 1, f"{edit.good!r} is not in {edit.file}, once: mend this test"
        text[edit.file] = text[edit.file].replace(edit.good, edit.bad)
    for file, source in text.items():
        (folder / Path(file).name).write_text(source)
    return [folder / file.name if str(file.relative_to(ROOT)) in text else file for file in files]
