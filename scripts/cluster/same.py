# SPDX-License-Identifier: Apache-2.0
"""What must be alike on two machines for a run to give the same result on both."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from scripts.paths import ROOT
from scripts.sim.build import compiler_args
from scripts.sim.tools import find_simulator

_FOLDERS = ("models", "rtl", "scripts", "tb")
_PACKAGES = ("cocotb", "cocotb-coverage", "cocotbext-axi", "numpy", "pyuvm")


def checkout_digest(root: Path = ROOT) -> str:
    """A hash of the names and contents of all files that a run can depend on; what Python has compiled is left out."""
    state = hashlib.sha256()
    for folder in _FOLDERS:
        for file in sorted(path for path in (root / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            content = file.read_bytes()
            state.update(f"{file.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return state.hexdigest()[:16]


def facts(sim: str) -> dict[str, str]:
    """What this machine runs with. Raises UserError when it has no simulator `sim`."""
    return {
        "checkout": checkout_digest(),
        "Python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
        sim: find_simulator(sim).version,
        "machine": f"{platform.machine()} {' '.join(compiler_args())}",
    }


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Say in what a worker differs, "" when it does not."""
    for name, value in here.items():
        other = there.get(name, "unknown")
        if other != value and name == "checkout":
            return f"its checkout ({other}) is not this one ({value}): bring both to the same commit and the same local changes"
        if other != value:
            return f"its {name} is {other}, here it is {value}"
    return ""
