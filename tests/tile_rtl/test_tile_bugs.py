# SPDX-License-Identifier: Apache-2.0
"""Planted bugs: the tests of each block of rtl/tile notice every one; a simulation a block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.bench import Bug, uncaught
from tests.support.mutants import needs_icarus
from tests.tile_rtl.blocks import blocks

SIP, TREE, COUNT, MAX, COLUMN = "dpr_sip", "dpr_adder_tree", "dpr_popcount", "dpr_running_max", "dpr_sip_column"
SEQUENCER, DISPATCHER, TILE, REDUCER = "dpr_step_sequencer", "dpr_dispatcher", "dpr_tile", "dpr_reducer"
BUGS: list[tuple[str, Bug]] = [  # block whose tests must notice it
    # serial inner-product unit
    ("sip16", Bug(SIP, "? -wide : wide", "? wide : wide")),
    ("sip16x4", Bug(SIP, "s2_negate && k == BITS_PER_CYCLE - 1 ?", "s2_negate ?")),
    ("sip16x2", Bug(SIP, "wide) << k", "wide)")),
    ("sip4", Bug(SIP, "{(ACC_W-TERM_W){term[TERM_W-1]}}", "{(ACC_W-TERM_W){1'b0}}")),
    ("sip16x2", Bug(SIP, "{BITS_PER_CYCLE{sums_q[k*SUM_W + SUM_W-1]}}", "{BITS_PER_CYCLE{1'b0}}")),
    ("sip16x4", Bug(SIP, "localparam TERM_W = SUM_W + BITS_PER_CYCLE;", "localparam TERM_W = SUM_W + 1;")),
    ("sip16", Bug(SIP, "if (s1_valid) sums_q", "if (s1_valid && s2_valid) sums_q")),
    ("sip16", Bug(SIP, "if (s2_valid) acc_q", "acc_q")),
    ("sip16", Bug(SIP, "(s2_clear ? {ACC_W{1'b0}} : acc_q)", "(s2_clear && !s2_chain ? {ACC_W{1'b0}} : acc_q)")),
    ("sip4", Bug(SIP, "(s2_chain ? chain_in : aligned)", "(s2_chain ? chain_in << s2_offset : aligned)")),
    ("sip16", Bug(SIP, "parameter ACC_W          = 2 * P + 16  //", "parameter ACC_W          = 2 * P + 15  //")),
    ("loom16", Bug(SIP, "parameter SHIFT_W        = $clog2(2 * P)", "parameter SHIFT_W        = $clog2(P)")),
    ("loom16", Bug(SIP, "s1_bits[LANES-1:0] & s1_weights[LANES-1:0]", "s1_bits[LANES-1:0] | s1_weights[LANES-1:0]")),
    ("sip16x2", Bug(SIP, ".gates(s1_bits[j*LANES +: LANES])", ".gates(s1_bits[LANES-1:0])")),
    # cells
    ("tree5", Bug(TREE, "i < N; i", "i < N - 1; i")),
    ("tree16", Bug(TREE, "{(SUM_W-W){values[i*W + W-1]}}", "{(SUM_W-W){1'b0}}")),
    ("tree16", Bug(TREE, "{SUM_W{gates[i]}} &", "")),
    ("count37", Bug(COUNT, "i < WORDS;", "i < 1;")),
    ("count37", Bug(COUNT, "{26'd0, halves[21:16]}", "{28'd0, halves[19:16]}")),
    ("count37", Bug(COUNT, "halves[5:0]", "halves[3:0]")),
    ("transposer", Bug("dpr_transposer", "values[i*P + b]", "values[i*P + (b ^ 1)]")),
    ("max", Bug(MAX, "wire signed [W-1:0] candidate", "wire [W-1:0] candidate")),
    ("max", Bug(MAX, "restart || candidate > best_q", "candidate > best_q")),
    ("max", Bug(MAX, "if (compare) best_q", "best_q")),
    ("max", Bug(MAX, "{{(ACC_W-W){best[W-1]}}, best}", "{{(ACC_W-W){1'b0}}, best}")),
    ("max", Bug(MAX, "? candidate : best_q;", "? candidate : candidate;")),
    # column
    ("column", Bug(COLUMN, "s2_valid_q   <= s_valid && !rst;", "s2_valid_q   <= 1'b1;")),
    ("column", Bug(COLUMN, "done_q       <= s2_capture_q && !rst;", "done_q       <= s2_capture_q;")),
    ("column", Bug(COLUMN, "s2_capture_q <= s_capture && !rst;", "s2_capture_q <= s_capture && s_valid && !rst;")),
    ("column", Bug(COLUMN, "s_weights[r*LANES*WEIGHT_W", "s_weights[0*LANES*WEIGHT_W")),
    ("column", Bug(COLUMN, "chain_in[r*ACC_W", "chain_in[0*ACC_W")),
    ("trtcol", Bug(COLUMN, "s2_compare_q <= s_valid && s_compare;", "s2_compare_q <= s_compare;")),
    ("trtcol", Bug(COLUMN, "s3_restart_q <= s2_restart_q;", "s3_restart_q <= s_restart;")),
    ("trtcol", Bug(COLUMN, ".W(P + 1)", ".W(P - 1)")),
    ("loomcol", Bug(COLUMN, "assign m_valid = done_q;", "assign m_valid = s2_capture_q;")),
    # step sequencer
    ("sequencer1", Bug(SEQUENCER, "|cfg_chain;", "cfg_chain[1];")),
    ("sequencer1", Bug(SEQUENCER, "at_end && last_pass && !chained)", "at_end && !chained)")),
    ("sequencer1", Bug(SEQUENCER, "wire go          = valid_q && (!completes || drain_ready);", "wire go = valid_q;")),
    ("sequencer1", Bug(SEQUENCER, "!cfg_stagger || !read_q || last_column;", "!cfg_stagger || last_column;")),
    ("sequencer1", Bug(SEQUENCER, "if (rst) valid_q <= 1'b0;", "if (rst) valid_q <= valid_q === 1'b1;")),
    ("sequencer1", Bug(SEQUENCER, "load ? load_top : top_q;", "load ? load_top : n_l_q;")),
    ("sequencer1", Bug(SEQUENCER, "initial_q <= load;", "initial_q <= 1'b1;")),
    ("sequencer1", Bug(SEQUENCER, "read_q    <= load || !last_pass;", "read_q    <= load;")),
    ("sequencer1", Bug(SEQUENCER, "fresh_q   <= load || !last_pass;", "fresh_q   <= 1'b1;")),
    ("sequencer2", Bug(SEQUENCER, "= BITS_PER_CYCLE[OFF_W-1:0]", "= 1")),
    ("sequencer1", Bug(SEQUENCER, "if (phase_q == CHAIN && go) chain_q", "if (phase_q == CHAIN) chain_q")),
    ("sequencer4", Bug(SEQUENCER, "first_q  <= 1'b0;", "first_q  <= offset_q[OFF_W-1];")),
    ("sequencer1", Bug(SEQUENCER, "column_q  <= {COL_W{1'b0}};", "column_q  <= {{(COL_W-1){1'b0}}, load};")),
    ("sequencer1", Bug(SEQUENCER, "valid_q && completes && !drain_ready", "valid_q && last_q && !drain_ready")),
    # dispatcher
    (
        "dispatch1",
        Bug(DISPATCHER, "b_load  = a_valid_q && a_ready && (!b_valid || b_done)", "b_load  = a_valid_q && a_ready && !b_valid"),
    ),
    ("dispatch1", Bug(DISPATCHER, "!(|a_loads_q[OFF_W:1])", "!(|a_loads_q)")),
    ("dispatch1", Bug(DISPATCHER, "!(|a_loads_q[OFF_W:1])", "1'b1")),
    ("dispatch1", Bug(DISPATCHER, "a_waddr_q <= a_waddr_q + 1'b1;", "a_waddr_q <= a_waddr_q;")),
    ("dispatch1", Bug(DISPATCHER, "b_waddr_q <= b_waddr_q + 1'b1;", "b_waddr_q <= b_waddr_q;")),
    ("dispatch1", Bug(DISPATCHER, "a_read_first = a_new_q", "a_read_first = a_new_q || a_loads_q[0]")),
    ("dispatch1", Bug(DISPATCHER, "{P{1'b1}} << a_n_l_q", "{P{1'b1}}")),
    ("dispatch1", Bug(DISPATCHER, "a_signs[i] ? -kept : kept", "kept")),
    ("dispatch1", Bug(DISPATCHER, "cfg_static ? cfg_n_h : a_n_h", "a_n_h")),
    ("dispatch1", Bug(DISPATCHER, "{1'b0, a_span} + 1'b1 : a_p", "{1'b0, a_span} : a_p")),
    ("dispatch2", Bug(DISPATCHER, "a_n_l_q + (a_span & CHUNK[OFF_W-1:0])", "(a_n_l_q + a_span) & CHUNK[OFF_W-1:0]")),
    ("dispatch4", Bug(DISPATCHER, "a_signed_q ? {(PLANES-P){sign_plane}}", "1'b1 ? {(PLANES-P){sign_plane}}")),
    ("dispatch4", Bug(DISPATCHER, "sign_plane = a_planes[(P-1)*N +: N];", "sign_plane = {N{1'b0}};")),
    (
        "dispatch1",
        Bug(DISPATCHER, "m_negate_q  <= b_signed_q && b_start;", "m_negate_q  <= b_signed_q && b_start && b_initial;"),
    ),
    ("dispatch1", Bug(DISPATCHER, "m_start_q   <= b_initial && b_start && b_send;", "m_start_q   <= b_start && b_send;")),
    ("dispatch1", Bug(DISPATCHER, "m_offset_q  <= b_offset;", "m_offset_q  <= b_offset + 1'b1;")),
    ("dispatch1", Bug(DISPATCHER, "(b_send || b_chain) && !rst", "b_send && !rst")),
    ("dispatch1", Bug(DISPATCHER, "m_fresh_q   <= b_fresh && !rst", "m_fresh_q   <= b_fresh && b_send && !rst")),
    ("dispatch1", Bug(DISPATCHER, "obs_n_l       = a_n_l_dynamic", "obs_n_l       = a_n_l_q")),
    ("dispatch1", Bug(DISPATCHER, "bus_stall || (a_read && !b_valid)", "bus_stall || a_read")),
    ("dispatch1", Bug(DISPATCHER, "if (rst) a_valid_q <= 1'b0;", "if (rst) a_valid_q <= a_valid_q === 1'b1;")),
    # tile and reducer
    ("tile2", Bug(TILE, "s_bits[(j*COLS + c)*LANES", "s_bits[(c*BITS_PER_CYCLE + j)*LANES")),
    ("tile", Bug(TILE, ".s_capture(s_capture)", ".s_capture(s_capture && c == 0)")),
    ("tile", Bug(TILE, ".s_negate (s_negate)", ".s_negate (s_negate && s_clear)")),
    ("reducer", Bug(REDUCER, "take = m_valid && m_ready;", "take = m_valid;")),
    ("reducer", Bug(REDUCER, "!pending_q && !reserve;", "!pending_q;")),
    ("reducer", Bug(REDUCER, "else if (take && m_last) pending_q", "else if (take) pending_q")),
    ("reducer", Bug(REDUCER, "if (s_valid[0]) busy_q", "if (&s_valid) busy_q")),
    ("reducer", Bug(REDUCER, "if (s_valid[c]) sums_q", "if (s_valid[0]) sums_q")),
    ("reducer", Bug(REDUCER, "sums_q[col_q*ROWS", "sums_q[m_last*ROWS")),
    ("reducer", Bug(REDUCER, "pending_q <= 1'b0;\n            busy_q", "pending_q <= pending_q === 1'b1;\n            busy_q")),
    ("reducer", Bug(REDUCER, "col_q     <= {COL_W{1'b0}};", "col_q     <= ^col_q === 1'bx ? 0 : col_q;")),
]


TESTS = {
    "sip": [SIP],
    "cells": [TREE, COUNT, MAX, "dpr_transposer"],
    "column": [COLUMN],
    "sequencer": [SEQUENCER],
    "dispatcher": [DISPATCHER],
    "reducer": [REDUCER],
    "tile": [TILE],
}
ENOUGH = {"dispatcher": "gaps_and_full_reducer|by_hand|reset.*dynamic", "sequencer": "random_steps.*0.3|reset|hand"}


@needs_icarus
@pytest.mark.parametrize("name", TESTS)
def test_bugs_are_noticed(name: str, tmp_path: Path) -> None:
    """Each of them fails a test of its own block."""
    sound = blocks(8)
    bugs = [(block, bug) for block, bug in BUGS if sound[block].module in TESTS[name]]
    planted = {f"m{number}": replace(sound[block], bug=bug) for number, (block, bug) in enumerate(bugs)}
    assert planted
    assert uncaught(planted, [f"tests.tile_rtl.cocotb_{name}"], tmp_path, ENOUGH.get(name, "")) == []


def test_every_bug_is_planted() -> None:
    """In some simulation."""
    modules = [module for tested in TESTS.values() for module in tested]
    assert all(blocks(8)[block].module in modules for block, _ in BUGS)
