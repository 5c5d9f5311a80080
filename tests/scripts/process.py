# SPDX-License-Identifier: Apache-2.0
"""Environments and processes, for the tests that start programs."""

from __future__ import annotations

import os
import time
from pathlib import Path

from scripts.settings import VARIABLES

_OF_MAKE = (*VARIABLES, "MAKEFLAGS", "MAKELEVEL", "PYTEST_CURRENT_TEST")


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without the variables of a `make` and of a pytest around these tests."""
    return {key: value for key, value in os.environ.items() if key not in _OF_MAKE} | extra


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def ends_soon(pid: int, within_s: float = 5.0) -> bool:
    """Whether the process ends; one that was just killed may be seen for a moment."""
    deadline = time.monotonic() + within_s
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def processes_naming(folder: Path) -> list[int]:
    """The other processes whose command line names `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder) in (entry / "cmdline").read_text() and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        except OSError:
            continue
    return found
