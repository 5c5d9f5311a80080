# SPDX-License-Identifier: Apache-2.0
"""Verilator's run-time library, compiled once for all builds with the same options instead of once a build.

It takes 16 seconds of compiler time, more than most benches; make rebuilds an object only if it is older than its makefile.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

from scripts.paths import SIM_BUILDS
from scripts.sim.tools import Tool

_OBJECTS = "verilated*.o"


def runtime_dir(tool: Tool, facts: dict[str, object]) -> Path:
    """Where the objects for a Verilator and the `facts` that change their compilation are kept; it may not exist yet."""
    text = json.dumps([str(tool.executable), tool.version, facts], sort_keys=True)
    return SIM_BUILDS / f"runtime-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def copy_command(folder: Path, build_folder: Path) -> list[list[str]]:
    """The command that puts the kept objects into a build, newer than its makefile; none if nothing is kept."""
    objects = sorted(folder.glob(_OBJECTS))
    return [["cp", *map(str, objects), str(build_folder)]] if objects else []


def keep(folder: Path, build_folder: Path) -> None:
    """Keep a finished build's objects, whole or not at all, unless another build was first."""
    if folder.exists():
        return
    scratch = Path(tempfile.mkdtemp(prefix="runtime-", dir=folder.parent))
    for file in build_folder.glob(_OBJECTS):
        shutil.copy(file, scratch)
    try:
        scratch.rename(folder)
    except OSError:  # another build was first
        shutil.rmtree(scratch)
