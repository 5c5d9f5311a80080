# SPDX-License-Identifier: Apache-2.0
"""The blocks of dispatcher and tile alone, on both simulators, against brute force and the models of single blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cocotb_run import cocotb_verdicts, edited, rtl_files, run_cocotb
from tests.support.variant import Edit

MODULES = [f"tests.tile_rtl.cocotb_{name}" for name in ("sip", "dispatcher", "tile")]
FILES = [*rtl_files("common", "precision", "tile", "dstripes"), Path(__file__).with_name("tile_pieces.v")]


@pytest.mark.parametrize("sim", ["verilator", "icarus"])
def test_dstripes_blocks(sim: str, tmp_path: Path) -> None:
    """A tile of 4 x 4 units of 4 lanes, its dispatcher and reducer, units of 4 and 16 lanes; 16 and 8 bits."""
    for p in (16, 8):
        run_cocotb(sim, "tile_pieces", FILES, MODULES, {"P": p, "ROWS": 4, "COLS": 4, "LANES": 4}, tmp_path)


DISPATCHER, SIP, TILE, REDUCER, TRANSPOSER = (
    f"rtl/dstripes/dpr_{name}.v" for name in ("dispatcher", "sip", "tile", "reducer", "transposer")
)
BUGS = {
    "values": [
        Edit(SIP, "s2_negate ? -sum_q : sum_q", "sum_q"),
        Edit(SIP, "{(ACC_W-SUM_W){term[SUM_W-1]}}", "{(ACC_W-SUM_W){1'b0}}"),
        Edit(DISPATCHER, "m_offset_q <= b_offset_q;", "m_offset_q <= b_offset_q + 1'b1;"),
        Edit(TILE, ".s1_weights(s_weights[r*LANES*P", ".s1_weights(s_weights[c*LANES*P"),
        Edit(REDUCER, "sums_q[col_q*ROWS", "sums_q[m_last*ROWS"),
        Edit(TRANSPOSER, "values[i*P + b]", "values[i*P + (b ^ 1)]"),
    ],
    "cycles and resets": [
        Edit(SIP, "if (s2_valid) acc_q", "acc_q"),
        Edit(DISPATCHER, "(!b_valid_q || (b_eog && b_send))", "!b_valid_q"),
        Edit(DISPATCHER, "if (rst) b_valid_q <= 1'b0;", "if (rst) b_valid_q <= b_valid_q === 1'b1;"),
        Edit(TILE, "s_valid && s_eog && s_last", "s_valid && s_last"),
        Edit(TILE, "s2_capture_q && !rst", "s2_capture_q"),
        Edit(REDUCER, "take = m_valid && m_ready;", "take = m_valid;"),
    ],
}
BLIND = {  # tests that rightly pass
    "values": {"reset_between_last_plane_and_sums"},
    "cycles and resets": {"sign_bit_is_subtracted", "transposer_turns_values_into_planes"},
}


@pytest.mark.parametrize("kind", BUGS)
def test_bugs_are_noticed(kind: str, tmp_path: Path) -> None:
    """With a bug in every block, every test of a block fails that looks at such a thing."""
    files = edited(FILES, BUGS[kind], tmp_path)
    verdicts = cocotb_verdicts("icarus", "tile_pieces", files, MODULES, {"P": 8}, tmp_path)
    assert {name.partition("/")[0] for name, passed in verdicts.items() if passed} == BLIND[kind]
