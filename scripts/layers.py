# SPDX-License-Identifier: Apache-2.0
"""`make layers`: a network's layers through the RTL, cycles and sizes beside the models' and the baselines'.

Without DESIGN: the convolutions through the layer engine, from containers to containers. With DESIGN: every layer through the
cores of the chosen designs, side by side. With NET: those of another network (scripts/trace_layers.py).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from models.config import load_config
from scripts.core_layers import LAYERS_FILE, core_configs, cores_of, read_layers, write_layers
from scripts.errors import UserError, run_main
from scripts.execution import carry_out, failure_line
from scripts.layers_text import align
from scripts.paths import shown
from scripts.plan import derive_seed, selected_configs
from scripts.settings import Settings, parse
from scripts.sim.benches import find_test
from scripts.sim.run import Run, RunResult
from scripts.trace_layers import trace_plan, trace_rows

LAYER_TEST = "layer_digits"
CORE_TEST = "tile_network"
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
    return "\n".join(align([_HEADER, *(_cells(row) for row in rows)]))


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


def _engine(results: Sequence[RunResult]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Rows, classification and problems of the runs of LAYER_TEST, printed."""
    all_rows, classification, problems = [], [], []
    for result in (result for result in results if result.test == LAYER_TEST):
        facts = read_layers(result)
        rows, counts = facts["rows"], facts["classification"]
        all_rows += [{"level": "engine"} | row for row in rows]
        classification.append({"config": result.config, "sim": result.sim, "seed": result.seed, **counts})
        problems += _problems(counts, result)
        if rows:
            _show(rows, counts, result)
    return all_rows, classification, problems


def layers_of(
    results: Sequence[RunResult], *, restricted: bool = False
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Collect the layers of all runs of LAYER_TEST and CORE_TEST, print them, write build/layers.json.

    `restricted` says that only a part of the configurations was to run, so a design may lack its BASE. Returns the rows, how
    the images of each run of LAYER_TEST were classified, and what is wrong.
    """
    engine_rows, classification, problems = _engine(results)
    core_rows, core_problems = cores_of(results, CORE_TEST, restricted)
    rows = engine_rows + core_rows
    write_layers(rows, classification)
    return rows, classification, problems + core_problems


def _engine_configs(settings: Settings) -> list[str]:
    """The configurations named by CONFIG, else the first one of the test."""
    test = find_test(LAYER_TEST)
    known = list(test.configs_for(settings.sim))
    configs = selected_configs(test, settings) if settings.configs else known[:1]
    if not configs:
        raise UserError(f"CONFIG: the layers run on {', '.join(known)} under SIM={settings.sim}")
    return configs


def plan_of(settings: Settings) -> list[Run]:
    """The runs that `settings` ask for. Raises UserError when they leave nothing to run."""
    if settings.designs is None:
        test, configs = LAYER_TEST, _engine_configs(settings)
    else:
        test, configs = CORE_TEST, core_configs(settings, CORE_TEST)
    return [
        Run(test, config, settings.sim, derive_seed(settings.seed, test, index), settings.coverage, settings.waves)
        for config in configs
        for index in range(settings.seeds or 1)
    ]


def main() -> int:
    """Run the layers; return 0 when every output and every cycle is the model's."""
    settings = parse(sys.argv[1:], coverage=False)
    plan = trace_plan(settings) if settings.net else plan_of(settings)
    print(f"base seed {settings.seed}", flush=True)
    results = carry_out(plan, settings.jobs)
    failed = [f"{failure_line(result)}\n  {result.replay}" for result in results if result.status != "passed"]
    rows, problems = trace_rows(results, settings) if settings.net else layers_of(results)[::2]
    for problem in failed + problems:
        print(problem)
    if rows:
        print(f"layers: {shown(LAYERS_FILE)}")
    return 1 if failed or problems else 0


if __name__ == "__main__":
    run_main(main)
