# SPDX-License-Identifier: Apache-2.0
"""The layer engine at the edges of its parameters: legal ones are clean, illegal ones fail by a name that says why."""

from __future__ import annotations

import pytest

from tests.support.elaborate import TOOLS, elaborate

LEGAL = [
    {"COLS": 1, "AM_BRICKS": 1, "WM_WORDS": 1, "OM_BRICKS": 257, "ENGINES": 1},
    {"COLS": 3, "AM_BRICKS": 1000, "WM_WORDS": 100, "OM_BRICKS": 600, "P": 8, "PREFIX_W": 3, "ALIGN": 1},
    {"DESIGN": 0, "COLS": 1},
    {"DESIGN": 1, "COLS": 4, "BITS_PER_CYCLE": 4},
    {"DESIGN": 2, "COLS": 4, "BITS_PER_CYCLE": 4, "WM_WORDS": 1},
    {"DESIGN": 2, "COLS": 3, "WM_WORDS": 100, "P": 8, "PREFIX_W": 3},
]
ILLEGAL = [
    ({"P": 12}, "dpr_error_P_must_be_8_or_16"),
    ({"ROWS": 4}, "dpr_error_a_layer_needs_ROWS_and_LANES_of_16"),
    ({"LANES": 8}, "dpr_error_a_layer_needs_ROWS_and_LANES_of_16"),
    ({"COLS": 0}, "dpr_error_COLS_must_be_1_to_256"),
    ({"DESIGN": 3}, "dpr_error_a_layer_takes_no_Loom_whose_weight_memory_is_another"),
    ({"DESIGN": 4}, "dpr_error_DESIGN_must_be_0_to_3"),
    ({"DESIGN": 0, "COLS": 2}, "dpr_error_BASE_needs_COLS_and_BITS_PER_CYCLE_of_1"),
    ({"DESIGN": 2, "COLS": 17}, "dpr_error_ROWS_and_LANES_must_be_at_least_1_and_COLS_1_to_16"),
    ({"AM_BRICKS": 0}, "dpr_error_AM_BRICKS_and_WM_WORDS_must_be_at_least_1"),
    ({"WM_WORDS": 0}, "dpr_error_AM_BRICKS_and_WM_WORDS_must_be_at_least_1"),
    ({"OM_BRICKS": 256}, "dpr_error_OM_BRICKS_must_be_over_256"),
    ({"PREFIX_W": 3}, "dpr_error_PREFIX_W_must_be_clog2_P_to_4"),
    ({"ALIGN": 32}, "dpr_error_ALIGN_must_be_1_or_64"),
    ({"ENGINES": 17}, "dpr_error_ENGINES_must_be_1_to_16"),
]


@pytest.mark.parametrize("tool", ["verilator", "icarus"])
@pytest.mark.parametrize("parameters", LEGAL, ids=str)
def test_legal_parameters_are_clean(tool: str, parameters: dict[str, int]) -> None:
    """No warning."""
    assert elaborate(tool, "dpr_layer", parameters) == (0, "")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(("parameters", "name"), ILLEGAL, ids=str)
def test_illegal_parameters_fail_by_name(tool: str, parameters: dict[str, int], name: str) -> None:
    """The message holds the name of a module that does not exist."""
    status, text = elaborate(tool, "dpr_layer", {"COLS": 1, **parameters})
    assert status != 0
    assert name in text


@pytest.mark.parametrize("tool", TOOLS)
def test_bias_wider_than_sum(tool: str) -> None:
    """The requantizer alone."""
    status, text = elaborate(tool, "dpr_requantizer", {"BIAS_W": 64})
    assert status != 0
    assert "dpr_error_P_and_BIAS_W_must_be_at_most_ACC_W" in text
