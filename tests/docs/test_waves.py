# SPDX-License-Identifier: Apache-2.0
"""The waves and the timeline on the pages are what the simulator shows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.rtl_text import DOCS, code_blocks
from tests.docs.waves.render import Row, render
from tests.docs.waves.simulate import WAVES, wave
from tests.docs.waves.timeline import run_timeline

needs_icarus = pytest.mark.skipif(not shutil.which("iverilog"), reason="needs Icarus Verilog on PATH")
BLOCKS = DOCS / "blocks"


@needs_icarus
@pytest.mark.parametrize("name", WAVES)
def test_wave(name: str, tmp_path: Path) -> None:
    page = WAVES[name].get("page", name)
    assert wave(name, tmp_path) in code_blocks(BLOCKS / f"{page}.md")


@needs_icarus
def test_timeline_of_a_layer(tmp_path: Path) -> None:
    """The page shows what happens, the counters are consistent, and the model says the same."""
    run = run_timeline(tmp_path)
    assert run.text() in code_blocks(BLOCKS / "layer.md")
    counters = dict(run.counters)
    assert counters.pop("compute_cycles") == sum(counters.values()) == run.model.dstripes_cycles
    assert (counters["step_cycles"], counters["fill_cycles"]) == (run.model.bound_cycles, run.model.fill)


def test_rendering_by_hand() -> None:
    cycles = [
        {"valid": "0", "data": "x"},
        {"valid": "1", "data": "7"},
        {"valid": "1", "data": "8"},
        {"valid": "0", "data": "8"},
    ]
    assert render(cycles, ["valid", "d = data if valid", "known = data if known(data)"]).splitlines() == [
        "cycle    0     1     2     3",
        "valid  ______/‾‾‾‾‾‾‾‾‾‾‾\\_____",
        "d      ------<  7  X  8  >-----",
        "known  ------<  7  X  8  X  8",
    ]


def test_a_row_that_is_none() -> None:
    with pytest.raises(ValueError, match="no row of a wave"):
        Row.parse("valid if when if ever")
