# SPDX-License-Identifier: Apache-2.0
"""The tile at the edges of its parameters: legal ones are clean in all tools, illegal ones fail by a name that says why."""

from __future__ import annotations

import pytest

from tests.support.elaborate import TOOLS, elaborate, error_names, yosys_check
from tests.tile_rtl.blocks import blocks

SMALL = {"ROWS": 2, "COLS": 2, "LANES": 2}
LEGAL = [
    ("dpr_dstripes", {"ROWS": 1, "COLS": 1, "LANES": 1, "ADDR_W": 1}),
    ("dpr_dstripes", {"P": 8, "ROWS": 3, "COLS": 5, "LANES": 7, "ADDR_W": 3, "BITS_PER_CYCLE": 4}),
    ("dpr_sip_column", {"P": 8, "ROWS": 1, "LANES": 1, "BITS_PER_CYCLE": 4, "MAX_POOL": 1}),
]
SHAPE = "dpr_error_ROWS_COLS_LANES_must_be_at_least_1"
ILLEGAL = [
    ("dpr_dstripes", {**SMALL, "P": 12}, "dpr_error_P_must_be_8_or_16"),
    ("dpr_dstripes", {**SMALL, "ROWS": 0}, SHAPE),
    ("dpr_tile", {**SMALL, "COLS": 0}, SHAPE),
    ("dpr_tile", {**SMALL, "LANES": 0}, SHAPE),
    ("dpr_tile", {**SMALL, "P": 12}, "dpr_error_P_must_be_8_or_16"),
    ("dpr_dispatcher", {"COLS": 2, "LANES": 2, "ADDR_W": 0}, "dpr_error_COLS_LANES_ADDR_W_must_be_at_least_1"),
    ("dpr_dispatcher", {"COLS": 2, "LANES": 2, "BITS_PER_CYCLE": 3}, "dpr_error_BITS_PER_CYCLE_must_be_1_2_or_4"),
    ("dpr_sip", {"P": 32}, "dpr_error_P_must_be_8_or_16"),
    ("dpr_sip", {"LANES": 0}, "dpr_error_LANES_must_be_at_least_1"),
    ("dpr_sip", {"WEIGHT_W": 2}, "dpr_error_WEIGHT_W_must_be_P_or_1"),
    ("dpr_sip", {"WEIGHT_W": 1, "BITS_PER_CYCLE": 2}, "dpr_error_WEIGHT_W_of_1_needs_BITS_PER_CYCLE_of_1"),
    ("dpr_sip", {"BITS_PER_CYCLE": 3}, "dpr_error_BITS_PER_CYCLE_must_be_1_2_or_4"),
    ("dpr_sip_column", {"ROWS": 2, "LANES": 2, "BITS_PER_CYCLE": 8}, "dpr_error_BITS_PER_CYCLE_must_be_1_2_or_4"),
    ("dpr_reducer", {"COLS": 0}, "dpr_error_ROWS_COLS_ACC_W_must_be_at_least_1"),
]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(("top", "parameters"), LEGAL, ids=str)
def test_legal_parameters_are_clean(tool: str, top: str, parameters: dict[str, int]) -> None:
    """No warning."""
    assert elaborate(tool, top, parameters) == (0, "")


def test_yosys_takes_every_block() -> None:
    """As it is tested: no latch, no loop, no wire with two drivers or none."""
    assert yosys_check((block.module, block.parameters) for block in blocks(8).values()) == (0, "")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(("top", "parameters", "name"), ILLEGAL, ids=str)
def test_illegal_parameters_fail_by_name(tool: str, top: str, parameters: dict[str, int], name: str) -> None:
    """The message holds the name of a module that does not exist."""
    status, text = elaborate(tool, top, parameters)
    assert status != 0
    assert name in text


def test_every_refusal_is_tested() -> None:
    """At the module that refuses."""
    assert error_names("tile", "dstripes") <= {(top, name) for top, _, name in ILLEGAL}


def test_yosys_finds_what_is_wrong_in_one_of_many() -> None:
    """The check of many modules fails for the last one alone."""
    status, text = yosys_check([("dpr_reducer", {"ROWS": 1, "COLS": 1}), ("dpr_reducer", {"ROWS": 0})])
    assert status != 0
    assert "dpr_error_ROWS_COLS_ACC_W_must_be_at_least_1" in text
