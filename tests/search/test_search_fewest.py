# SPDX-License-Identifier: Apache-2.0
"""Settings that are swept, taken together and given back, by hand."""

from __future__ import annotations

from models.search.fewest import fewest_bits, give_back, sweep


def test_a_sweep_stops_beyond_the_tolerance():
    errors = {9: 0.0, 8: 0.0, 7: 0.1, 6: 0.0, 5: 0.5, 4: 0.0}
    assert sweep([9, 3], 0, 0, -1, lambda trial: errors[trial[0]], 0.0) == (8, [(8, 0.0), (7, 0.1)])


def test_a_sweep_goes_on_for_its_curve_but_the_first_loss_decides():
    errors = {8: 0.0, 7: 0.1, 6: 0.0, 5: 0.5}
    found = sweep([9], 0, 0, -1, lambda trial: errors[trial[0]], 0.0, beyond=0.4)
    assert found == (8, [(8, 0.0), (7, 0.1), (6, 0.0), (5, 0.5)])


def test_a_sweep_ends_at_its_limit():
    assert sweep([2], 0, 0, -1, lambda _: 0.0, 0.0) == (0, [(1, 0.0), (0, 0.0)])
    assert sweep([2], 0, 2, -1, lambda _: 0.0, 0.0) == (2, [])


def test_what_helps_most_goes_back():
    # an error of 4 for each bit that the first is short, 1 for the second
    steps = list(give_back([1, 1], [3, 3], -1, lambda trial: 4.0 * (3 - trial[0]) + (3 - trial[1]), 1.0))
    assert steps == [[1, 1], [2, 1], [3, 1], [3, 2]]


def test_giving_back_ends_at_the_start():
    assert list(give_back([2], [3], -1, lambda _: 1.0, 0.0)) == [[2], [3]]


def test_limits_of_all_or_of_each():
    assert fewest_bits([5, 5], [2, 4], -1, lambda _: 0.0, 0.0) == [2, 4]
    assert fewest_bits([5, 5], 3, -1, lambda _: 0.0, 0.0) == [3, 3]
