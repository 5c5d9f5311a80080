# SPDX-License-Identifier: Apache-2.0
"""Where a report comes from: the commit, the simulators, the time."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from scripts.errors import UserError
from scripts.sim.tools import find_simulator


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def commit(root: Path) -> str:
    """Return the short commit of the checkout, " with local changes" when there are some, "" outside git."""
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != root.resolve():
        return ""
    name = _git(root, "rev-parse", "--short=12", "HEAD")
    if not name:
        return ""
    return f"{name} with local changes" if _git(root, "status", "--porcelain") else name


def simulators(names: Iterable[str]) -> dict[str, str]:
    """Return the version of each simulator, and where it comes from when that is not PATH."""
    found = {}
    for name in dict.fromkeys(names):
        try:
            tool = find_simulator(name)
            found[name] = tool.version if tool.origin == "PATH" else f"{tool.version} ({tool.origin})"
        except (UserError, ImportError):
            found[name] = "not found"
    return found


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
