# SPDX-License-Identifier: Apache-2.0
"""What failures of one cause have in common: their first problem without all that differs from run to run."""

from __future__ import annotations

import re

from scripts.sim.tools import SIMULATORS

_LENGTH = 160
_REPLACEMENTS = (
    (re.compile(rf"\b\w+-\w+-(?:{'|'.join(SIMULATORS)})-\d+\b"), "RUN"),
    (re.compile(r"(?<![\w/])~?(?:/|\.{1,2}/)?(?:[\w.+-]+/)+[\w.+-]*[A-Za-z][\w.+-]*(?::\d+)*"), "PATH"),
    (re.compile(r"(?<![\w/])/[\w.+-]*[A-Za-z][\w.+-]*"), "PATH"),
    (re.compile(r"\b0[xX][0-9a-fA-FxXzZ_]+|\b0b[01xXzZ_]+|\b\d+'s?[bodhBODH][0-9a-fA-FxXzZ_]+"), "N"),
    (re.compile(r"\b\d+\.\d*(?:[eE][+-]?\d+)?|\b\d+[eE][+-]\d+"), "N"),
    (re.compile(r"\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]+\b"), "N"),  # hexadecimal without a prefix; a word has no digits
    (re.compile(r"\b[xXzZ]{2,}\b"), "N"),  # unknown bits
    (re.compile(r"\d+"), "N"),
    (re.compile(r"(?<!\w)-N\b"), "N"),
    (re.compile(r"\bN(?:(?:,\s*|\s+)N\b)+"), "N"),  # indices, rows of an array: as many as there are
    (re.compile(r"(?<=[\[(])\s+|,?\s*(?=[\])])"), ""),
)


def signature(problems: list[str]) -> str:
    """Return the first line of the first problem without numbers, paths and names of runs; "" without a problem."""
    text = problems[0].strip().splitlines()[0] if problems and problems[0].strip() else ""
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text[:_LENGTH]
