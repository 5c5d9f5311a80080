# SPDX-License-Identifier: Apache-2.0
"""`make layers NET=`: the layers of another network on the cores of the designs; what RTL has confirmed is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.config import load_config
from models.traces import Trace, load_trace
from models.traces.confirmed import CONFIRMED_FILE, Confirmations, add_confirmed
from scripts.core_layers import core_configs, cores_of, read_layers, write_layers
from scripts.errors import UserError
from scripts.nets import trace_folder
from scripts.paths import shown
from scripts.plan import derive_seed
from scripts.settings import Settings
from scripts.sim.benches import find_test
from scripts.sim.run import Run, RunResult
from tb.tile.trace_layers import choose

TRACE_TEST = "tile_trace"


def _configs(settings: Settings, bits: int) -> list[str]:
    """The configurations that DESIGN and CONFIG name, else the test's own, of the trace's precision."""
    if settings.designs is not None:
        names = core_configs(settings, TRACE_TEST)
    elif settings.configs is not None:
        known = find_test(TRACE_TEST).configs_for(settings.sim)
        chosen = [load_config(name) for name in known if name in settings.configs]
        names = list(dict.fromkeys([c.baseline or c.name for c in chosen] + [c.name for c in chosen]))
    else:
        test = find_test(TRACE_TEST)
        names = [name for name in test.configs_for(settings.sim) if name not in test.more_configs]
    fitting = [name for name in names if load_config(name).p == bits]
    if not fitting:
        known = [name for name in find_test(TRACE_TEST).configs_for(settings.sim) if load_config(name).p == bits]
        raise UserError(f"NET={settings.net}: operands of {bits} bits: use some of CONFIG={','.join(known)}")
    return fitting


def _plays(trace: Trace, config: str) -> bool:
    """Whether a layer of the trace is small enough for the bench at the configuration; says so when none is."""
    chosen = list(choose(trace, load_config(config), 1))
    if not any(one.items for one in chosen):
        print(f"not run: {config}: {chosen[0].layer.name}: {chosen[0].reason}; no layer is smaller")
        return False
    return True


def trace_plan(settings: Settings) -> list[Run]:
    """The runs that NET, DESIGN and CONFIG ask for. Raises UserError."""
    folder = trace_folder(settings.net, settings.inputs or 1)
    knobs = (("inputs", settings.inputs),) if settings.inputs else ()
    seed = derive_seed(settings.seed, TRACE_TEST, 0)
    trace = load_trace(folder, check=False)
    configs = [config for config in _configs(settings, trace.bits) if _plays(trace, config)]
    if not configs:
        raise UserError(f"NET={settings.net}: no layer is small enough to run whole on {settings.sim}")
    return [
        Run(TRACE_TEST, config, settings.sim, seed, waves=settings.waves, knobs=knobs, net=str(folder)) for config in configs
    ]


def _skipped(results: Sequence[RunResult]) -> list[str]:
    """A line a layer and reason that some configurations did not run."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for skip in read_layers(result).get("skipped", []):
            reasons.setdefault((skip["layer"], skip["reason"]), []).append(skip["config"])
    return [f"not run: {layer} on {', '.join(configs)}: {reason}" for (layer, reason), configs in reasons.items()]


def _confirmed(rows: Sequence[dict[str, Any]]) -> Confirmations:
    """The cycles of each input of the rows in which RTL and model agree, by digest and configuration."""
    found: Confirmations = {}
    for row in rows:
        if row["rtl_cycles"] == row["model_cycles"] and not row["mismatches"]:
            for digest, cycles in zip(row["digests"], row["input_cycles"], strict=True):
                found.setdefault(digest, {})[row["config"]] = cycles
    return found


def trace_rows(results: Sequence[RunResult], settings: Settings) -> tuple[list[dict[str, Any]], list[str]]:
    """Print the layers side by side, write build/layers.json, remember what is confirmed; return rows and problems."""
    good = [result for result in results if result.status == "passed"]
    try:
        rows, problems = cores_of(results, TRACE_TEST, restricted=True)
    except KeyError as error:
        return [], [f"layers: a row has no {error}"]
    print("\n".join(_skipped(results)))
    write_layers(rows)
    passed = {result.config for result in good}
    add_confirmed(_confirmed([row for row in rows if row["config"] in passed]), CONFIRMED_FILE)
    layers = len({row["layer"] for row in rows if row["config"] in passed})
    if layers:
        print(f"confirmed by RTL: {layers} layers of {settings.net}, kept in {shown(CONFIRMED_FILE)}")
    return rows, problems if rows else [*problems, f"NET={settings.net}: no layer is small enough to run"]
