# SPDX-License-Identifier: Apache-2.0
"""Names of number formats, as the command line takes them: m7e6, i4f8, bfloat16."""

from __future__ import annotations

import re

from models.floats.formats import BFLOAT16, FLOAT16, FLOAT32, FixedFormat, FloatFormat, Format, FormatError

_TEXT = re.compile(r"(?:m(?P<m>\d+)e(?P<e>\d+)|i(?P<i>\d+)f(?P<f>\d+))(?P<zero>z?)")
NAMED = {"float32": FLOAT32, "float16": FLOAT16, "bfloat16": BFLOAT16}


def parse_format(text: str) -> Format:
    """Return the format of a name: m7e6, i4f8, with z to round towards zero, or float32, float16, bfloat16. FormatError."""
    if text in NAMED:
        return NAMED[text]
    match = _TEXT.fullmatch(text)
    if not match:
        raise FormatError(
            f"format {text!r}: write mMeE (mantissa and exponent bits), iIfF (integer and fraction bits), "
            f"with z to round towards zero, or one of {', '.join(NAMED)}"
        )
    rounding = "zero" if match["zero"] else "nearest"
    if match["m"]:
        return FloatFormat(int(match["m"]), int(match["e"]), rounding=rounding)
    return FixedFormat(int(match["i"]), int(match["f"]), rounding=rounding)


def format_name(number_format: Format) -> str:
    """Return the name that `parse_format` takes; raises FormatError for a format that has none."""
    for name, known in NAMED.items():
        if known == number_format:
            return name
    if parse_format(number_format.name) != number_format:
        raise FormatError(f"{number_format}: has no name of its own")
    return number_format.name
