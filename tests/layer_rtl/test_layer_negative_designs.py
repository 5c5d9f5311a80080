# SPDX-License-Identifier: Apache-2.0
"""The layer's scoreboards notice planted bugs in what groups, BASE and TRT add to the engine."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.support.mutants import Mutant, needs_icarus
from tests.support.variant import Variant

pytestmark = needs_icarus

CONV, TRT, BASE = "narrow16", "narrow_trt16", "base16"
FEW = {"layers": 1, "products": 400, "watchdog": 9000}
COLUMN, SEQUENCER, COUNTERS, OUTPUT, LAYER, PRECISIONS = (
    f"rtl/layer/dpr_{name}.v"
    for name in ("window_column", "window_sequencer", "layer_counters", "output_unit", "layer", "step_precisions")
)
OUTPUTS = "compressed outputs"
Random = partial(Mutant, test="layer_random")  # each seed draws a small layer that has what its mutant needs
CASES = [  # (configuration, mutant)
    (
        CONV,
        Random(
            "all groups read the first one",
            SEQUENCER,
            "group_base_q <= next_group",
            "group_base_q <= group_base_q",
            "",
            seed=4,
        ),
    ),
    (
        CONV,
        Random("positions follow on", SEQUENCER, ": s_last ? row_skip : position_skip", ": s_last ? row_skip : 1", "", seed=48),
    ),
    (CONV, Random("a group for each pass", SEQUENCER, "= group_pass_q == group_passes - 1'b1", "= 1'b1", "", seed=7)),
    (BASE, Random("biases a column late", OUTPUT, "load_q || next_bias;", "load_q;", OUTPUTS, seed=2)),
    (
        BASE,
        Random("columns of a pass are lost", OUTPUT, "pass_addr_q + pass_bricks", "pass_addr_q", "did not end within", seed=8),
    ),
    (TRT, Random("one word a step", PRECISIONS, "words[WADDR_W-1:0];", "1'b1;", "", seed=42)),
    (TRT, Random("precisions of the next step", LAYER, ".r_addr(q_waddr), .start", ".r_addr(f_waddr_q), .start", "", seed=5)),
    (TRT, Random("all columns are kept", LAYER, ".s_keep(t_keep)", ".s_keep(1'b1)", OUTPUTS, seed=10)),
    (TRT, Random("biases by the pass", OUTPUT, "serial ? keep : pass_end", "pass_end", OUTPUTS, seed=5)),
    (TRT, Random("never a cascade", LAYER, ".cfg_slices(slices)", ".cfg_slices(5'd1)", "", seed=10)),
    (TRT, Random("pools by adding", LAYER, ".cfg_pool(pool)", ".cfg_pool(1'b0)", "", seed=47)),
    (
        TRT,
        Random(
            "first weights are late", COUNTERS, "weight_stall && started_q", "weight_stall", "cycles of weight_fetch", seed=10
        ),
    ),
    (TRT, Random("cascade not counted", COUNTERS, "&& !late_weights && !reduce;", "&& !late_weights;", "", seed=10)),
    (
        TRT,
        Random(
            "slices all begin at the first brick",
            COLUMN,
            "base_q <= init_base;\n        end else",
            "base_q <= 0;\n        end else",
            "",
            seed=53,
        ),
    ),
]


@pytest.mark.parametrize(("config", "seed"), sorted({(config, mutant.seed) for config, mutant in CASES}))
def test_real_hardware_passes(config: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the mutants fail, the real hardware passes."""
    result, _ = Variant("layer_random", config, knobs=FEW, seed=seed).execute(tmp_path, monkeypatch)
    assert (result.status, result.problems) == ("passed", [])
    assert result.checks > 50


@pytest.mark.parametrize(("config", "mutant"), CASES, ids=lambda value: getattr(value, "name", value))
def test_mutant_is_killed(config: str, mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The random test of the layer notices every planted bug."""
    mutant.kill(config, FEW, tmp_path, monkeypatch)
