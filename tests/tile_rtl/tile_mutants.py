# SPDX-License-Identifier: Apache-2.0
"""Bugs to plant in the cores, with the small configuration on which each one is simulated and the check that must see it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.support.mutants import Mutant

# batches enough for every mode of the design
BATCHES = {"base8_small": 3, "small8": 6, "small8_b4": 8, "trt_small8": 9, "dpr_loom_small8": 6}

DISPATCHER = "rtl/tile/dpr_dispatcher.v"
SEQUENCER = "rtl/tile/dpr_step_sequencer.v"
SIP = "rtl/tile/dpr_sip.v"
COLUMN = "rtl/tile/dpr_sip_column.v"
REDUCER = "rtl/tile/dpr_reducer.v"
MAXIMUM = "rtl/tile/dpr_running_max.v"
DSTRIPES = "rtl/dstripes/dpr_dstripes.v"
BASE = "rtl/base/dpr_base.v"
IP = "rtl/base/dpr_ip.v"
TRT = "rtl/trt/dpr_trt.v"
TRT_TILE = "rtl/trt/dpr_trt_tile.v"
REGISTERS = "rtl/trt/dpr_weight_registers.v"
LOOM = "rtl/loom/dpr_loom.v"
LOOM_TILE = "rtl/loom/dpr_loom_tile.v"
LOOM_COLUMN = "rtl/loom/dpr_loom_column.v"

SUM = "sum [pallet, column, row]"
STUCK = "did not end within"
INPUT = "cycle of an input"

Entry = tuple[str, Mutant]


def few(config: str, test: str = "tile_random") -> dict[str, int]:
    """Return knobs for a short run; every other batch of `tile_reset` is cut."""
    batches = 24 if test == "tile_reset" else BATCHES[config]
    return {"batches": batches, "pallets": 8, "watchdog": 8_000}


def _maker(config: str, test: str = "tile_random") -> Callable[..., Entry]:
    """Return a function that makes entries of one configuration and test."""
    make = partial(Mutant, test=test)
    return lambda *arguments, **options: (config, make(*arguments, **options))


Base, Small, Chunks = _maker("base8_small"), _maker("small8"), _maker("small8_b4")
Trt, Loom = _maker("trt_small8"), _maker("dpr_loom_small8")
Reset, Sweep = _maker("small8", "tile_reset"), _maker("small8", "tile_reset_sweep")

_BASE = [
    Base("a full output does not hold the pipeline", BASE, "wire move = !m_valid_q || m_ready;", "wire move = 1'b1;", STUCK),
    Base("activations always signed", IP, "s1_is_signed && s1_acts", "s1_acts", SUM),
    Base("window cleared a step early", BASE, ".s2_clear    (first2_q)", ".s2_clear    (first1_q)", SUM),
    Base("every step ends a window", BASE, "m_valid_q <= v2_q && last2_q;", "m_valid_q <= v2_q;", STUCK),
    Base("stalls are not reported", BASE, "stall_drain = !move;", "stall_drain = 1'b0;", "cycles of output_drain"),
    Base("last lane is lost", IP, "lane < LANES; lane", "lane < LANES - 1; lane", SUM),
    Base("weights one word on", BASE, "assign wm_addr     = s_waddr;", "assign wm_addr     = s_waddr + 1'b1;", SUM),
]

_DSTRIPES = [
    Small("sign bits are added", DISPATCHER, "b_signed_q && b_start;", "1'b0;", SUM),
    Small("every bit is subtracted", DISPATCHER, "b_signed_q && b_start;", "b_signed_q;", SUM),
    Small("offset one too high", DISPATCHER, "m_offset_q  <= b_offset;", "m_offset_q  <= b_offset + 1'b1;", SUM),
    Small("every step clears", DSTRIPES, "(d_start && d_first)", "(d_start)", SUM),
    Small(
        "a pallet of one plane does not clear",
        DISPATCHER,
        "b_initial && b_start && b_send;",
        "b_initial && b_start && !b_eog;",
        SUM,
    ),
    Small("trims towards minus infinity", DISPATCHER, "{P{1'b1}} << a_n_l_q", "{P{1'b1}}", SUM),
    Small(
        "wrong trailing position", DISPATCHER, "obs_n_l       = a_n_l_dynamic", "obs_n_l       = a_n_l_q", "trailing position"
    ),
    Small("bubble between groups", DISPATCHER, "(!b_valid || b_done)", "!b_valid", INPUT),
    Small("drain is ignored", SEQUENCER, "(!completes || drain_ready)", "1'b1", "mismatches"),
    Small("stalls are not reported", SEQUENCER, "valid_q && completes && !drain_ready", "1'b0", "cycles of output_drain"),
    Small("columns share activations", "rtl/tile/dpr_tile.v", "s_bits[(j*COLS + c)*LANES", "s_bits[(j*COLS)*LANES", SUM),
    Small("planes swapped", "rtl/tile/dpr_transposer.v", "values[i*P + b]", "values[i*P + (b ^ 1)]", SUM),
    Small("weights unsigned", "rtl/tile/dpr_adder_tree.v", "{(SUM_W-W){values[i*W + W-1]}}", "{(SUM_W-W){1'b0}}", SUM),
    Small("sum not sign-extended", SIP, "{(ACC_W-TERM_W){term[TERM_W-1]}}", "{(ACC_W-TERM_W){1'b0}}", SUM),
    Small("stall drops columns", REDUCER, "take = m_valid && m_ready;", "take = m_valid;", "mismatches"),
    Small(
        "credit comes back after one column", REDUCER, "else if (take && m_last) pending_q", "else if (take) pending_q", INPUT
    ),
    Small("every column says it is the last", REDUCER, "col_q} == COLS - 1;", "col_q} != COLS;", "mismatches"),
    Reset("step survives a reset", DISPATCHER, "a_valid_q <= 1'b0;", "a_valid_q <= a_valid_q === 1'b1;", "mismatches"),
    Reset(
        "column survives a reset",
        REDUCER,
        "col_q     <= {COL_W{1'b0}};\n        end",
        "col_q     <= ^col_q === 1'bx ? 0 : col_q;\n        end",
        "mismatches",
    ),
    Sweep(
        "a finished column survives a reset",
        COLUMN,
        "done_q       <= s2_capture_q && !rst;",
        "done_q       <= s2_capture_q;",
        "mismatches",
    ),
    Chunks("no sign above the top bit", DISPATCHER, "a_signed_q ? {(PLANES-P)", "1'b0 ? {(PLANES-P)", SUM),
    Chunks("every plane of a chunk is signed", SIP, "s2_negate && k == BITS_PER_CYCLE - 1", "s2_negate", SUM),
    Chunks("planes of a chunk at one place", SIP, ": wide) << k);", ": wide));", SUM),
    Chunks("chunks start at the top bit", DISPATCHER, "(a_span & CHUNK[OFF_W-1:0])", "a_span", "mismatches"),
    Small(
        "static mode off by one", DISPATCHER, "cfg_static ? cfg_n_h :", "cfg_static ? cfg_n_h - 1'b1 :", "precision of a step"
    ),
    Small("static mode detects", DISPATCHER, "cfg_static ? cfg_n_h :", "1'b0 ? cfg_n_h :", "precision of a step"),
]

_TRT = [
    Trt("chain adds its own column", TRT_TILE, ".chain_in (chain[c*ROWS", ".chain_in (chain[(c+1)*ROWS", SUM),
    Trt("chain one cycle late", TRT_TILE, "here == link_q;", "here + 5'd1 == link_q;", SUM),
    Trt("slices one too few", TRT_TILE, "after == cfg_slices;", "here == cfg_slices;", "column holds results"),
    Trt("columns of slices all hold results", TRT, "m_keep = t_keep[m_col];", "m_keep = 1'b1;", "column holds results"),
    Trt("SWR does not extend the sign", REGISTERS, "{(P-B){word[i*P + COLUMN*B + B-1]}}", "{(P-B){1'b0}}", SUM),
    Trt("SWR keeps the weight before", REGISTERS, "shift_first ? {(P-B)", "1'b0 ? {(P-B)", SUM),
    Trt("WR loaded a cycle late", TRT_TILE, ".load       (s_fresh)", ".load       (valid_q && start_q)", SUM),
    Trt("WR loaded from the bus", TRT_TILE, ".serial     (cfg_serial)", ".serial     (1'b0)", SUM),
    Trt("WR loaded from SWR in convolutions", TRT_TILE, ".serial     (cfg_serial)", ".serial     (1'b1)", SUM),
    Trt("columns' wires reversed", TRT_TILE, ".COLUMN(c)", ".COLUMN(COLS - 1 - c)", SUM),
    Trt("one word too many", TRT, "$clog2(BITS_PER_CYCLE)) + 1'b1;", "$clog2(BITS_PER_CYCLE)) + 2'd2;", "mismatches"),
    Trt("step does not wait for its weights", DISPATCHER, "!(|a_loads_q[OFF_W:1]);", "1'b1;", "mismatches"),
    Trt("waits for weights are not reported", DISPATCHER, "(a_read && !b_valid)", "1'b0", "cycles of weight_fetch"),
    Trt("waits for weights are reported while sending", DISPATCHER, "(a_read && !b_valid)", "a_read", "cycles of weight_fetch"),
    Trt("reduction is not reported", DISPATCHER, "obs_reduce    = b_chain;", "obs_reduce    = 1'b0;", "cycles of reduce"),
    Trt("a cascade takes a cycle less", SEQUENCER, "chain_q   <= cfg_chain;", "chain_q   <= cfg_chain - 5'd1;", "mismatches"),
    Trt("pool compares unsigned", MAXIMUM, "wire signed [W-1:0] candidate", "wire [W-1:0] candidate", SUM),
    Trt("pool keeps the pallet before", MAXIMUM, "restart || candidate", "candidate", SUM),
    Trt("pool keeps the smallest", MAXIMUM, "candidate > best_q", "candidate < best_q", SUM),
    Trt("pool adds", TRT_TILE, "(first_q || cfg_pool)", "first_q", SUM),
]

_LOOM = [
    Loom("weight bits all at one place", LOOM_COLUMN, "{{(SHIFT_W-OFF_W){1'b0}}, s_again}", "{SHIFT_W{1'b0}}", SUM),
    Loom("weights unsigned", LOOM_COLUMN, "(s_negate ^ s_initial)", "(s_negate)", SUM),
    Loom("sign times sign is negative", LOOM_COLUMN, "(s_negate ^ s_initial)", "(s_negate || s_initial)", SUM),
    Loom("columns take weights together", LOOM_TILE, "cfg_serial ? fresh[c-1] : s_fresh", "s_fresh", SUM),
    Loom("columns work together", LOOM_TILE, "cfg_serial ? work[", "1'b0 ? work[", SUM),
    Loom("a repetition too few", LOOM, "s_p_w - 1'b1 : s_p_w;", "s_p_w - 2'd2 : s_p_w;", "mismatches"),
    Loom("every repetition clears", DISPATCHER, "b_initial && b_start && b_send;", "b_start && b_send;", SUM),
    Loom("the bus serves all columns at once", SEQUENCER, "!cfg_stagger || !read_q || last_column;", "1'b1;", "mismatches"),
    Loom("the same weight bits again", DISPATCHER, "b_waddr_q <= b_waddr_q + 1'b1;", "b_waddr_q <= b_waddr_q;", SUM),
    Loom("waits for the bus are not reported", SEQUENCER, "valid_q && phase_q == BUS;", "1'b0;", "cycles of weight_fetch"),
]

MUTANTS = [*_BASE, *_DSTRIPES, *_TRT, *_LOOM]
