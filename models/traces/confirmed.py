# SPDX-License-Identifier: Apache-2.0
"""Which cycle counts the RTL has confirmed: the cycles that it took for a layer's input on a configuration.

`make layers NET=` adds to the file, and whoever prints model cycles of the same layer can say that RTL has run it. An
entry is made of a run without any mismatch; its digest covers shape, formats and operands (TraceLayer.digests), so it
never speaks of other data.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.atomic_file import atomic_output

_BUILD = Path(os.environ.get("DPR_BUILD") or Path(__file__).resolve().parents[2] / "build")
CONFIRMED_FILE = _BUILD / "rtl_confirmed.json"
Confirmations = dict[str, dict[str, int]]  # digest of a layer with an input: configuration: cycles of the RTL


def load_confirmed(path: Path = CONFIRMED_FILE) -> Confirmations:
    """Return what is in the file, nothing when there is none or when it is damaged: then nothing is confirmed."""
    try:
        found = json.loads(path.read_text())
        return {str(digest): {str(config): int(cycles) for config, cycles in entry.items()} for digest, entry in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def add_confirmed(found: Mapping[str, Mapping[str, int]], path: Path = CONFIRMED_FILE) -> None:
    """Add cycles that RTL took to the file. Raises OSError."""
    known = load_confirmed(path)
    for digest, entry in found.items():
        known.setdefault(digest, {}).update(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_output(path) as file:
        file.write((json.dumps(known, indent=1, sort_keys=True) + "\n").encode())


def confirmed_inputs(known: Confirmations, digests: Sequence[str], config: str, cycles: Sequence[int]) -> int:
    """Return for how many of a layer's inputs the RTL took the model's `cycles`; 0 when it took others for one of them."""
    seen = [(known.get(digest, {}).get(config), count) for digest, count in zip(digests, cycles, strict=True)]
    ran = [took == count for took, count in seen if took is not None]
    return len(ran) if all(ran) else 0
