# SPDX-License-Identifier: Apache-2.0
"""The blocks of the layer engine alone, on both simulators, against brute force."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cocotb_run import cocotb_verdicts, edited, rtl_files, run_cocotb
from tests.support.variant import Edit

MODULES = [f"tests.layer_rtl.cocotb_{name}" for name in ("output", "sequencer", "memory_units")]
FILES = [*rtl_files("common", "layer"), Path(__file__).with_name("layer_pieces.v")]
FILES = [file for file in FILES if file.stem not in ("dpr_layer", "dpr_activation_memory", "dpr_weight_memory")]


@pytest.mark.parametrize("sim", ["verilator", "icarus"])
def test_layer_blocks(sim: str, tmp_path: Path) -> None:
    """Requantizer, output unit, window sequencer with its registers, load and store unit, counters, precisions of weights."""
    for p, bits in ((16, 1), (8, 4)):
        run_cocotb(sim, "layer_pieces", FILES, MODULES, {"P": p, "ROWS": 4, "COLS": 4, "BITS": bits}, tmp_path)


LOAD, STORE, OUTPUT, REQUANTIZER, SEQUENCER, COUNTERS, PRECISIONS = (
    f"rtl/layer/dpr_{name}.v"
    for name in (
        "load_unit",
        "store_unit",
        "output_unit",
        "requantizer",
        "window_sequencer",
        "layer_counters",
        "step_precisions",
    )
)
BUGS = [
    Edit(LOAD, "if (step_last) row_q", "if (step_last && !row_last) row_q"),
    Edit(LOAD, "word} < WORDS", "word} <= WORDS"),
    Edit(LOAD, "&& error_q == 3'd0", ""),
    Edit(LOAD, "busy_q     <= 1'b0;", "busy_q     <= busy_q === 1'b1;"),
    Edit(STORE, "+ 1'b1 == count", "+ 2'd2 == count"),
    Edit(STORE, "if (rst) begin\n            active_q <= 1'b0;", "if (rst) begin\n            active_q <= active_q === 1'b1;"),
    Edit(OUTPUT, "{1'b0, window_q} + 17'd1 >= {1'b0, windows}", "window_q + 16'd1 >= windows"),
    Edit(OUTPUT, "serial ? keep : pass_end", "serial ? s_valid : pass_end"),
    Edit(OUTPUT, "bias_q + {7'd0, next_bias}", "bias_q"),
    Edit(REQUANTIZER, "= !relu && clipped[P-1];", "= 1'b0;"),
    Edit(SEQUENCER, "m_waddr = waddr_q;", "m_waddr = waddr_q + 1'b1;"),
    Edit(COUNTERS, "if (sent) started_q", "if (!idle) started_q"),
    Edit(PRECISIONS, "p_w - 1'b1 : {P_W{1'b0}}", "p_w : {P_W{1'b0}}"),
]


def test_bugs_are_noticed(tmp_path: Path) -> None:
    """With a bug in every block, every test fails."""
    files = edited(FILES, BUGS, tmp_path)
    verdicts = cocotb_verdicts("icarus", "layer_pieces", files, MODULES, {"P": 8}, tmp_path)
    assert [name for name, passed in verdicts.items() if passed] == []
