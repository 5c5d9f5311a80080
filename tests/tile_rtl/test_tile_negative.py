# SPDX-License-Identifier: Apache-2.0
"""The tile's scoreboard fails when it should: on a spoilt expectation, and on hardware with a planted bug."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.support.mutants import Mutant, needs_icarus
from tests.support.variant import Variant

pytestmark = needs_icarus

CONFIG = "small16"
FEW = {"batches": 3, "pallets": 8, "watchdog": 2000}
SPOILT = {  # knob `inject` of tb/tile/scoreboard.py: which expectation it spoils, what the report must say
    1: "precision of a step: ",
    2: "1 mismatches: sum [column, row]: 1 of ",
    3: "cycle of a step's start: ",
}

DISPATCHER = "rtl/tile/dpr_dispatcher.v"
SIP = "rtl/tile/dpr_sip.v"
TILE = "rtl/tile/dpr_tile.v"
SUM = "sum [column, row]"
STUCK = "did not end within"
Random = partial(Mutant, test="tile_random")
Reset = partial(Mutant, test="tile_reset")
MUTANTS = [
    Random("sign bits are added", DISPATCHER, "m_negate_q <= b_signed_q && b_start_q", "m_negate_q <= 1'b0", SUM),
    Random("every bit is subtracted", DISPATCHER, "m_negate_q <= b_signed_q && b_start_q", "m_negate_q <= b_signed_q", SUM),
    Random("offset one too high", DISPATCHER, "m_offset_q <= b_offset_q;", "m_offset_q <= b_offset_q + 1'b1;", SUM),
    Random("every step clears", DISPATCHER, "m_clear_q  <= b_first_q && b_start_q;", "m_clear_q  <= b_start_q;", SUM),
    Random(
        "a pallet of one plane does not clear",
        DISPATCHER,
        "m_clear_q  <= b_first_q && b_start_q;",
        "m_clear_q  <= b_first_q && b_start_q && !b_capture;",
        SUM,
    ),
    Random("trims towards minus infinity", DISPATCHER, "{P{1'b1}} << a_n_l_q", "{P{1'b1}}", SUM, seed=3),
    Random("no weights for one-bit steps", DISPATCHER, "b_valid_q && b_start_q;", "b_valid_q && b_start_q && !b_eog;", SUM),
    Random("wrong trailing position", DISPATCHER, "obs_n_l     = a_n_l_dynamic", "obs_n_l     = a_n_l_q", "trailing position"),
    Random("bubble between groups", DISPATCHER, "(!b_valid_q || (b_eog && b_send))", "!b_valid_q", "cycle of an input"),
    Random("drain is ignored", DISPATCHER, "(!b_capture || drain_ready)", "1'b1", STUCK, seed=3),
    Reset(
        "column survives a reset",
        "rtl/tile/dpr_reducer.v",
        "{COL_W{1'b0}};\n        end",
        "^col_q === 1'bx ? 0 : col_q;\n        end",
        STUCK,
        seed=3,
    ),
    Reset("step survives a reset", DISPATCHER, "a_valid_q <= 1'b0;", "a_valid_q <= a_valid_q === 1'b1;", "precision of a step"),
    Random("last lane is lost", SIP, "lane < LANES; lane", "lane < LANES - 1; lane", SUM),
    Random("weights unsigned", SIP, "{(SUM_W-P){s1_weights[lane*P+P-1]}}", "{(SUM_W-P){1'b0}}", SUM),
    Random("sum not sign-extended", SIP, "{(ACC_W-SUM_W){term[SUM_W-1]}}", "{(ACC_W-SUM_W){1'b0}}", SUM),
    Random("columns share weights", TILE, ".s1_weights(s_weights[r*LANES*P", ".s1_weights(s_weights[c*LANES*P", SUM),
    Random("planes swapped", "rtl/tile/dpr_transposer.v", "values[i*P + b]", "values[i*P + (b ^ 1)]", SUM),
    Random("stall drops columns", "rtl/tile/dpr_reducer.v", "take = m_valid && m_ready;", "take = m_valid;", STUCK),
    Random(
        "credit comes back after one column",
        "rtl/dstripes/dpr_dstripes.v",
        "else if (m_valid && m_ready && m_last) pending_q",
        "else if (m_valid && m_ready) pending_q",
        "cycle of an input",
    ),
]


@pytest.mark.parametrize("seed", sorted({mutant.seed for mutant in MUTANTS}))
def test_real_hardware_passes(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the mutants fail, the real hardware passes."""
    for test in {mutant.test for mutant in MUTANTS}:
        result, _ = Variant(test, CONFIG, knobs=FEW, seed=seed).execute(tmp_path, monkeypatch)
        assert (result.status, result.problems) == ("passed", [])
        assert result.checks > 500


@pytest.mark.parametrize(("inject", "message"), SPOILT.items())
def test_spoilt_expectation_is_seen(inject: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong expectation, the right message."""
    variant = Variant("tile_random", CONFIG, knobs={**FEW, "batches": 1, "inject": inject})
    result, _ = variant.execute(tmp_path, monkeypatch)
    assert result.status == "failed"
    assert message in result.problems[0]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_killed(mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The random tests of the tile notice every planted bug."""
    mutant.kill(CONFIG, FEW, tmp_path, monkeypatch)
