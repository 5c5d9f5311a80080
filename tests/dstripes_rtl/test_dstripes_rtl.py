# SPDX-License-Identifier: Apache-2.0
"""The blocks of dispatcher and tile alone, on both simulators, against brute force and the models of single blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cocotb_run import rtl_files, run_cocotb

MODULES = [f"tests.dstripes_rtl.cocotb_{name}" for name in ("sip", "dispatcher", "tile")]
FILES = [*rtl_files("common", "precision", "dstripes"), Path(__file__).with_name("dstripes_pieces.v")]


@pytest.mark.parametrize("sim", ["verilator", "icarus"])
def test_dstripes_blocks(sim: str, tmp_path: Path) -> None:
    """A tile of 4 x 4 units of 4 lanes, its dispatcher and reducer, units of 4 and 16 lanes; 16 and 8 bits."""
    for p in (16, 8):
        run_cocotb(sim, "dstripes_pieces", FILES, MODULES, {"P": p, "ROWS": 4, "COLS": 4, "LANES": 4}, tmp_path)
