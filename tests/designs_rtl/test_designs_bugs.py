# SPDX-License-Identifier: Apache-2.0
"""Planted bugs: the tests of each block of BASE, TRT, Loom and of the core notice every one; a simulation a block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.designs_rtl.blocks import blocks
from tests.support.bench import Bug, uncaught
from tests.support.mutants import needs_icarus

IP, BASE, REGISTERS, TRT_TILE, TRT = "dpr_ip", "dpr_base", "dpr_weight_registers", "dpr_trt_tile", "dpr_trt"
LOOM_COLUMN, LOOM_TILE, LOOM, DSTRIPES, CORE = "dpr_loom_column", "dpr_loom_tile", "dpr_loom", "dpr_dstripes", "dpr_core"
BUGS: dict[str, list[tuple[str, Bug]]] = {  # cocotb module -> block whose tests must notice it, bug
    "base": [
        ("ip16", Bug(IP, "{s1_is_signed && s1_acts[lane*P + P-1]", "{s1_acts[lane*P + P-1]")),
        ("ip16", Bug(IP, "{s1_is_signed && s1_acts[lane*P + P-1]", "{1'b0")),
        ("ip16", Bug(IP, "reg signed [P-1:0]         weight;", "reg [P-1:0] weight;")),
        ("ip16", Bug(IP, "{(SUM_W-PRODUCT_W){product[PRODUCT_W-1]}}", "{(SUM_W-PRODUCT_W){1'b0}}")),
        ("ip16", Bug(IP, "localparam SUM_W     = PRODUCT_W + $clog2(LANES);", "localparam SUM_W     = PRODUCT_W + 1;")),
        ("ip16", Bug(IP, "parameter ACC_W = 2 * P + 16  //", "parameter ACC_W = 2 * P + 15  //")),
        ("ip1", Bug(IP, "if (en) begin", "if (en || s2_valid) begin")),
        ("ip1", Bug(IP, "if (s2_valid) acc_q", "acc_q")),
        ("ip1", Bug(IP, "{(ACC_W-SUM_W){sum_q[SUM_W-1]}}", "{(ACC_W-SUM_W){1'b0}}")),
        ("base", Bug(BASE, "move = !m_valid_q || m_ready;", "move = 1'b1;")),
        ("base", Bug(BASE, "move = !m_valid_q || m_ready;", "move = !m_valid_q;")),
        ("base", Bug(BASE, "m_valid_q <= v2_q && last2_q;", "m_valid_q <= last2_q;")),
        ("base", Bug(BASE, "v2_q      <= v1_q;", "v2_q      <= s_valid;")),
        ("base", Bug(BASE, "first2_q <= first1_q;", "first2_q <= s_first;")),
        ("base", Bug(BASE, "wm_en       = take", "wm_en       = s_valid")),
        ("base", Bug(BASE, "if (take) begin", "if (s_valid) begin")),
        ("base", Bug(BASE, "wm_data[r*LANES*P", "wm_data[0*LANES*P")),
        ("base", Bug(BASE, "v1_q      <= 1'b0;", "v1_q      <= v1_q === 1'b1;")),
        ("base", Bug(BASE, "v2_q      <= 1'b0;", "v2_q      <= v2_q === 1'b1;")),
        ("base", Bug(BASE, "m_valid_q <= 1'b0;", "m_valid_q <= m_valid_q === 1'b1;")),
        ("base", Bug(BASE, "stall_drain = !move", "stall_drain = !move && s_valid")),
    ],
    "registers": [
        ("wr1", Bug(REGISTERS, "shift_first ? {(P-B){word[i*P + COLUMN*B + B-1]}} :", "")),
        ("wr2", Bug(REGISTERS, "{(P-B){word[i*P + COLUMN*B + B-1]}}", "{(P-B){1'b0}}")),
        ("wr4", Bug(REGISTERS, "{(P-B){word[i*P + COLUMN*B + B-1]}}", "{(P-B){word[i*P + COLUMN*B]}}")),
        ("wr2", Bug(REGISTERS, "word[i*P + COLUMN*B +: B]};", "word[i*P +: B]};")),
        ("wr1", Bug(REGISTERS, "serial ? swr_q : word;", "swr_q;")),
        ("wr1", Bug(REGISTERS, "if (load) wr_q", "if (load || !serial) wr_q")),
        ("wr4", Bug(REGISTERS, "if (load) wr_q", "if (load || shift) wr_q")),
        ("wr1", Bug(REGISTERS, "i < N; i", "i < N - 1; i")),
    ],
    "trt": [
        ("trt", Bug(TRT_TILE, "s_chain ? link_q + 5'd1 : 5'd0;", "link_q + 5'd1;")),
        ("trt", Bug(TRT_TILE, "here == link_q;", "here == 5'd1;")),
        ("trt", Bug(TRT_TILE, "here == link_q;", "here != 5'd0;")),
        ("trt", Bug(TRT_TILE, "m_keep[c] ? 5'd0 : after;", "after;")),
        ("trt", Bug(TRT_TILE, "= after == cfg_slices;", "= here == 5'd0;")),
        ("trt2", Bug(TRT_TILE, "bits_q[(j*COLS + c)*LANES", "bits_q[(c*BITS_PER_CYCLE + j)*LANES")),
        ("trt2", Bug(TRT_TILE, ".COLUMN(c)", ".COLUMN(0)")),
        ("trt", Bug(TRT_TILE, ".load       (s_fresh)", ".load       (s_valid)")),
        ("trt", Bug(TRT_TILE, "start_q && (first_q || cfg_pool)", "start_q && first_q")),
        ("trt", Bug(TRT_TILE, "start_q && (first_q || cfg_pool)", "start_q")),
        ("trt", Bug(TRT_TILE, "eog_q && cfg_pool", "eog_q")),
        ("trt", Bug(TRT_TILE, ".s_restart(first_q)", ".s_restart(1'b0)")),
        ("trt", Bug(TRT_TILE, ".MAX_POOL(1)", ".MAX_POOL(0)")),
        ("trt", Bug(TRT_TILE, "(!chain_q || adds)", "1'b1")),
        ("trt", Bug(TRT_TILE, "negate_q  <= s_negate;", "negate_q  <= s_negate && s_first;")),
        ("trt", Bug(TRT_TILE, "capture_q <= s_capture && !rst;", "capture_q <= s_capture && !s_chain && !rst;")),
    ],
    "loom": [
        ("loom", Bug(LOOM_TILE, "cfg_serial ? fresh[c-1] : s_fresh;", "s_fresh;")),
        ("loom", Bug(LOOM_TILE, "cfg_serial ? fresh[c-1] : s_fresh;", "fresh[c-1];")),
        ("loom", Bug(LOOM_TILE, "cfg_serial ? work[(c-1)*WORK_W +: WORK_W] :", "")),
        ("loom", Bug(LOOM_TILE, "{head, s_bits[c*LANES +: LANES], s_valid}", "{head, s_bits[LANES-1:0], s_valid}")),
        ("loom", Bug(LOOM_TILE, "work_q[WORK_W-3]", "work_q[WORK_W-4]")),
        ("loom", Bug(LOOM_TILE, "work_q[LANES+1+OFF_W +: OFF_W]", "work_q[LANES+1 +: OFF_W]")),
        ("loom", Bug(LOOM_TILE, "work_q  <= {next[WORK_W-1:1], next[0] && !rst};", "work_q  <= next;")),
        ("loom", Bug(LOOM_TILE, "work_q[WORK_W-1] && work_q[0]", "work_q[WORK_W-1]")),
        ("loom", Bug(LOOM_COLUMN, "s_negate ^ s_initial", "s_negate || s_initial")),
        ("loom", Bug(LOOM_COLUMN, "s_negate ^ s_initial", "s_initial")),
        ("loom", Bug(LOOM_COLUMN, "if (w_load) wr_q", "wr_q")),
        ("loom", Bug(LOOM_COLUMN, "s_offset} + {{(SHIFT_W-OFF_W){1'b0}}, s_again}", "s_offset | s_again}")),
    ],
    "core": [
        ("dstripesx1", Bug(DSTRIPES, "d_start && d_first", "d_start")),
        ("dstripesx1", Bug(DSTRIPES, ".cfg_static   (cfg_static)", ".cfg_static   (1'b0)")),
        ("dstripesx2", Bug(DSTRIPES, ".cfg_n_h      (cfg_n_h)", ".cfg_n_h      ({OFF_W{1'b1}})")),
        ("dstripesx1", Bug(DSTRIPES, ".s_negate (d_negate)", ".s_negate (1'b0)")),
        ("trtx1", Bug(TRT, "cfg_slices > 5'd1 ? cfg_slices : 5'd0", "5'd0")),
        ("trtx1", Bug(TRT, "cfg_slices > 5'd1 ? cfg_slices : 5'd0", "cfg_slices")),
        ("trtx1", Bug(TRT, "cfg_serial ? loads : {(OFF_W+1){1'b0}}", "loads")),
        ("trtx2", Bug(TRT, "(last_w >> $clog2(BITS_PER_CYCLE)) + 1'b1", "last_w + 1'b1")),
        ("trtx4", Bug(TRT, "(last_w >> $clog2(BITS_PER_CYCLE)) + 1'b1", "(bits_w >> $clog2(BITS_PER_CYCLE)) + 1'b1")),
        ("trtx1", Bug(TRT, "cfg_serial ? a_addr : b_addr", "a_addr")),
        ("trtx1", Bug(TRT, "cfg_serial ? a_read : b_read", "b_read")),
        ("trtx1", Bug(TRT, "shift_first_q <= a_read_first;", "shift_first_q <= a_read;")),
        ("trtx1", Bug(TRT, "t_keep[m_col]", "t_keep[0]")),
        ("trtx1", Bug(TRT, ".cfg_pool     (cfg_pool)", ".cfg_pool     (1'b0)")),
        ("loomx1", Bug(LOOM, "|s_p_w ? s_p_w - 1'b1 : s_p_w;", "s_p_w;")),
        ("loomx1", Bug(LOOM, "d_start && d_first", "d_start")),
        ("loomx1", Bug(LOOM, ".cfg_stagger  (cfg_serial)", ".cfg_stagger  (1'b0)")),
        ("loomx1", Bug(LOOM, ".cfg_serial(cfg_serial)", ".cfg_serial(1'b0)")),
        ("basex1", Bug(CORE, "assign m_last        = 1'b1;", "assign m_last        = 1'b0;")),
        ("trtx1", Bug(CORE, ".cfg_slices(cfg_slices)", ".cfg_slices(5'd1)")),
        ("trtx1", Bug(CORE, ".cfg_pool(cfg_pool)", ".cfg_pool(1'b0)")),
        (
            "dstripesx2",
            Bug(
                CORE,
                ") u_dstripes (\n                .clk(clk), .rst(rst), .cfg_static(cfg_static)",
                ") u_dstripes (\n                .clk(clk), .rst(rst), .cfg_static(1'b0)",
            ),
        ),
    ],
}


@needs_icarus
@pytest.mark.parametrize("name", BUGS)
def test_bugs_are_noticed(name: str, tmp_path: Path) -> None:
    """Each of them fails a test of its own block."""
    sound = blocks(8)
    planted = {f"m{number}": replace(sound[block], bug=bug) for number, (block, bug) in enumerate(BUGS[name])}
    assert uncaught(planted, [f"tests.designs_rtl.cocotb_{name}"], tmp_path) == []
