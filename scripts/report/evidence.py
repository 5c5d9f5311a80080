# SPDX-License-Identifier: Apache-2.0
"""Files that other commands leave in the build folder: read when they are there, and said so when not, or when out of date."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from scripts.report.rows import parse_object

T = TypeVar("T")
_SUFFIXES = (".v", ".vh", ".py", ".toml", ".cpp")


@dataclass(frozen=True)
class Provenance:
    """Where figures come from. `made` is the file's time in UTC; `command`, `commit` and `seed` as the file says, else "".

    `problem` says why there is nothing to show, `stale` which source is newer than the file; both are usually "".
    """

    file: str
    maker: str
    made: str = ""
    command: str = ""
    commit: str = ""
    seed: str = ""
    problem: str = ""
    stale: str = ""

    @property
    def state(self) -> str:
        """One of "current", "stale", "damaged" and "missing"."""
        if self.problem:
            return "damaged" if self.made else "missing"
        return "stale" if self.stale else "current"


@dataclass(frozen=True)
class Found(Generic[T]):
    """What a file says, or None, and where it comes from."""

    origin: Provenance
    view: T | None = None


def utc(seconds: float) -> str:
    """A time since the epoch in seconds, as "2026-11-22 18:05:10 UTC"."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def newest_source(root: Path, places: Iterable[str]) -> tuple[float, str]:
    """Return time and path of the source that changed last in the folders `places` of `root`; (0, "") when there is none."""
    newest = (0.0, "")
    for folder in places:
        for base, folders, names in os.walk(root / folder):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in names:
                if name.endswith(_SUFFIXES):
                    path = Path(base, name)
                    newest = max(newest, (path.stat().st_mtime, path.relative_to(root).as_posix()))
    return newest


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    return str(value) if isinstance(value, str | int) else ""


def read_found(path: Path, maker: str, parse: Callable[[dict[str, Any]], T], newest: tuple[float, str]) -> Found[T]:
    """Read a JSON file of the build folder that the command `maker` writes; `parse` raises ValueError for what it cannot take.

    A file that is missing, damaged or older than the `newest` source (time and path) is no error: the origin says so.
    """
    file = path.name
    try:
        made, text = path.stat().st_mtime, path.read_text()
    except FileNotFoundError:
        return Found(Provenance(file, maker, problem=f"Not there yet: `{maker}` makes it."))
    except (OSError, UnicodeDecodeError) as error:
        return Found(Provenance(file, maker, "unknown", problem=f"`{file}` cannot be read ({error}): run `{maker}` again."))
    try:
        document = parse_object(text)
        view = parse(document)
    except ValueError as error:
        return Found(Provenance(file, maker, utc(made), problem=f"`{file}` is damaged ({error}): run `{maker}` again."))
    changed, source = newest
    stale = f"`{source}` changed since: `{maker}` makes it anew." if changed > made else ""
    facts = {key: _text(document, key) for key in ("command", "commit", "seed")}
    return Found(Provenance(file, maker, utc(made), **facts, stale=stale), view)
