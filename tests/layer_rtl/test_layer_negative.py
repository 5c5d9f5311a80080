# SPDX-License-Identifier: Apache-2.0
"""The layer's scoreboards fail when they should: on a spoilt expectation, and on hardware with a planted bug."""

from __future__ import annotations

import glob
from functools import partial
from pathlib import Path

import pytest

from tests.support.mutants import Mutant, needs_icarus
from tests.support.variant import Variant

pytestmark = needs_icarus

CONFIG = "narrow16"
FEW = {"layers": 1, "products": 96, "watchdog": 3000}
SPOILT = (
    "random0: compressed outputs",
    "random0: outputs [window, k]",
    "random0: cycles of the compute phase",
    "random0: cycles that send operands",
    "random0: cycles of output_drain",
    "random0: cycles of filling and emptying",
)

COLUMN = "rtl/layer/dpr_window_column.v"
SEQUENCER = "rtl/layer/dpr_window_sequencer.v"
REQUANTIZER = "rtl/layer/dpr_requantizer.v"
COUNTERS = "rtl/layer/dpr_layer_counters.v"
OUTPUT = "rtl/layer/dpr_output_unit.v"
OUTPUTS = "compressed outputs"
Random = partial(Mutant, test="layer_random")  # each seed draws a small layer that has what its mutant needs
MUTANTS = [
    Random("row ends one window early", COLUMN, "$signed(moved_x) > ", "$signed(moved_x) >= ", OUTPUTS, seed=13),
    Random("next row is one line down", COLUMN, "(wrap ? wrap_y : {COORD_W{1'b0}})", "wrap", "did not end within", seed=56),
    Random("next row keeps the address", COLUMN, "(wrap ? wrap_base : {ADDR_W{1'b0}})", "{ADDR_W{1'b0}}", OUTPUTS, seed=11),
    Random("no padding below", COLUMN, "y < height &&", "y <= height &&", "did not end within", seed=1),
    Random(
        "columns past the last window are fetched",
        SEQUENCER,
        "column_inside[c] && {1'b0, window_q} + {1'b0, COLUMN} < {1'b0, windows}",
        "column_inside[c]",
        "cycles of the compute phase",
        seed=44,
    ),
    Random("second pass has the first one's weights", SEQUENCER, "pass_waddr_q + steps;", "pass_waddr_q;", OUTPUTS, seed=14),
    Random("filter rows follow on", SEQUENCER, ": s_last ? row_skip : position_skip", ": position_skip", OUTPUTS, seed=1),
    Random("bias unsigned", REQUANTIZER, "{bias[BIAS_W-1]}}, bias}", "{1'b0}}, bias}", OUTPUTS, seed=49),
    Random("trims towards minus infinity", REQUANTIZER, "= !relu && clipped[P-1];", "= 1'b0;", OUTPUTS, seed=6),
    Random("no saturation", REQUANTIZER, "fits_unsigned ? shifted[P-1:0] : {P{1'b1}}", "shifted[P-1:0]", OUTPUTS, seed=7),
    Random("biases of the first pass", OUTPUT, "bias_q + {7'd0, next_bias}", "8'd0", OUTPUTS, seed=12),
    Random("one brick is not stored", "rtl/layer/dpr_store_unit.v", "+ 1'b1 == count", "+ 2'd2 == count", OUTPUTS, seed=49),
    Random("stall drops a brick", "rtl/layer/dpr_store_unit.v", "&& (!valid_q || m_ready)", "", OUTPUTS, seed=1),
    Random("first cycle not counted", COUNTERS, "cycles_q  <= 32'd1", "cycles_q  <= 32'd0", "compute phase", seed=49),
    Random(
        "a late activation is reported", COUNTERS, "+ 32'd1 : 32'd0;", "+ 32'd1 : 32'd1;", "cycles of activation_fetch", seed=49
    ),
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


@pytest.mark.parametrize("seed", sorted({mutant.seed for mutant in MUTANTS}))
def test_real_hardware_passes(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the mutants fail, the real hardware passes."""
    result, _ = Variant("layer_random", CONFIG, knobs=FEW, seed=seed).execute(tmp_path, monkeypatch)
    assert (result.status, result.problems) == ("passed", [])
    assert result.checks > 50


@pytest.mark.parametrize("what", SPOILT)
def test_spoilt_expectation_is_seen(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong expectation, the right message."""
    result, _ = Variant("layer_random", CONFIG, knobs=FEW, seed=49, spoil=f"*{glob.escape(what)}").execute(
        tmp_path, monkeypatch
    )
    assert result.status == "failed"
    assert f"{what}: 1 of " in result.problems[0]


@pytest.mark.parametrize("what", ["activations, zero code: load error", "activations, zero code: load overflow"])
def test_wrong_verdict_on_a_broken_tensor_is_seen(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's error and overflow are compared with the model's word."""
    knobs = {"broken": 1, "watchdog": 3000}
    result, _ = Variant("layer_malformed", CONFIG, knobs=knobs, seed=49, spoil=f"*{glob.escape(what)}").execute(
        tmp_path, monkeypatch
    )
    assert result.status == "failed"
    assert f"1 mismatches: {what}: 1 of 1 differ" in result.problems[0]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_killed(mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The random test of the layer notices every planted bug."""
    mutant.kill(CONFIG, FEW, tmp_path, monkeypatch)
