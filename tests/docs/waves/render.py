# SPDX-License-Identifier: Apache-2.0
"""Waves as plain text, one column a cycle.

A bit is drawn as a line, high or low; a bus as a value in every cycle in which it means something, dashes elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Cycle = dict[str, str]  # signal -> value, in one cycle
WIDTH = 6  # characters a cycle, unless told otherwise
_ROW = re.compile(r"(?P<name>\S+)(?: = (?P<source>\w+))?(?: if (?P<when>\w+)(?:\((?P<known>\w+)\))?)?")


@dataclass(frozen=True)
class Row:
    """One line of a figure: the bit or bus `source`; a bus is shown while the bit `when` is 1, or while `known` is not x."""

    name: str
    source: str
    when: str
    known: str

    @classmethod
    def parse(cls, text: str) -> Row:
        """Read a row of waves.toml. Raises ValueError when it is none."""
        found = _ROW.fullmatch(text)
        if not found:
            raise ValueError(f"no row of a wave: {text}")
        name = found["name"]
        return cls(name, found["source"] or name, found["when"] or "", found["known"] or "")

    def draw(self, cycles: Sequence[Cycle], width: int = WIDTH) -> str:
        """The line without its name."""
        return self._bus(cycles, width) if self.when else self._bit(cycles, width)

    def _bit(self, cycles: Sequence[Cycle], width: int) -> str:
        text, before = "", cycles[0][self.source]
        for cycle in cycles:
            now = cycle[self.source]
            level = {"0": "_", "1": "‾"}[now]
            edge = level if now == before else "/" if now == "1" else "\\"
            text, before = text + edge + level * (width - 1), now
        return text

    def _bus(self, cycles: Sequence[Cycle], width: int) -> str:
        text, before = "", False
        for cycle in cycles:
            now = "x" not in cycle[self.known] if self.known else cycle[self.when] == "1"
            edge = "X" if now and before else "<" if now else ">" if before else "-"
            text += edge + (f"{cycle[self.source]:^{width - 1}}" if now else "-" * (width - 1))
            before = now
        return text


def parse(output: str, keyword: str = "wave") -> list[Cycle]:
    """Return the signals of each cycle from a bench's output: lines "wave NAME=VALUE NAME=VALUE ..."."""
    lines = [line.split()[1:] for line in output.splitlines() if line.startswith(f"{keyword} ")]
    return [dict(word.split("=") for word in line) for line in lines]


def render(cycles: Sequence[Cycle], rows: Sequence[str], width: int = WIDTH) -> str:
    """Return the whole figure: a line of cycle numbers, then a line each row."""
    drawn = [Row.parse(text) for text in rows]
    names = max(len(row.name) for row in drawn) + 2
    head = "cycle".ljust(names) + "".join(f"{number:^{width}}" for number in range(len(cycles)))
    return "\n".join(line.rstrip() for line in [head] + [row.name.ljust(names) + row.draw(cycles, width) for row in drawn])
