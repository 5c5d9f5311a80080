# SPDX-License-Identifier: Apache-2.0
"""The worked examples of docs/architecture.md, section 4 (tests/data/codec_examples.json): values, format, words."""

from __future__ import annotations

import json
from pathlib import Path

from tests.codec_rtl.bruteforce import Format

FILE = Path(__file__).resolve().parents[1] / "data" / "codec_examples.json"


def load() -> list[tuple[list[int], Format, list[int]]]:
    """Return (values, format, words) of every example; the single groups are aligned to 64 bits."""
    data = json.loads(FILE.read_text())
    return [
        (
            entry["values"],
            Format(entry["P"], entry["prefix_bits"], entry.get("align", 64), entry["signed"], 0),
            [int(word, 16) for word in entry["words_hex"]],
        )
        for entry in data["groups"] + data["streams"]
    ]


def for_hardware(p: int, prefix_w: int, align: int) -> list[tuple[list[int], Format, list[int]]]:
    """Return the examples that hardware of these parameters can run."""
    return [(v, fmt, words) for v, fmt, words in load() if (fmt.p, fmt.prefix_w, fmt.align) == (p, prefix_w, align)]
