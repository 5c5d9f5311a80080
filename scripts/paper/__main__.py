# SPDX-License-Identifier: Apache-2.0
"""Compute every item, print a line each, and write build/paper/index.html and build/paper/paper.json."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from models.atomic_file import atomic_output
from models.paper.context import Context
from models.paper.items import ITEMS
from models.paper.published import inconsistencies
from models.paper.results import BASES, Item
from models.traces import Trace, load_trace
from scripts.errors import UserError, run_main
from scripts.nets import float_trace_folder
from scripts.paper.page import WORDS, page, view
from scripts.paths import BUILD, shown

FOLDER = BUILD / "paper"


def own_trace(network: str, quantiser: str, inputs: int) -> Trace:
    """Return the trace of a network of the project on held-out inputs."""
    return load_trace(float_trace_folder(network, quantiser, inputs), check=False)


def compute(context: Context) -> list[Item]:
    """Return all items, with a line of progress after each."""
    found, start = [], time.monotonic()
    for make in ITEMS:
        found.append(make(context))
        one = view(found[-1])
        took = f"{time.monotonic() - start:.0f} s"
        print(
            f"{len(found)}/{len(ITEMS)} {one.item.about.label}: {WORDS[one.item.about.reproduced]}: {one.says} ({took})",
            flush=True,
        )
    return found


def document(items: list[Item]) -> dict[str, Any]:
    """Return the items as JSON values."""
    everything = [asdict(each) for each in inconsistencies()]
    return {"bases": BASES, "items": [item.document() for item in items], "inconsistencies": everything}


def main() -> int:
    """Write page and JSON."""
    if sys.argv[1:]:
        raise UserError(f"{sys.argv[1]}: make paper takes no variables")
    start = time.monotonic()
    context = Context(own_trace, lambda line: print(f"  {line}", flush=True))
    FOLDER.mkdir(parents=True, exist_ok=True)
    items = compute(context)
    compared = sum(row.deviation is not None for item in items for row in item.rows)
    facts = {
        "Numbers compared": str(compared),
        "Tables and figures": str(len(items)),
        "Made": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "Duration": f"{time.monotonic() - start:.0f} s",
    }
    for name, text in (("paper.json", json.dumps(document(items), indent=1) + "\n"), ("index.html", page(items, facts))):
        with atomic_output(FOLDER / name) as file:
            file.write(text.encode())
        print(f"written: {shown(FOLDER / name)}")
    return 0


if __name__ == "__main__":
    run_main(main)
