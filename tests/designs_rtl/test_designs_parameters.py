# SPDX-License-Identifier: Apache-2.0
"""BASE, TRT, Loom and the core at the edges of their parameters: legal ones are clean, illegal ones fail by name."""

from __future__ import annotations

import pytest

from tests.designs_rtl.blocks import DESIGNS, blocks
from tests.support.elaborate import TOOLS, elaborate, error_names, yosys_check

ONE = {"ROWS": 1, "COLS": 1, "LANES": 1, "ADDR_W": 1}
SMALL = {"ROWS": 2, "COLS": 2, "LANES": 2}
LEGAL = [
    *(("dpr_core", {"DESIGN": number, **ONE}) for number in DESIGNS.values()),
    ("dpr_core", {"DESIGN": 2, "P": 8, "ROWS": 3, "COLS": 2, "LANES": 5, "BITS_PER_CYCLE": 4, "ADDR_W": 3}),
    ("dpr_core", {"DESIGN": 3, "P": 8, "ROWS": 3, "COLS": 5, "LANES": 7, "ADDR_W": 3}),
]
WIRES = "dpr_error_COLS_x_BITS_PER_CYCLE_must_be_at_most_P"
TRT_SHAPE = "dpr_error_ROWS_and_LANES_must_be_at_least_1_and_COLS_1_to_16"
ILLEGAL = [
    ("dpr_ip", {"P": 12}, "dpr_error_P_must_be_8_or_16"),
    ("dpr_ip", {"LANES": 0}, "dpr_error_LANES_must_be_at_least_1"),
    ("dpr_base", {"ROWS": 0}, "dpr_error_ROWS_LANES_ADDR_W_must_be_at_least_1"),
    ("dpr_base", {"ROWS": 2, "LANES": 2, "ADDR_W": 0}, "dpr_error_ROWS_LANES_ADDR_W_must_be_at_least_1"),
    ("dpr_weight_registers", {"N": 2, "P": 8, "BITS_PER_CYCLE": 4, "COLUMN": 2}, WIRES),
    ("dpr_trt_tile", {**SMALL, "P": 8, "COLS": 3, "BITS_PER_CYCLE": 4}, WIRES),
    ("dpr_trt_tile", {**SMALL, "COLS": 17}, TRT_SHAPE),
    ("dpr_trt_tile", {**SMALL, "ROWS": 0}, TRT_SHAPE),
    ("dpr_loom_tile", {**SMALL, "LANES": 0}, "dpr_error_ROWS_COLS_LANES_must_be_at_least_1"),
    ("dpr_core", {"DESIGN": 0, **SMALL}, "dpr_error_BASE_needs_COLS_and_BITS_PER_CYCLE_of_1"),
    ("dpr_core", {"DESIGN": 0, **SMALL, "COLS": 1, "BITS_PER_CYCLE": 2}, "dpr_error_BASE_needs_COLS_and_BITS_PER_CYCLE_of_1"),
    ("dpr_core", {"DESIGN": 1, **SMALL, "BITS_PER_CYCLE": 8}, "dpr_error_BITS_PER_CYCLE_must_be_1_2_or_4"),
    ("dpr_core", {"DESIGN": 3, **SMALL, "BITS_PER_CYCLE": 2}, "dpr_error_Loom_needs_BITS_PER_CYCLE_of_1"),
    ("dpr_core", {"DESIGN": 4, **SMALL}, "dpr_error_DESIGN_must_be_0_to_3"),
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
    assert error_names("base", "trt", "loom", "core") <= {(top, name) for top, _, name in ILLEGAL}
