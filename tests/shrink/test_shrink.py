# SPDX-License-Identifier: Apache-2.0
"""A failing layer is made as small as it can be, saved, and fails again until the hardware is right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import scripts.shrink as shrinking
from scripts.errors import UserError
from scripts.paths import ROOT
from scripts.shrink import replay_case, shrink
from scripts.sim import build, run
from scripts.sim.benches import load_benches
from scripts.sim.run import Run
from tests.scripts.process import clean_environment
from tests.support.mutants import needs_icarus
from tests.support.variant import Edit, edited_bench

_RUN = Run("tile_layers", "small8", "icarus", 27, knobs=(("layers", 6), ("cycles", 600)))
# values are trimmed towards minus infinity: only a layer that is signed and has an n_L shows it
_EDIT = Edit("rtl/tile/dpr_dispatcher.v", "{P{1'b1}} << a_n_l_q", "{P{1'b1}}")
_SMALLEST = {"H": 1, "W": 1, "R": 1, "S": 1, "stride": 1, "pad": 0, "C": 1, "K": 1, "groups": 1, "gaps": "none"}
_SMALLEST |= {"signed": True, "n_low": 1, "bits": 2, "acts": "lowest", "ready": "always", "slices": None}


@needs_icarus
def test_smallest_layer_is_found_saved_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        bench = edited_bench(load_benches()["tile"], (_EDIT,), tmp_path)
        broken.setattr(build, "SIM_BUILDS", tmp_path / "sim")
        for module in (run, shrinking):
            broken.setattr(module, "load_benches", lambda: {bench.name: bench})
        broken.setattr(shrinking, "BUILD", tmp_path)
        described = shrink(_RUN, tmp_path / "shrunk")
        assert not replay_case(described, tmp_path / "again").passed
        broken.setattr(shrinking, "_smallest", lambda *_: None)  # no description fails: the layer as it was drawn is kept
        drawn = shrink(_RUN, tmp_path / "shrunk")
        assert not replay_case(drawn, tmp_path / "again").passed
    case = json.loads(described.read_text())
    assert case["played"]["play"]["description"].items() >= _SMALLEST.items()
    assert "sum [pallet, column, row]: 1 of 16 differ" in case["problem"]
    assert list(json.loads(drawn.read_text())["played"]) == ["play_number"]
    for path in (described, drawn):
        assert replay_case(path, tmp_path / "mended").passed


@needs_icarus
def test_nothing_is_saved_when_no_layer_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shrinking, "BUILD", tmp_path)
    passes = Run("tile_layers", "base8_small", "icarus", 1, knobs=(("layers", 2), ("cycles", 300)))
    assert shrink(passes, tmp_path / "shrunk") is None
    monkeypatch.setattr(shrinking, "_EXAMPLES", 3)
    resets = Run("tile_reset", "base8_small", "icarus", 1, knobs=(("batches", 4),), spoil="sum * before a reset")
    assert shrink(resets, tmp_path / "shrunk") is None
    assert not (tmp_path / "shrunk").exists()


def test_run_without_layers_is_refused() -> None:
    with pytest.raises(UserError, match="its bench plays no layers; use a run of the benches tile, layer"):
        shrink(Run("compressor_random", "small16", "icarus", 1))


@pytest.mark.parametrize("text", ["", "[]", '{"test": "tile_layers"}'])
def test_file_that_is_no_case_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text(text)
    with pytest.raises(UserError, match=r"case\.json: not a shrunk case"):
        replay_case(tmp_path / "case.json", tmp_path / "forked")


def test_command_wants_a_run() -> None:
    command = [sys.executable, "-m", "scripts.shrink"]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "error: RUN= is missing; use RUN=TEST-CONFIG-SIM-SEED of a run that failed\n")
