# SPDX-License-Identifier: Apache-2.0
"""Layers that ran on the cores of several designs: the rows that the runs left, side by side, and build/layers.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from models.atomic_file import atomic_output
from models.config import load_config
from scripts.comparison import comparisons, with_speedups
from scripts.comparison_check import missing_baselines, problems_of
from scripts.designs import design_name
from scripts.errors import UserError
from scripts.layers_text import format_comparison
from scripts.paths import BUILD, RUNS
from scripts.settings import Settings
from scripts.sim.benches import find_test
from scripts.sim.run import RunResult

LAYERS_FILE = BUILD / "layers.json"


def read_layers(result: RunResult) -> dict[str, Any]:
    """Return the layers that a run left, no rows when it left none."""
    path = RUNS / result.id / "layers.json"
    nothing = {"rows": [], "classification": {"images": 0, "agree": 0, "correct": 0}}
    return nothing | json.loads(path.read_text()) if path.exists() else nothing


def cores_of(results: Sequence[RunResult], test: str, restricted: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows and problems of the runs of CORE_TEST or TRACE_TEST, printed as one comparison a simulator."""
    found, problems = _once_each([result for result in results if result.test == test])
    try:
        rows, compared = with_speedups(found), comparisons(found)
    except ValueError as error:
        return found, [*problems, str(error)]
    for comparison in compared:
        print(f"\n{format_comparison(comparison)}", flush=True)
        for note in missing_baselines(comparison) if restricted else ():
            print(note, flush=True)
        problems += problems_of(comparison, restricted=restricted)
    return rows, problems


def _once_each(results: Sequence[RunResult]) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows of each configuration once, and what is wrong: the data do not depend on the seed, nor may the rows."""
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    first: dict[tuple[str, str], RunResult] = {}
    for result in results:
        found = read_layers(result)["rows"]
        if result.status == "passed" and not found:
            problems.append(f"{result.id}: passed and left no layers")
        if not found:
            continue
        known = first.setdefault((result.config, result.sim), result)
        if known is result:
            rows += [{"level": "core"} | row | {"sim": result.sim, "seed": result.seed} for row in found]
        elif found != read_layers(known)["rows"]:
            problems.append(f"{result.id}: its layers are unlike those of {known.id}")
    return rows, problems


def write_layers(rows: Sequence[dict[str, Any]], classification: Sequence[dict[str, Any]] = ()) -> None:
    """Write build/layers.json unless there is nothing to write."""
    if rows:
        with atomic_output(LAYERS_FILE) as file:
            document = {"rows": rows, "classification": list(classification)}
            file.write((json.dumps(document, indent=1) + "\n").encode())


def core_configs(settings: Settings, test: str) -> list[str]:
    """The configurations of the designs named by DESIGN, narrowed by CONFIG, after the BASE that each of them refers to."""
    known = [load_config(name) for name in find_test(test).configs_for(settings.sim)]
    of_designs = [config for config in known if design_name(config.design, config.detection) in (settings.designs or ())]
    chosen = [config for config in of_designs if settings.configs is None or config.name in settings.configs]
    if not chosen:
        names = ", ".join(config.name for config in of_designs) or "no configuration"
        words = f"DESIGN={','.join(settings.designs or ())}: SIM={settings.sim} runs {names}"
        raise UserError(f"{words}; CONFIG leaves none of them" if of_designs else words)
    return list(dict.fromkeys([config.baseline for config in chosen if config.design != "base"] + [c.name for c in chosen]))
