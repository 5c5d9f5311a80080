# SPDX-License-Identifier: Apache-2.0
"""The cores' scoreboard fails when it should: on every spoilt expectation, and on every design with planted bugs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.mutants import Mutant, needs_icarus
from tests.support.variant import Variant
from tests.tile_rtl.tile_mutants import MUTANTS, few

pytestmark = needs_icarus

SPOILT = {  # knob `inject` of tb/tile/scoreboard.py: which expectation it spoils, what the report must say, where
    1: ("input waddr: ", "tile_random"),
    2: ("precision of a step: ", "tile_random"),
    3: ("trailing position of a step: ", "tile_random"),
    4: ("column: ", "tile_random"),
    5: ("column holds results: ", "tile_random"),
    6: ("last column of a pallet: ", "tile_random"),
    7: ("sum [pallet, column, row]: ", "tile_random"),
    8: ("cycle of an input handshake: ", "tile_random"),
    9: ("cycle of a step's start: ", "tile_random"),
    10: ("cycle of a column: ", "tile_random"),
    11: ("cycles of send: ", "tile_random"),
    12: ("cycles of output_drain: ", "tile_random"),
    13: ("cycles of weight_fetch: ", "tile_random"),
    14: ("cycles of reduce: ", "tile_random"),
    15: ("cycles with two causes: ", "tile_random"),
    16: ("sum [column, row] before a reset: ", "tile_reset"),
    20: ("outputs [window, filter]: 1 of ", "tile_layers"),
    21: (": cycles: ", "tile_layers"),
    22: (": cycles that send: ", "tile_layers"),
    23: (": fill: ", "tile_layers"),
    24: (": cycles lost to output_drain: ", "tile_layers"),
}
SETTINGS = sorted({(mutant.test, config, mutant.seed) for config, mutant in MUTANTS})


@pytest.mark.parametrize(("test", "config", "seed"), SETTINGS)
def test_real_hardware_passes(test: str, config: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the mutants fail, the real hardware passes."""
    result, _ = Variant(test, config, knobs=few(config, test), seed=seed).execute(tmp_path, monkeypatch)
    assert (result.status, result.problems) == ("passed", [])
    assert result.checks > 500


@pytest.mark.parametrize("inject", SPOILT)
def test_spoilt_expectation_is_seen(inject: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong expectation, the right message."""
    message, test = SPOILT[inject]
    size = {"batches": 8, "pallets": 12} if test == "tile_reset" else {"batches": 1, "pallets": 3}
    knobs = {**size, "layers": 10, "cycles": 300, "inject": inject}
    result, _ = Variant(test, "trt_small8", knobs=knobs).execute(tmp_path, monkeypatch)
    assert result.status == "failed"
    assert message in result.problems[0]


@pytest.mark.parametrize(("config", "mutant"), MUTANTS, ids=[f"{config}: {mutant.name}" for config, mutant in MUTANTS])
def test_mutant_is_killed(config: str, mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The random tests notice every planted bug."""
    mutant.kill(config, few(config, mutant.test), tmp_path, monkeypatch)
