# SPDX-License-Identifier: Apache-2.0
"""Build and run cocotb tests on the codec's RTL with Icarus."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from cocotb_tools.runner import get_results, get_runner

from scripts.sim.exported import own_environment
from tests.support.cocotb_run import find_or_skip

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("common", "precision", "codec")
INCLUDE = ROOT / "rtl" / "codec"


def sources() -> list[Path]:
    """All Verilog files that the codec needs."""
    return [file for folder in FOLDERS for file in sorted((ROOT / "rtl" / folder).glob("dpr_*.v"))]


def simulate(
    top: str,
    module: str,
    parameters: dict[str, int],
    folder: Path,
    files: list[Path] | None = None,
    testcase: str | None = None,
    seed: int = 1,
) -> tuple[int, int]:
    """Run the cocotb tests of tests/codec_rtl/`module`.py (all, or one) on `top`; return (tests run, tests failed)."""
    find_or_skip("icarus")
    runner = get_runner("icarus")
    runner.build(
        sources=files or sources(),
        includes=[INCLUDE],
        hdl_toplevel=top,
        parameters=parameters,
        build_args=["-g2005", "-Wall", "-Wno-timescale"],
        build_dir=folder,
        timescale=("1ns", "1ps"),
        always=True,
        log_file=folder / "build.log",
    )
    own = {"COCOTB_REWRITE_ASSERTION_FILES": "", "DPR_PARAMETERS": json.dumps(parameters), "DPR_SEED": str(seed)}
    with own_environment(own), contextlib.suppress(SystemExit):  # the runner exits when a test fails; the results say how many
        runner.test(
            test_module=f"tests.codec_rtl.{module}",
            hdl_toplevel=top,
            testcase=testcase,
            test_dir=ROOT,
            build_dir=folder,
            results_xml=str(folder / "results.xml"),
            log_file=folder / "run.log",
        )
    return get_results(folder / "results.xml")


def check(top: str, module: str, parameters: dict[str, int], folder: Path, seed: int = 1) -> None:
    """Run all tests of a module. Raises AssertionError when one fails or none ran."""
    ran, failed = simulate(top, module, parameters, folder, seed=seed)
    log = folder / "run.log"
    assert ran > 0, f"no tests ran: {log}"
    assert failed == 0, f"{failed} of {ran} tests failed: {log}\n{_failures(log)}"


def _failures(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join(line[:400] for line in lines if "Error" in line or "FAIL" in line)[-4000:]
