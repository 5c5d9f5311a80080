# SPDX-License-Identifier: Apache-2.0
"""The smallest layer that still fails: `python -m scripts.shrink RUN=<id>` on a run that failed.

The run's own build is simulated once and forks a child for every layer that hypothesis tries (scripts/sim/forked.py). The
smallest failing one is saved below tests/shrunk, as a test that fails until the bug is mended and stays to guard it.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample, Unsatisfiable

from models.atomic_file import atomic_output
from models.config import load_config
from scripts.errors import UserError, run_main
from scripts.paths import BUILD, ROOT, shown
from scripts.settings import parse
from scripts.sim.benches import find_test, load_benches
from scripts.sim.build import BuildOptions, build
from scripts.sim.forked import Case, ForkedSimulation, Verdict
from scripts.sim.run import Run, parse_run_id
from tb.common.described import ITEMS_FILE, Description
from tb.layer.shrink import descriptions as engine_layers
from tb.tile.shrink import descriptions as core_layers

SHRUNK = ROOT / "tests" / "shrunk" if BUILD == ROOT / "build" else BUILD / "shrunk"  # DPR_BUILD moves all that is made
_EXAMPLES = 300  # layers that are tried before giving up
_MODULES = {"tile": "tb.tile.described", "layer": "tb.layer.described"}
_STRATEGIES = {"tile": core_layers, "layer": engine_layers}
_CHILD_S = 60.0  # processor time of a layer
_FAILS = ("failed", "timeout")  # "died" is no verdict on the hardware


@dataclass
class _Search:
    """The children of one forked simulation, with what they came to."""

    simulation: ForkedSimulation
    module: str
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    def play(self, function: str, cpu_s: float = _CHILD_S, **arguments: Any) -> Verdict:
        """Run a child in which a function of the bench's module has chosen what is sent; each one runs once."""
        key = json.dumps([function, arguments], sort_keys=True)
        if key not in self.verdicts:
            name = f"{function}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
            case = {"apply": [[f"{self.module}:{function}", arguments]]}
            self.verdicts[key] = self.simulation.run(Case(name, case, cpu_s=cpu_s))
        return self.verdicts[key]

    def fails(self, description: Description) -> bool:
        """Whether the test fails on the described layer."""
        return self.play("play", description=description).status in _FAILS

    def hints(self, verdict: Verdict, cpu_s: float) -> tuple[Description, int | None]:
        """Return what describes the item of the watched test that fails, and its number if it fails alone.

        The last item that was sent before the first mismatch, or the one before it: scoring may be an item behind.
        """
        file = verdict.folder / ITEMS_FILE
        sent = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        for number in range(len(sent) - 1, max(len(sent) - 3, -1), -1):
            if self.play("play_number", cpu_s, number=number).status in _FAILS:
                return sent[number], number
        return {}, None


def _smallest(search: _Search, strategy: Any, seed: int, tried: Callable[[], None]) -> Description | None:
    """Return the simplest description that fails, None when none was found."""

    def fails(description: Description) -> bool:
        tried()
        return search.fails(description)

    limits = settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    try:
        return find(strategy, fails, settings=limits, random=random.Random(seed))
    except (NoSuchExample, Unsatisfiable):
        return None


class _Counter:
    """Says now and then how many layers have been tried."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        if self.count % 50 == 0:
            print(f"{self.count} layers tried", flush=True)


def _open(run: Run, folder: Path) -> tuple[str, ForkedSimulation]:
    """Return the bench's name and a simulation of the run that waits for cases."""
    bench = load_benches()[find_test(run.test).bench]
    built = build(bench, load_config(run.config), run.sim, BuildOptions(run.coverage))
    return bench.name, ForkedSimulation(run, built, folder)


def shrink(run: Run, folder: Path = SHRUNK) -> Path | None:
    """Find the smallest layer that fails on a failing run's build; save it below `folder` and return its path.

    Returns None when the run passes, or no single layer fails there. Raises UserError for a run that plays no layers, or
    whose build fails.
    """
    if find_test(run.test).bench not in _MODULES:
        raise UserError(f"RUN={run.id}: its bench plays no layers; use a run of the benches {', '.join(_MODULES)}")
    scratch = BUILD / "shrink" / run.id
    bench, simulation = _open(run, scratch)
    counter = _Counter()
    with simulation:
        search = _Search(simulation, _MODULES[bench])
        limit_s = float(find_test(run.test).timeout_s)
        watched = search.play("watch", limit_s)
        if watched.passed:
            return None
        hints, number = search.hints(watched, limit_s)
        found = _smallest(search, _STRATEGIES[bench](load_config(run.config), hints), run.seed, counter)
        if found is not None:
            return _save(run, {"play": {"description": found}}, search.play("play", description=found), folder)
        if number is not None:
            return _save(run, {"play_number": {"number": number}}, search.play("play_number", number=number), folder)
    return None


def _save(run: Run, played: dict[str, Any], verdict: Verdict, folder: Path) -> Path:
    """Write a case: what is played, where, and what was seen."""
    case = {"test": run.test, "config": run.config, "sim": run.sim, "seed": run.seed, "knobs": run.settings, "played": played}
    digest = hashlib.sha256(json.dumps(case, sort_keys=True).encode()).hexdigest()[:8]
    path = folder / f"{run.test}_{run.config}_{digest}.json"
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_output(path) as file:
        file.write(json.dumps(case | {"problem": verdict.problem}, indent=1).encode() + b"\n")
    return path


def replay_case(path: Path, folder: Path) -> Verdict:
    """Play a saved case in `folder` and return how it ended. Raises UserError when the file is none."""
    try:
        case = json.loads(path.read_text())
        run = Run(case["test"], case["config"], case["sim"], case["seed"], knobs=tuple(case["knobs"].items()))
        [(function, arguments)] = case["played"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{shown(path)}: not a shrunk case: {error!r}") from None
    bench, simulation = _open(run, folder)
    with simulation:
        return _Search(simulation, _MODULES[bench]).play(function, **arguments)


def main() -> int:
    """Shrink the run named by RUN=; return 0 when a failing layer was saved, else 1."""
    chosen = parse(sys.argv[1:], coverage=False)
    if not chosen.run:
        raise UserError("RUN= is missing; use RUN=TEST-CONFIG-SIM-SEED of a run that failed")
    run = parse_run_id(chosen.run)
    print(f"shrinking {run.id}", flush=True)
    path = shrink(run)
    if path is None:
        print(f"shrink: {run.id} passes, or no single layer fails; {run.replay}")
        return 1
    print(path.read_text(), end="")
    print(f"shrink: saved {shown(path)}\n  .venv/bin/python -m pytest -q tests/shrunk -k {path.stem}")
    return 0


if __name__ == "__main__":
    run_main(main)
