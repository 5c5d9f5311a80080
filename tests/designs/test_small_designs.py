# SPDX-License-Identifier: Apache-2.0
"""Random layers on a small configuration of every design, on both simulators: every sum, every cycle, every stall.

The environment's own test, as a regression runs it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from models.config import DESIGNS, load_config
from scripts.sim.benches import find_test
from scripts.sim.run import Run, execute
from scripts.sim.tools import SIMULATORS
from tests.support.mutants import needs_icarus

TEST = "tile_layers"
SMALL = find_test(TEST).icarus_configs


@pytest.mark.parametrize("config", SMALL)
@pytest.mark.parametrize("sim", [pytest.param(sim, marks=needs_icarus if sim == "icarus" else ()) for sim in SIMULATORS])
def test_layers(sim: str, config: str, tmp_path: Path) -> None:
    result = execute(Run(TEST, config, sim, seed=7), tmp_path)
    assert result.status == "passed", result.problems
    assert result.checks > 1000
    assert result.cycles > 1000


def test_every_design_has_a_small_configuration() -> None:
    designs = [load_config(name) for name in SMALL]
    assert {config.design for config in designs} == set(DESIGNS)
    assert {(config.design, config.detection) for config in designs} >= {("dstripes", "static"), ("loom", "static")}
    assert {(config.design, config.bits_per_cycle) for config in designs} >= {("dstripes", 2), ("dstripes", 4), ("trt", 2)}
    assert {(config.design, config.p) for config in designs} >= {(design, 8) for design in DESIGNS}
    assert all(config.rows * config.cols <= 16 and config.lanes == 4 for config in designs)
