# SPDX-License-Identifier: Apache-2.0
"""Builds pile up, one for each edit: those used longest ago are removed, but never while another process uses builds."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import TextIO

LIMIT = 4 << 30  # bytes that builds may take; a regression's own ones stay if they take more
FINISHED = "built"  # the file that says that a build is whole; its date says when it was last used
_LOCK = "in-use.lock"
_RUNTIME = "runtime-*"  # small, and of use to every build


@cache
def hold(folder: Path) -> TextIO:
    """Keep builds in `folder` from being removed until this process, and those that it forks, have ended."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / _LOCK).open("a")
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def prune(needed: Collection[Path], limit: int = LIMIT) -> list[Path]:
    """Remove the builds used longest ago beside those that are `needed`, until all take no more than `limit` bytes.

    Returns what was removed: nothing while any process holds the folder.
    """
    if not needed:
        return []
    folder = next(iter(needed)).parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return []
        return _remove(folder, needed, limit)


def _remove(folder: Path, needed: Collection[Path], limit: int) -> list[Path]:
    builds = [path for path in folder.iterdir() if path.is_dir() and not path.match(_RUNTIME)]
    sizes = {path: _size(path) for path in builds}
    total, removed = sum(sizes.values()), list[Path]()
    for path in sorted((path for path in builds if path not in needed), key=_last_used):
        if total <= limit:
            break
        (path / FINISHED).unlink(missing_ok=True)  # first: half a build must not be taken for a whole one
        shutil.rmtree(path, ignore_errors=True)
        path.with_suffix(".lock").unlink(missing_ok=True)
        total -= sizes[path]
        removed.append(path)
    return removed


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _last_used(folder: Path) -> float:
    done = folder / FINISHED
    return (done if done.exists() else folder).stat().st_mtime
