# SPDX-License-Identifier: Apache-2.0
"""One mutant of the RTL: a bit of a cell's port that is inverted, stuck, or inverted when another bit is 0 or 1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from scripts.paths import shown

_MODES = {
    "inv": "inverted",
    "const0": "stuck at 0",
    "const1": "stuck at 1",
    "cnot0": "inverted while bit {} is 0",
    "cnot1": "inverted while bit {} is 1",
}
_POSITION = re.compile(r"(?P<file>.+):(?P<line>\d+)\.\d+-\d+\.\d+")


@dataclass(frozen=True)
class Mutant:
    """A mutation as Yosys lists it. source: file and line of the cell; signal: the wire that the bit belongs to, or ""."""

    number: int
    block: str
    mode: str
    module: str
    cell: str
    port: str
    bit: int
    control_bit: int
    signal: str
    source: Path
    line: int
    options: str

    def command(self, control: str = "") -> str:
        """The Yosys command that applies it, switched on by a control signal if `control` says so."""
        return f"mutate {control} {self.options}".replace("  ", " ")

    @property
    def text(self) -> str:
        """The source line."""
        lines = self.source.read_text().splitlines() if self.source.is_file() else []
        return lines[self.line - 1].strip() if 0 < self.line <= len(lines) else ""

    @property
    def cell_kind(self) -> str:
        """The cell for people: its operator, or the instance's name."""
        return self.cell.split("$")[1] if self.cell.startswith("$") else self.cell

    @property
    def description(self) -> str:
        """What is wrong with it."""
        signal = f" ({self.signal})" if self.signal else ""
        return f"{self.cell_kind} port {self.port} bit {self.bit}{signal} {_MODES[self.mode].format(self.control_bit)}"

    @property
    def place(self) -> str:
        """File and line."""
        return f"{shown(self.source)}:{self.line}"


def parse_mutant(line: str, block: str, number: int) -> Mutant:
    """Read a line of `mutate -list`; the cell's source position is the last one given."""
    options = line.split(maxsplit=1)[1]
    words = options.split()
    pairs = list(zip(words[::2], words[1::2], strict=True))
    values = dict(pairs)
    positions = [_POSITION.fullmatch(value) for name, value in pairs if name == "-src"]
    position = next((match for match in reversed(positions) if match), None)
    return Mutant(
        number=number,
        block=block,
        mode=values["-mode"],
        module=values["-module"],
        cell=values["-cell"],
        port=values["-port"],
        bit=int(values["-portbit"]),
        control_bit=int(values.get("-ctrlbit", 0)),
        signal=values.get("-wire", ""),
        source=Path(position["file"]) if position else Path(),
        line=int(position["line"]) if position else 0,
        options=options,
    )
