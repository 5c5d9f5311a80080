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
from scripts.paths import BUILD, ROOT, RUNS
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


def _read(result: RunResult) -> dict[str, Any]:
    path = RUNS / result.id / "layers.json"
    if not path.exists():
        return {"rows": [], "classification": {"images": 0, "agree": 0, "correct": 0}}
    return json.loads(path.read_text())


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    bound = load_config(row["config"]).p / row["mean_precision"]
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
    widths = [max(len(line[i]) for line in cells) for i in range(len(_HEADER))]
    lines = ["  ".join(text.rjust(width) if i else text.ljust(width) for i, (text, width) in enumerate(zip(line, widths, strict=True)))
             for line in cells]  # fmt: skip
    return "\n".join(lines)


def _problems(counts: dict[str, int], result: RunResult) -> list[str]:
    """What the rows do not tell; outputs and cycles that differ are mismatches of the run itself."""
    if counts["agree"] == counts["images"]:
        return []
    return [f"{result.id}: {counts['images'] - counts['agree']} images are classified unlike the model"]


def layers_of(results: Sequence[RunResult]) -> tuple[list[dict[str, Any]], list[str]]:
    """Collect the layers of all runs of LAYER_TEST, print them, write build/layers.json; return (rows, problems)."""
    all_rows, classification, problems = [], [], []
    for result in (result for result in results if result.test == LAYER_TEST):
        facts = _read(result)
        rows, counts = facts["rows"], facts["classification"]
        all_rows += rows
        classification.append({"config": result.config, "sim": result.sim, "seed": result.seed, **counts})
        problems += _problems(counts, result)
        if rows:
            print(
                f"\nlayers of digits on {result.config} ({result.sim}), {counts['images']} held-out images, cycles of the compute phase:"
            )
            print(format_table(rows))
            print(
                f"classified from the RTL's outputs: {counts['correct']} of {counts['images']} right, "
                f"{counts['agree']} of {counts['images']} as the quantised model says\n"
                "bound: P / mean precision; drain, fill: cycles without a bit plane; bytes: compressed input, channels in whole bricks\n",
                flush=True,
            )
    if all_rows:
        LAYERS_FILE.write_text(json.dumps({"rows": all_rows, "classification": classification}, indent=1) + "\n")
    return all_rows, problems


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
    _, problems = layers_of(results)
    for problem in failed + problems:
        print(problem)
    print(f"layers: {LAYERS_FILE.relative_to(ROOT)}")
    return 1 if failed or problems else 0


if __name__ == "__main__":
    run_main(main)
