# SPDX-License-Identifier: Apache-2.0
"""The blocks of the layer engine alone, on both simulators, against brute force."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cocotb_run import rtl_files, run_cocotb

MODULES = [f"tests.layer_rtl.cocotb_{name}" for name in ("output", "sequencer", "memory_units")]
FILES = [*rtl_files("common", "layer"), Path(__file__).with_name("layer_pieces.v")]
FILES = [file for file in FILES if file.stem not in ("dpr_layer", "dpr_activation_memory", "dpr_weight_memory")]


@pytest.mark.parametrize("sim", ["verilator", "icarus"])
def test_layer_blocks(sim: str, tmp_path: Path) -> None:
    """Requantizer, output unit, window sequencer with its registers, load and store unit, counters; 16 and 8 bits."""
    for p in (16, 8):
        run_cocotb(sim, "layer_pieces", FILES, MODULES, {"P": p, "ROWS": 4, "COLS": 4}, tmp_path)
