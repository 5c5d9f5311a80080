# SPDX-License-Identifier: Apache-2.0
"""Run plain cocotb tests through cocotb-test, on the simulators that the project itself uses."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from unittest import mock

import cocotb_test.simulator
import pytest

from scripts.errors import UserError
from scripts.paths import ROOT, RTL
from scripts.sim.tools import environment, find_simulator

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


def run_cocotb(
    sim: str, top: str, files: list[Path], modules: list[str], parameters: dict[str, int], folder: Path, seed: int = 1
) -> None:
    """Build `top` in `folder` and run all cocotb tests of `modules` on it. Raises AssertionError when one fails or none ran.

    A second call with the same folder is quicker on Verilator, whose own library is then there.
    """
    (folder / "results.xml").unlink(missing_ok=True)
    settings = {"DPR_PARAMETERS": json.dumps(parameters), "DPR_SEED": str(seed)}
    inherited = {key: value for key, value in find_or_skip(sim).items() if key not in _OF_MAKE}
    # a second build in the same folder: what depends on nothing but the makefile and its flags is still good
    options = {"make_args": ["-j2", "-o", "Vtop.mk"]} if sim == "verilator" else {}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with mock.patch.dict(
            os.environ, {**inherited, **settings, "COCOTB_RESULTS_FILE": str(folder / "results.xml")}, clear=True
        ):
            cocotb_test.simulator.run(
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
    except SystemExit as error:  # would end the test session
        raise AssertionError(f"{top} {parameters} on {sim}: {error}") from None
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert "<testcase" in (folder / "results.xml").read_text(), f"{top} {parameters} on {sim}: no test ran"
