# SPDX-License-Identifier: Apache-2.0
"""Checks counts every comparison once, finds every difference, and never counts a comparison of nothing."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from tb.common.checks import Checks, spoilt


@pytest.fixture
def checks() -> Checks:
    return Checks(logging.getLogger("test_checks"))


@pytest.mark.parametrize(
    ("value", "count"),
    [(5, 1), (True, 1), ("name", 1), ([1, 2, 3], 3), (np.zeros((4, 5), np.int64), 20), (np.array([1 << 63], np.uint64), 1)],
)
def test_equal_values_count_one_check_each(checks: Checks, value: object, count: int) -> None:
    assert checks.equal("value", value, value)
    assert (checks.total, checks.mismatches, checks.messages) == (count, 0, [])


def test_nothing_is_no_check(checks: Checks) -> None:
    assert checks.equal("nothing", np.zeros((0, 4)), np.zeros((0, 4)))
    assert checks.total == 0


def test_differences_are_counted_and_the_first_is_named(checks: Checks) -> None:
    actual, expected = np.arange(12).reshape(3, 4), np.arange(12).reshape(3, 4)
    expected[1, 2], expected[2, 0] = 60, 80
    assert not checks.equal("sums", actual, expected)
    assert (checks.total, checks.mismatches) == (12, 2)
    assert checks.messages == ["sums: 2 of 12 differ, first at (1, 2): 6, expected 60"]


def test_scalars_are_named_without_an_index(checks: Checks) -> None:
    assert not checks.equal("count", 5, 6)
    assert checks.messages == ["count: 1 of 1 differ, first: 5, expected 6"]


def test_large_values_are_compared_exactly(checks: Checks) -> None:
    """Neighbours above 2^53 are not the same, signed or not."""
    assert not checks.equal("sum", np.int64(2**53 + 1), np.int64(2**53))
    assert not checks.equal("word", np.array([2**64 - 1], np.uint64), np.array([2**64 - 2], np.uint64))
    assert checks.mismatches == 2


@pytest.mark.parametrize(("actual", "expected"), [([1, 2, 3], [1, 2]), ([], [1]), ([[1, 2]], [1, 2]), (1, [1])])
def test_other_shape_is_a_failed_check(checks: Checks, actual: object, expected: object) -> None:
    assert not checks.equal("rows", actual, expected)
    assert (checks.total, checks.mismatches) == (1, 1)
    assert "shape" in checks.messages[0]


def test_fail_counts_as_a_check(checks: Checks) -> None:
    checks.fail("no answer")
    assert (checks.total, checks.mismatches, checks.messages) == (1, 1, ["no answer"])


def test_only_the_first_messages_are_logged(checks: Checks, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(50):
        checks.fail(f"failure {number}")
    assert checks.mismatches == 50
    assert len(checks.messages) == len(caplog.records) == 20
    assert {record.levelname for record in caplog.records} == {"ERROR"}


def test_whoever_waits_for_a_mismatch_is_told_of_each_when_it_is_recorded() -> None:
    told: list[int] = []
    checks = Checks(logging.getLogger("test_checks"), lambda: told.append(checks.mismatches))
    checks.equal("same", 1, 1)
    assert told == []
    checks.equal("different", [1, 2], [3, 4])
    checks.fail("no answer")
    assert told == [2, 3]


@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        (5, 4),
        (True, False),
        ([1, 2, 3], [1, 2, 2]),
        ([[False, True], [True, False]], [[False, True], [True, True]]),
        (np.array([1 << 63], np.uint64), [(1 << 63) + 1]),
        ([], []),
    ],
)
def test_a_spoilt_expectation_is_wrong_in_its_last_element(expected: object, wrong: object) -> None:
    before = np.array(expected)
    assert spoilt(before).tolist() == wrong
    assert before.tolist() == np.array(expected).tolist()


def test_comparisons_are_spoilt_by_name() -> None:
    checks = Checks(logging.getLogger("test_checks"), spoil="*of words")
    assert checks.equal("values", [1, 2], [1, 2])
    assert not checks.equal("tlast of words", [1, 1], [1, 1])
    assert checks.messages == ["tlast of words: 1 of 2 differ, first at (1,): 1, expected 0"]


def test_what_was_compared_is_known_with_who_asked(checks: Checks) -> None:
    checks.equal("values", [1, 2], [1, 3])
    checks.equal("rows", [1], [1, 2])
    assert checks.compared == {"values": __name__, "rows": __name__}
