# SPDX-License-Identifier: Apache-2.0
"""What became of each mutant, and what that makes for a block: its score, and whether the arguments hold."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scripts.mutate.campaigns import Argued


@dataclass
class Fate:
    """A mutant of any kind and what became of it.

    name: what repeats it; line_text: its source line. by: the test that killed it; how: "failed", "timeout" or "died";
    seconds: of all the tests that ran on it; equivalent: how it was proved to do the same as the original.
    """

    block: str
    name: str
    source: str
    line: int
    line_text: str
    description: str
    by: str = ""
    how: str = ""
    problem: str = ""
    seconds: float = 0.0
    tests: list[str] = field(default_factory=list)
    equivalent: str = ""

    @property
    def killed(self) -> bool:
        """Whether a test noticed."""
        return bool(self.by)

    def meet(self, test: str, status: str, problem: str, seconds: float) -> None:
        """Take note of how a test ended on it: anything but "passed" kills."""
        self.seconds += seconds
        self.tests += [test] if test not in self.tests else []
        if status != "passed":
            self.by, self.how, self.problem = test, status, problem


@dataclass(frozen=True)
class Row:
    """A block's score. survived: not killed and not equivalent, argued or not."""

    block: str
    mutants: int
    killed: int
    survived: int
    equivalent: int
    argued: int
    seconds: float
    goal: float
    ok: bool

    @property
    def score(self) -> float:
        """Percent killed of the mutants that are not equivalent."""
        return 100 * self.killed / max(1, self.mutants - self.equivalent)


def matches(argued: Argued, fate: Fate) -> bool:
    """Whether an argument speaks of this mutant."""
    same = argued.block == fate.block and argued.line == fate.line_text
    where = fate.name.rpartition(":")[0]
    return same and fnmatch.fnmatchcase(fate.description, argued.what) and fnmatch.fnmatchcase(where, argued.campaign)


def argument_of(fate: Fate, arguments: Iterable[Argued]) -> Argued | None:
    """The first argument that speaks of a mutant."""
    return next((argued for argued in arguments if matches(argued, fate)), None)


def wrong_arguments(arguments: Iterable[Argued], fates: Sequence[Fate]) -> list[str]:
    """Arguments that a killed mutant refutes, a line each."""
    return [
        f"{_shown(argued)}: {fate.name} was killed by {fate.by}: narrow it or drop it"
        for argued in arguments
        for fate in [fate for fate in fates if matches(argued, fate) and fate.killed][:1]
    ]


def idle_arguments(arguments: Iterable[Argued], fates: Sequence[Fate]) -> list[str]:
    """Arguments that speak of none of the mutants, a line each; of blocks that were not mutated nothing is said."""
    blocks = {fate.block for fate in fates}
    idle = [argued for argued in arguments if argued.block in blocks and not any(matches(argued, fate) for fate in fates)]
    return [f"{_shown(argued)}: matches no mutant" for argued in idle]


def _shown(argued: Argued) -> str:
    return f"[[argued]] {argued.block}: {argued.line!r}, {argued.what!r}"


def make_row(block: str, goal: float, fates: Sequence[Fate], arguments: Sequence[Argued]) -> Row:
    """Count a block's mutants."""
    killed = sum(fate.killed for fate in fates)
    left = [fate for fate in fates if not fate.killed and not fate.equivalent]
    argued = sum(argument_of(fate, arguments) is not None for fate in left)
    equivalent = len(fates) - killed - len(left)
    ok = bool(fates) and 100 * (killed + argued) >= goal * (len(fates) - equivalent)
    seconds = round(sum(fate.seconds for fate in fates), 1)
    return Row(block, len(fates), killed, len(left), equivalent, argued, seconds, goal, ok)
