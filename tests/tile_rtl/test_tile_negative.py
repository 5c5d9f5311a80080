# SPDX-License-Identifier: Apache-2.0
"""The cores' scoreboard fails when it should: on every spoilt expectation, and on every design with planted bugs."""

from __future__ import annotations

import glob
from pathlib import Path

import pytest

from tests.support.mutants import Mutant, needs_icarus
from tests.support.variant import Variant
from tests.tile_rtl.tile_mutants import MUTANTS, few

pytestmark = needs_icarus

SPOILT = {  # what is compared: a test that does so
    "input waddr": "tile_random",
    "precision of a step": "tile_random",
    "trailing position of a step": "tile_random",
    "column": "tile_random",
    "column holds results": "tile_random",
    "last column of a pallet": "tile_random",
    "sum [pallet, column, row]": "tile_random",
    "cycle of an input handshake": "tile_random",
    "cycle of a step's start": "tile_random",
    "cycle of a column": "tile_random",
    "cycles of send": "tile_random",
    "cycles of output_drain": "tile_random",
    "cycles of weight_fetch": "tile_random",
    "cycles of reduce": "tile_random",
    "cycles with two causes": "tile_random",
    "sum [column, row] before a reset": "tile_reset",
    "outputs [window, filter]": "tile_layers",
    ": cycles": "tile_layers",
    "cycles that send": "tile_layers",
    ": fill": "tile_layers",
    "cycles lost to output_drain": "tile_layers",
}
SETTINGS = sorted({(mutant.test, config, mutant.seed) for config, mutant in MUTANTS})


@pytest.mark.parametrize(("test", "config", "seed"), SETTINGS)
def test_real_hardware_passes(test: str, config: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the mutants fail, the real hardware passes."""
    result, _ = Variant(test, config, knobs=few(config, test), seed=seed).execute(tmp_path, monkeypatch)
    assert (result.status, result.problems) == ("passed", [])
    assert result.checks > 500


@pytest.mark.parametrize(("what", "test"), SPOILT.items())
def test_spoilt_expectation_is_seen(what: str, test: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong expectation, the right message."""
    size = {"batches": 8, "pallets": 12} if test == "tile_reset" else {"batches": 1, "pallets": 3}
    result, _ = Variant(test, "trt_small8", knobs={**size, "layers": 10, "cycles": 300}, spoil=f"*{glob.escape(what)}").execute(
        tmp_path, monkeypatch
    )
    assert result.status == "failed"
    assert f"{what}: 1 of " in result.problems[0]


@pytest.mark.parametrize(("config", "mutant"), MUTANTS, ids=[f"{config}: {mutant.name}" for config, mutant in MUTANTS])
def test_mutant_is_killed(config: str, mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The random tests notice every planted bug."""
    mutant.kill(config, few(config, mutant.test), tmp_path, monkeypatch)
