# SPDX-License-Identifier: Apache-2.0
"""The text files of a network in the layout of DNNsim, the simulator of the paper's group (github.com/isakedo/DNNsim).

model.csv: a layer a line, name,type,stride,pad; type is conv, fc or lstm. precision.txt: a line that is not looked at, then
four lines of one number a layer with semicolons between: magnitude bits of the activations, the sign included, their
fraction bits, and the same of the weights. Fraction or magnitude may be negative; their sum is the precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.traces.trace import TraceError

MODEL_FILE, PRECISION_FILE = "model.csv", "precision.txt"
TYPES = ("conv", "fc", "lstm")
_ROWS = ("activations' magnitudes", "activations' fractions", "weights' magnitudes", "weights' fractions")


@dataclass(frozen=True)
class FixedPoint:
    """Bits of a layer's fixed-point values: before the point with the sign, and after it."""

    magnitude: int
    fraction: int

    @property
    def bits(self) -> int:
        """The precision, the sign included."""
        return self.magnitude + self.fraction


GENERIC = {  # P: activations and weights, where there is no precision.txt
    16: (FixedPoint(14, 2), FixedPoint(1, 15)),
    8: (FixedPoint(7, 1), FixedPoint(1, 7)),
}


@dataclass(frozen=True)
class ModelLine:
    """A line of model.csv. In file names a slash of the name is a dash."""

    name: str
    kind: str
    stride: int
    pad: int

    @property
    def file_name(self) -> str:
        """The name as files have it."""
        return self.name.replace("/", "-")


def read_model(path: Path) -> list[ModelLine]:
    """Return the lines of model.csv; a heading is skipped. Raises TraceError that names file and line."""
    if not path.is_file():
        raise TraceError(f"{path}: no such file: name a folder in DNNsim's layout ({MODEL_FILE}, wgt-*.npy, act-*-0.npy)")
    lines: list[ModelLine] = []
    for number, text in enumerate(_text(path).splitlines(), 1):
        words = [word.strip() for word in text.split(",")]
        if not text.strip() or (number == 1 and len(words) > 1 and words[1].lower() == "type"):
            continue
        lines.append(_model_line(f"{path}: line {number}: {text.strip()!r}", words))
        if lines[-1].file_name in [line.file_name for line in lines[:-1]]:
            raise TraceError(f"{path}: line {number}: layer {lines[-1].name!r} is there twice: give it another name")
    if not lines:
        raise TraceError(f"{path}: has no layers: write name,type,stride,pad lines")
    return lines


def _model_line(where: str, words: list[str]) -> ModelLine:
    try:
        name, kind, stride, pad = words
        line = ModelLine(name, kind, int(stride), int(pad))
    except ValueError:
        raise TraceError(f"{where}: must be name,type,stride,pad, the last two integers") from None
    if kind not in TYPES:
        raise TraceError(f"{where}: type {kind!r}: must be one of {', '.join(TYPES)}")
    if not name or (kind == "conv" and (line.stride < 1 or line.pad < 0)):
        raise TraceError(f"{where}: needs a name, a stride of at least 1 and a pad of at least 0")
    return line


def read_precisions(path: Path, layers: list[ModelLine], bits: int) -> list[tuple[FixedPoint, FixedPoint]]:
    """Return the fixed point of activations and weights of each layer; the generic one of P = `bits` without the file.

    Raises TraceError when a row is missing, has too few numbers, or a precision is not in 1..P.
    """
    if not path.exists():
        return [GENERIC[bits]] * len(layers)
    rows = _text(path).splitlines()[1:]
    if len(rows) < len(_ROWS):
        raise TraceError(f"{path}: {len(rows)} lines after the first: must be {len(_ROWS)}, {', '.join(_ROWS)}")
    columns = [_numbers(path, name, row, len(layers)) for name, row in zip(_ROWS, rows, strict=False)]
    found = []
    for line, (act_mag, act_frac, weight_mag, weight_frac) in zip(layers, zip(*columns, strict=True), strict=False):
        pair = FixedPoint(act_mag, act_frac), FixedPoint(weight_mag, weight_frac)
        for what, fixed in zip(("activations", "weights"), pair, strict=True):
            if not 1 <= fixed.bits <= bits:
                total = f"{fixed.magnitude} + {fixed.fraction} = {fixed.bits} bits of {what}"
                raise TraceError(f"{path}: layer {line.name!r}: {total}: must be 1..{bits}")
        found.append(pair)
    return found


def _numbers(path: Path, name: str, row: str, least: int) -> list[int]:
    try:
        found = [int(word) for word in row.split(";") if word.strip()]
    except ValueError:
        raise TraceError(f"{path}: {name}: {row.strip()!r}: must be integers with semicolons between") from None
    if len(found) < least:
        raise TraceError(f"{path}: {name}: {len(found)} numbers for {least} layers: must be one a layer")
    return found[:least]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        raise TraceError(f"{path}: is not a text file") from None
