# SPDX-License-Identifier: Apache-2.0
"""The results for people and programs: a table, the survivors, build/mutation.json."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from models.atomic_file import atomic_output
from scripts.mutate.campaigns import Argued
from scripts.mutate.score import Fate, Row, argument_of
from scripts.paths import BUILD

RESULTS = BUILD / "mutation.json"
_HEADS = ("mutants", "killed", "equivalent", "survived", "argued")


def table(rows: Sequence[Row]) -> str:
    """A line a block."""
    width = max(len("block"), *(len(row.block) for row in rows))
    lines = [f"{'block':{width}}" + "".join(f"{head:>11}" for head in _HEADS) + f"{'seconds':>9}{'score':>8}{'goal':>6}"]
    for row in rows:
        counts = "".join(f"{getattr(row, head):>11}" for head in _HEADS)
        ok = "" if row.ok else "  missed"
        lines.append(f"{row.block:{width}}{counts}{row.seconds:>9.1f}{row.score:>7.1f}%{row.goal:>6g}{ok}")
    return "\n".join(lines)


def left_over(fates: Sequence[Fate], arguments: Sequence[Argued]) -> list[Fate]:
    """The survivors that nobody argued."""
    return [fate for fate in fates if not fate.killed and not fate.equivalent and argument_of(fate, arguments) is None]


def survivor_lines(fates: Sequence[Fate], arguments: Sequence[Argued], command: str) -> list[str]:
    """Two lines a survivor: where and what, and the command that repeats it."""
    lines = []
    for fate in left_over(fates, arguments):
        lines += [f"{fate.source}:{fate.line}: {fate.block}: {fate.description}", f"    {fate.line_text}"]
        lines.append(f"    {command} RUN={shlex.quote(fate.name)}")
    return lines


def _survivor(fate: Fate) -> dict[str, Any]:
    return {
        "block": fate.block,
        "mutant": fate.name,
        "source": fate.source,
        "line": fate.line,
        "description": fate.description,
        "tests": fate.tests,
    }


def document(
    rows: Sequence[Row], fates: Sequence[Fate], arguments: Sequence[Argued], seed: int, command: str, seconds: float
) -> dict[str, Any]:
    """The contents of build/mutation.json. seconds: of the whole, with builds and proofs."""
    killers = Counter(fate.by for fate in fates if fate.killed)
    ends = Counter(fate.how for fate in fates if fate.killed)
    return {
        "seed": seed,
        "command": command,
        "rows": [asdict(row) for row in rows],
        "survivors": [_survivor(fate) for fate in left_over(fates, arguments)],
        "argued": [
            _survivor(fate) | {"reason": argued.reason}
            for fate in fates
            if not fate.killed and not fate.equivalent and (argued := argument_of(fate, arguments))
        ],
        "equivalent": [_survivor(fate) | {"reason": fate.equivalent} for fate in fates if fate.equivalent],
        "killed_by": dict(killers.most_common()),
        "killed_how": dict(ends.most_common()),
        "minutes": round(seconds / 60, 2),
        "mutants_per_minute": round(60 * len(fates) / seconds, 1),
    }


def write(content: dict[str, Any]) -> None:
    """Write build/mutation.json, whole or not at all."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    with atomic_output(RESULTS) as file:
        file.write(json.dumps(content, indent=1).encode())
