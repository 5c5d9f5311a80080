# SPDX-License-Identifier: Apache-2.0
"""The same seed gives the same stimulus, and the same number of cycles, again and on the other simulator."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from scripts.sim.run import Run, execute
from tb.codec.base import DIGEST_FILE

pytestmark = pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus is not on PATH")


def stimulus(sim: str, seed: int, folder: Path) -> dict:
    result = execute(Run("decompressor_malformed", "small8", sim, seed), folder)
    assert result.status == "passed", result.problems
    return json.loads((folder / result.id / DIGEST_FILE).read_text())


def test_stimulus_depends_on_the_seed_alone(tmp_path: Path) -> None:
    first = stimulus("icarus", 11, tmp_path / "first")
    assert stimulus("icarus", 11, tmp_path / "again") == first
    assert stimulus("verilator", 11, tmp_path / "verilator") == first
    assert stimulus("icarus", 12, tmp_path / "other")["stimulus"] != first["stimulus"]
