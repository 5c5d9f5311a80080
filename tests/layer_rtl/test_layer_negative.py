# SPDX-License-Identifier: Apache-2.0
"""The layer's scoreboards fail when they should: on a spoilt expectation, and on hardware with a planted bug."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.support.mutants import Mutant, needs_icarus
from tests.support.variant import Variant

pytestmark = needs_icarus

CONFIG = "narrow16"
FEW = {"layers": 1, "products": 96, "watchdog": 3000}
TRT = "narrow_trt16"
BASE = "base16"
SPOILT = {  # knob `inject` of tb/layer/scoreboard.py: which expectation it spoils, what the report must say
    4: "1 mismatches: random0: compressed outputs: 1 of ",
    5: "1 mismatches: random0: cycles of the compute phase: ",
    6: "4 mismatches: random0: cycles of output_drain: ",
}

COLUMN = "rtl/layer/dpr_window_column.v"
SEQUENCER = "rtl/layer/dpr_window_sequencer.v"
REQUANTIZER = "rtl/layer/dpr_requantizer.v"
COUNTERS = "rtl/layer/dpr_layer_counters.v"
OUTPUT = "rtl/layer/dpr_output_unit.v"
LAYER = "rtl/layer/dpr_layer.v"
PRECISIONS = "rtl/layer/dpr_step_precisions.v"
OUTPUTS = "compressed outputs"
Random = partial(Mutant, test="layer_random")  # each seed draws a small layer that has what its mutant needs
MUTANTS = [
    Random("row ends one window early", COLUMN, "$signed(moved_x) > ", "$signed(moved_x) >= ", OUTPUTS, seed=13),
    Random("next row is one line down", COLUMN, "(wrap ? wrap_y : {COORD_W{1'b0}})", "wrap", OUTPUTS, seed=94),
    Random("next row keeps the address", COLUMN, "(wrap ? wrap_base : {ADDR_W{1'b0}})", "{ADDR_W{1'b0}}", OUTPUTS, seed=13),
    Random("no padding below", COLUMN, "y < height &&", "y <= height &&", "did not end within", seed=36),
    Random(
        "columns past the last window are fetched",
        SEQUENCER,
        "column_inside[c] && {1'b0, window_q} + {1'b0, COLUMN} < {1'b0, windows}",
        "column_inside[c]",
        "cycles of the compute phase",
        seed=14,
    ),
    Random("second pass has the first one's weights", SEQUENCER, "pass_waddr_q + steps;", "pass_waddr_q;", OUTPUTS, seed=94),
    Random("filter rows follow on", SEQUENCER, ": s_last ? row_skip : position_skip", ": position_skip", OUTPUTS, seed=13),
    Random("bias unsigned", REQUANTIZER, "{bias[BIAS_W-1]}}, bias}", "{1'b0}}, bias}", OUTPUTS, seed=49),
    Random("trims towards minus infinity", REQUANTIZER, "= !relu && clipped[P-1];", "= 1'b0;", OUTPUTS, seed=36),
    Random("no saturation", REQUANTIZER, "fits_unsigned ? shifted[P-1:0] : {P{1'b1}}", "shifted[P-1:0]", OUTPUTS, seed=49),
    Random("biases of the first pass", OUTPUT, "bias_q + {7'd0, next_bias}", "8'd0", OUTPUTS, seed=94),
    Random(
        "all groups read the first one", SEQUENCER, "group_base_q <= next_group", "group_base_q <= group_base_q", "", seed=1
    ),
    Random("positions follow on", SEQUENCER, ": s_last ? row_skip : position_skip", ": s_last ? row_skip : 1", "", seed=1),
    Random("a group for each pass", SEQUENCER, "= group_pass_q == group_passes - 1'b1", "= 1'b1", "", seed=1),
    Random("one brick is not stored", "rtl/layer/dpr_store_unit.v", "+ 1'b1 == count", "+ 2'd2 == count", OUTPUTS, seed=49),
    Random("stall drops a brick", "rtl/layer/dpr_store_unit.v", "&& (!valid_q || m_ready)", "", OUTPUTS, seed=49),
    Random("first cycle not counted", COUNTERS, "cycles_q  <= 32'd1", "cycles_q  <= 32'd0", "compute phase", seed=49),
    Random("a late activation is reported", COUNTERS, "+ 32'd1 : 32'd0;", "+ 32'd1 : 32'd1;", "late activations", seed=49),
    Random(
        "padding is not zero", "rtl/layer/dpr_activation_memory.v", "? brick : {BRICK_W{1'b0}}", "? brick : brick", "", seed=13
    ),
    Random(
        "no weights past row 5",
        "rtl/layer/dpr_load_unit.v",
        "if (step_last) row_q",
        "if (step_last && row_q != 5) row_q",
        "",
        seed=49,
    ),
]


OTHERS = [  # (configuration, mutant)
    (BASE, Random("biases a column late", OUTPUT, "load_q || next_bias;", "load_q;", OUTPUTS, seed=1)),
    (BASE, Random("columns of a pass are lost", OUTPUT, "pass_addr_q + pass_bricks", "pass_addr_q", OUTPUTS, seed=1)),
    (TRT, Random("one word a step", PRECISIONS, "words[WADDR_W-1:0];", "1'b1;", "input waddr", seed=1)),
    (TRT, Random("precisions of the next step", LAYER, ".r_addr(q_waddr), .start", ".r_addr(f_waddr_q), .start", "", seed=1)),
    (TRT, Random("all columns are kept", LAYER, ".s_keep(t_keep)", ".s_keep(1'b1)", OUTPUTS, seed=1)),
    (TRT, Random("biases by the pass", OUTPUT, "serial ? keep : pass_end", "pass_end", OUTPUTS, seed=1)),
    (TRT, Random("never a cascade", LAYER, ".cfg_slices(slices)", ".cfg_slices(5'd1)", "", seed=1)),
    (TRT, Random("pools by adding", LAYER, ".cfg_pool(pool)", ".cfg_pool(1'b0)", "", seed=1)),
    (
        TRT,
        Random(
            "first weights are late", COUNTERS, "weight_stall && started_q", "weight_stall", "cycles of weight_fetch", seed=1
        ),
    ),
    (TRT, Random("cascade not counted", COUNTERS, "&& !late_weights && !reduce;", "&& !late_weights;", "", seed=1)),
    (
        TRT,
        Random(
            "slices all begin at the first brick",
            COLUMN,
            "base_q <= init_base;\n        end else",
            "base_q <= 0;\n        end else",
            "",
            seed=1,
        ),
    ),
]
CASES = [(CONFIG, mutant) for mutant in MUTANTS] + OTHERS


@pytest.mark.parametrize(("config", "seed"), sorted({(config, mutant.seed) for config, mutant in CASES}))
def test_real_hardware_passes(config: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the mutants fail, the real hardware passes."""
    result, _ = Variant("layer_random", config, knobs=FEW, seed=seed).execute(tmp_path, monkeypatch)
    assert (result.status, result.problems) == ("passed", [])
    assert result.checks > 90


@pytest.mark.parametrize(("inject", "message"), SPOILT.items())
def test_spoilt_expectation_is_seen(inject: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong expectation, the right message."""
    variant = Variant("layer_random", CONFIG, knobs={**FEW, "inject": inject}, seed=49)
    result, _ = variant.execute(tmp_path, monkeypatch)
    assert result.status == "failed"
    assert message in result.problems[0]


@pytest.mark.parametrize(("config", "mutant"), CASES, ids=lambda value: getattr(value, "name", value))
def test_mutant_is_killed(config: str, mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The random test of the layer notices every planted bug."""
    mutant.kill(config, FEW, tmp_path, monkeypatch)
