# SPDX-License-Identifier: Apache-2.0
"""`make bench`: speeds as ratios, both sides measured in the same run (docs/bench.md). Writes build/bench.json."""

from __future__ import annotations

import json
import sys

from models.atomic_file import atomic_output
from models.config import load_config
from scripts.bench.designs import codec_rows, tile_rows
from scripts.bench.measure import Row
from scripts.bench.models import model_rows
from scripts.bench.mutants import mutant_row
from scripts.bench.networks import network_rows
from scripts.errors import UserError, run_main
from scripts.paths import BUILD, shown
from scripts.settings import parse

BENCH_FILE = BUILD / "bench.json"
_CONFIG = "dstripes16"


def _line(row: Row) -> str:
    text = f"{row.name:58} {_number(row.value):>12} {row.unit:11}"
    return text if row.ratio is None else f"{text} ref {_number(row.reference):>10} ratio {row.ratio:.2f}"


def _number(value: float) -> str:
    """Return a speed or a time: large ones whole."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.3f}"


def main() -> int:
    """Measure, print, write build/bench.json."""
    settings = parse(sys.argv[1:], coverage=False)
    if settings.sim != "verilator":
        raise UserError(f"SIM={settings.sim}: make bench compares against a Verilator loop; use SIM=verilator")
    configs = [load_config(name) for name in settings.configs or (_CONFIG,)]
    rows = [row for config in configs for row in tile_rows(config, settings.seed)]
    rows += [row for config in configs for row in codec_rows(config, settings.seed)]
    rows += model_rows(settings.seed)
    rows += network_rows(settings.seed)
    rows.append(mutant_row())
    print()
    print("\n".join(map(_line, rows)))
    command = f"make bench SEED={settings.seed}" + (f" CONFIG={','.join(settings.configs)}" if settings.configs else "")
    document = {"seed": settings.seed, "command": command, "rows": [row.document() for row in rows]}
    with atomic_output(BENCH_FILE) as file:
        file.write(json.dumps(document, indent=1).encode() + b"\n")
    print(f"bench: {shown(BENCH_FILE)}")
    return 0


if __name__ == "__main__":
    run_main(main)
