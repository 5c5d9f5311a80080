# SPDX-License-Identifier: Apache-2.0
"""Mutants a minute: of the last `make mutate`, else of a short one of the detector."""

from __future__ import annotations

import json
import subprocess
import sys

from scripts.bench.measure import Row
from scripts.errors import UserError
from scripts.paths import BUILD, ROOT, shown

_FILE = "mutation.json"
_SHORT = ("BLOCK=detector", "MUTANTS=30", "SEED=1")


def mutant_row() -> Row:
    """Return how many mutants met their tests in a minute, builds included. Raises UserError when a short run gives none."""
    file = BUILD / _FILE
    if not file.exists():
        print(f"no {shown(file)}: make mutate {' '.join(_SHORT)}", flush=True)
        command = [sys.executable, "-m", "scripts.mutate", *_SHORT]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if not file.exists():
            raise UserError(f"bench: make mutate {' '.join(_SHORT)} left no {_FILE}: {done.stderr.strip()[-300:]}")
    facts = json.loads(file.read_text())
    mutants = sum(row["mutants"] for row in facts["rows"])
    name = f"mutants a minute, {mutants} of {len(facts['rows'])} blocks"
    return Row(name, "mutants/min", float(facts["mutants_per_minute"]), None, None, "make mutate", "")
