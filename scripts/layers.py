# SPDX-License-Identifier: Apache-2.0
"""`make layers`: the network's convolution layers through the RTL, cycles and sizes beside the models' and the baselines'."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from models.config import load_config
from scripts.errors import UserError, run_main
from scripts.execution import carry_out, failure_line
from scripts.paths import BUILD, RUNS, shown
from scripts.plan import derive_seed, selected_configs
from scripts.settings import Settings, parse
from scripts.sim.benches import find_test
from scripts.sim.run import Run, RunResult

LAYERS_FILE = BUILD / "layers.json"
LAYER_TEST = "layer_digits"
_HEADER = (
    "layer",
    "RTL",
    "model",
    "BASE",
    "Stripes",
    "speedup",
    "bound",
    "mean p",
    "drain",
    "fill",
    "differ",
    "bytes",
    "of raw",
)

_LEGEND = """\
Stripes: this tile at the profile's precision, with its fill; bound: COLS / mean precision; drain, fill: cycles without a
bit plane; differ: outputs unlike the model's; bytes: compressed input, channels in whole bricks of 16
"""


def _read(result: RunResult) -> dict[str, Any]:
    path = RUNS / result.id / "layers.json"
    if not path.exists():
        return {"rows": [], "classification": {"images": 0, "agree": 0, "correct": 0}}
    return json.loads(path.read_text())


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    bound = load_config(row["config"]).cols / row["mean_precision"]
    return (
        row["layer"],
        *(str(row[key]) for key in ("rtl_cycles", "model_cycles", "base_cycles", "stripes_cycles")),
        f"{row['speedup']:.2f}x",
        f"{bound:.2f}x",
        f"{row['mean_precision']:.2f}",
        *(str(value) for value in (row["stalls"]["output_drain"], row["fill"], row["mismatches"], row["compressed_bytes"])),
        f"{100 * row['compressed_bytes'] / row['raw_bytes']:.0f}%",
    )


def format_table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as a table of plain text, numbers to the right."""
    cells = [_HEADER, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True))])
        for line in cells
    )


def _problems(counts: dict[str, int], result: RunResult) -> list[str]:
    """What the rows do not tell; outputs and cycles that differ are mismatches of the run itself."""
    if counts["agree"] == counts["images"]:
        return []
    return [f"{result.id}: {counts['images'] - counts['agree']} images are classified unlike the model"]


def _show(rows: Sequence[dict[str, Any]], counts: dict[str, int], result: RunResult) -> None:
    images = counts["images"]
    print(f"\nlayers of digits on {result.config} ({result.sim}), {images} held-out images, compute cycles:")
    print(format_table(rows))
    print(f"classified from the RTL's outputs: {counts['correct']} of {images} right, {counts['agree']} as the quantised model")
    print(_LEGEND, flush=True)


def layers_of(results: Sequence[RunResult]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Collect the layers of all runs of LAYER_TEST, print them, write build/layers.json.

    Returns the rows, how the images of each run were classified, and what is wrong.
    """
    all_rows, classification, problems = [], [], []
    for result in (result for result in results if result.test == LAYER_TEST):
        facts = _read(result)
        rows, counts = facts["rows"], facts["classification"]
        all_rows += rows
        classification.append({"config": result.config, "sim": result.sim, "seed": result.seed, **counts})
        problems += _problems(counts, result)
        if rows:
            _show(rows, counts, result)
    if all_rows:
        LAYERS_FILE.write_text(json.dumps({"rows": all_rows, "classification": classification}, indent=1) + "\n")
    return all_rows, classification, problems


def _plan(settings: Settings) -> list[Run]:
    test = find_test(LAYER_TEST)
    configs = selected_configs(test, settings)
    if not configs:
        raise UserError(f"CONFIG: the layers run on {', '.join(test.configs_for(settings.sim))} under SIM={settings.sim}")
    chosen = configs if settings.configs else configs[:1]
    seeds = range(settings.seeds or 1)
    return [
        Run(LAYER_TEST, config, settings.sim, derive_seed(settings.seed, LAYER_TEST, index), settings.coverage, settings.waves)
        for config in chosen
        for index in seeds
    ]


def main() -> int:
    """Run the layers; return 0 when every output and every cycle is the model's."""
    settings = parse(sys.argv[1:], coverage=False)
    print(f"base seed {settings.seed}", flush=True)
    results = carry_out(_plan(settings), settings.jobs)
    failed = [f"{failure_line(result)}\n  {result.replay}" for result in results if result.status != "passed"]
    _, _, problems = layers_of(results)
    for problem in failed + problems:
        print(problem)
    print(f"layers: {shown(LAYERS_FILE)}")
    return 1 if failed or problems else 0


if __name__ == "__main__":
    run_main(main)
