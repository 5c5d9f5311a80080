# SPDX-License-Identifier: Apache-2.0
"""The cost model against the published numbers, and against a fit worked out by hand."""

from __future__ import annotations

from math import log, log2

import pytest

from models.floats.costs import coefficients, delay_levels, mac_cost, operator_cost, residuals
from models.floats.formats import FLOAT32, FixedFormat, FloatFormat


def test_published_numbers_are_met() -> None:
    """Within 13 %, the worst being the 8-bit adder's energy of one digit, and within 3 % for whole MAC units."""
    found = {each.what: each.relative for each in residuals()}
    assert len(found) == 9 * 2 + 2 * 2
    assert max(map(abs, found.values())) < 0.13
    assert max(abs(value) for what, value in found.items() if what.startswith("MAC")) < 0.03


def test_fit_by_hand() -> None:
    """576 a + 8 b = 7700 and 121 a + 5 b = 1640; 64 a + 8 b = 282 and 1024 a + 32 b = 3495."""
    a = (7700 - 8 / 5 * 1640) / (576 - 8 / 5 * 121)
    assert coefficients("float_multiply", "area_um2") == pytest.approx((a, (1640 - 121 * a) / 5))
    a = (3495 - 4 * 282) / (1024 - 4 * 64)
    assert coefficients("fixed_multiply", "area_um2") == pytest.approx((a, (282 - 64 * a) / 8))
    rows = [24 * log2(24) / 4184, 11 * log2(11) / 1360]  # one term, relative squares
    assert coefficients("float_add", "area_um2") == pytest.approx((sum(rows) / sum(each**2 for each in rows),))
    assert operator_cost("fixed_add", "energy_pj", {"bits": 16}) == pytest.approx(0.05, rel=0.06)


def test_delay_by_hand() -> None:
    assert delay_levels(FloatFormat(7, 6)) == pytest.approx(2 * log(4, 1.5) + 4 + 4 * log2(9))
    assert delay_levels(FixedFormat(3, 4)) == pytest.approx(2 * log(4, 1.5) + 4 + 3)


def test_narrower_is_cheaper() -> None:
    assert (mac_cost(FLOAT32).speedup, mac_cost(FLOAT32).energy_saving) == (1.0, 1.0)
    for narrow, wide in [((3, 4), (4, 4)), ((4, 4), (4, 5)), ((0, 2), (1, 2)), ((1, 2), (2, 2))]:
        one, two = mac_cost(FloatFormat(*narrow)), mac_cost(FloatFormat(*wide))
        assert one.speedup > two.speedup and one.energy_saving > two.energy_saving
    for bits in range(1, 12):
        one, two = mac_cost(FixedFormat(0, bits)), mac_cost(FixedFormat(0, bits + 1))
        assert one.speedup > two.speedup and one.energy_saving > two.energy_saving
    assert mac_cost(FixedFormat(7, 8)).speedup > mac_cost(FloatFormat(10, 5)).speedup  # 16 bits each
