# SPDX-License-Identifier: Apache-2.0
"""The bit-serial inner product against a serial unit written with Python integers, and cycles worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.convolution import accumulate, pallet_steps, weight_words
from models.inner_product import BitPlanes, bit_planes, serial_inner_products, wrap
from models.layer import ConvLayer


def one_group(values: list[int]) -> np.ndarray:
    """Return one group of one column."""
    return np.array([[values]])


def test_planes_of_an_unsigned_group_by_hand() -> None:
    """5, 0, 12 with n_L = 2: 4, 0, 12 need bits 3 and 2, so two planes: 001 and 101."""
    planes = bit_planes(one_group([5, 0, 12]), 16, False, n_low=2)
    assert planes.bits[:, 0].tolist() == [[0, 0, 1], [1, 0, 1]]
    assert planes.offset.tolist() == [3, 2]
    assert planes.eog.tolist() == [False, True]
    assert planes.negate.tolist() == [False, False]
    assert planes.group.tolist() == [0, 0]


def test_planes_of_a_signed_group_by_hand() -> None:
    """-3, 2, 1: two magnitude bits and the sign, 101, 010, 001 in two's complement, the sign plane negated."""
    planes = bit_planes(one_group([-3, 2, 1]), 8, True)
    assert planes.bits[:, 0].tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]
    assert planes.offset.tolist() == [2, 1, 0]
    assert planes.negate.tolist() == [True, False, False]


def test_signed_values_are_trimmed_towards_zero() -> None:
    """-3 with n_L = 1 becomes -2, not -4: two planes, bits 2 and 1 of ...1110."""
    planes = bit_planes(one_group([-3, 1]), 8, True, n_low=1)
    assert planes.bits[:, 0].tolist() == [[1, 0], [1, 0]]
    assert planes.offset.tolist() == [2, 1]


def test_smallest_value_takes_all_planes() -> None:
    planes = bit_planes(one_group([-32768, 1]), 16, True)
    assert planes.offset.tolist() == list(range(15, -1, -1))
    assert planes.bits[:, 0, 0].tolist() == [1] + [0] * 15
    assert serial_inner_products(planes, np.array([[[1, 0], [3, -7]]]), 16).tolist() == [[[-32768], [-98311]]]


def test_groups_follow_each_other_without_a_bubble() -> None:
    """Precisions 1, 0 (all zero), 3: five cycles, one of them for the group of zeros."""
    planes = bit_planes(np.array([[[1, 1]], [[0, 0]], [[5, 2]]]), 16, False)
    assert planes.group.tolist() == [0, 1, 2, 2, 2]
    assert planes.eog.tolist() == [True, True, False, False, True]
    assert planes.offset.tolist() == [0, 0, 2, 1, 0]
    assert not planes.bits[1].any()


def test_accumulators_after_every_cycle_by_hand() -> None:
    """Activations 5, 3 by weights 7, -2, then 1, 1 by 10, 100: the planes are 10, 01, 11 and 11."""
    planes = bit_planes(np.array([[[5, 3]], [[1, 1]]]), 16, False)
    weights = np.array([[[7, -2]], [[10, 100]]])
    trace = serial_inner_products(planes, weights, 16, trace=True)
    assert trace[:, 0, 0].tolist() == [28, 28 - 4, 24 + 5, 29 + 110]
    assert serial_inner_products(planes, weights, 16)[:, 0, 0].tolist() == [139]
    restarted = serial_inner_products(planes, weights, 16, first=np.array([True, True]), trace=True)
    assert restarted[:, 0, 0].tolist() == [28, 24, 29, 110]
    assert serial_inner_products(planes, weights, 16, first=np.array([True, True]))[:, 0, 0].tolist() == [29, 110]


def bit_serial_loop(groups: list, weights: list, bits: int, signed: bool, first: list[bool]) -> list[list[list[int]]]:
    """Run SIPs cycle by cycle: registers of 2 * bits + 16 bits held as unsigned Python integers; n_L = 0."""
    mask, half = (1 << (2 * bits + 16)) - 1, 1 << (2 * bits + 15)
    cols, rows = len(groups[0]), len(weights[0])
    registers, trace = [[0] * cols for _ in range(rows)], []
    for group, word, clear in zip(groups, weights, first, strict=True):
        largest = max(abs(value) for column in group for value in column)
        width = largest.bit_length() + (1 if signed and largest else 0)
        top = max(1, min(bits, width)) - 1
        if clear:
            registers = [[0] * cols for _ in range(rows)]
        for position in range(top, -1, -1):
            for row in range(rows):
                for col in range(cols):
                    products = [w * ((v >> position) & 1) for w, v in zip(word[row], group[col], strict=True)]
                    term = -sum(products) if signed and position == top else sum(products)
                    registers[row][col] = (registers[row][col] + (term << position)) & mask
            trace.append([[v - 2 * half if v & half else v for v in line] for line in registers])
    return trace


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    bits=st.sampled_from([8, 16]),
    signed=st.booleans(),
    shape=st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 4), st.integers(1, 5)),
    spread=st.integers(0, 16),
)
def test_every_cycle_against_the_loop(
    seed: int, bits: int, signed: bool, shape: tuple[int, int, int, int], spread: int
) -> None:
    """Random groups of very different precision, several accumulations in a row."""
    rng = np.random.default_rng(seed)
    count, cols, rows, lanes = shape
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    groups = rng.integers(low, high, (count, cols, lanes), endpoint=True)
    groups = np.sign(groups) * (np.abs(groups) >> rng.integers(0, spread, (count, 1, 1), endpoint=True))
    weights = rng.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1, (count, rows, lanes), endpoint=True)
    first = rng.random(count) < 0.4
    first[0] = True
    expected = bit_serial_loop(groups.tolist(), weights.tolist(), bits, signed, first.tolist())
    planes = bit_planes(groups, bits, signed)
    assert serial_inner_products(planes, weights, bits, first, trace=True).tolist() == expected
    last = np.flatnonzero(np.append(first[1:], True))
    dots = np.array([groups[g] @ weights[g].T for g in range(count)])
    starts = np.flatnonzero(first)
    totals = [dots[a : b + 1].sum(axis=0).T.tolist() for a, b in zip(starts, last, strict=True)]
    assert serial_inner_products(planes, weights, bits, first).tolist() == totals


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("n_low", [0, 4])
def test_a_whole_layer_bit_serially(signed: bool, n_low: int) -> None:
    """Two paths to the same sums: planes over all pallets and passes, and the convolution."""
    rng = np.random.default_rng(7)
    layer = ConvLayer("small", 20, 5, 5, 6, 3, 3, 2, 1)
    low, high = (-32768, 32767) if signed else (0, 65535)
    acts = rng.integers(low, high, (5, 5, 20), endpoint=True).astype(np.int16 if signed else np.uint16)
    weights = rng.integers(-32768, 32767, (6, 3, 3, 20), endpoint=True).astype(np.int16)
    steps, words = pallet_steps(acts, layer, 4, 8), weight_words(weights, layer, 4, 8)
    planes = bit_planes(steps.reshape(-1, 4, 8), 16, signed, n_low)
    first = np.arange(len(steps) * layer.step_count(8)) % layer.step_count(8) == 0
    sums = accumulate(acts, weights, layer, n_low, rows=4)
    for run, word in enumerate(words):
        got = serial_inner_products(planes, np.tile(word, (len(steps), 1, 1)), 16, first)
        got = got.transpose(0, 2, 1).reshape(-1, 4)  # [windows, rows]
        np.testing.assert_array_equal(got[: layer.windows], sums[:, run * 4 : run * 4 + 4])
        assert not got[layer.windows :].any()


@settings(max_examples=100, deadline=None)
@given(value=st.integers(-(2**62), 2**62), width=st.integers(1, 63))
def test_wrap(value: int, width: int) -> None:
    wrapped = int(wrap(np.array(value), width))
    assert (wrapped - value) % 2**width == 0
    assert -(2 ** (width - 1)) <= wrapped < 2 ** (width - 1)


def test_an_accumulator_wraps_at_its_width() -> None:
    """A broadcast that no dispatcher sends (too many cycles) overflows 2 * 8 + 16 = 32 bits as a register."""
    cycles = 1 << 10
    planes = BitPlanes(
        group=np.arange(cycles),
        offset=np.full(cycles, 15),
        eog=np.ones(cycles, bool),
        negate=np.zeros(cycles, bool),
        bits=np.ones((cycles, 1, 1), np.uint8),
    )
    last = serial_inner_products(planes, np.full((cycles, 1, 1), 127), 8)[0, 0, 0]
    assert last == 127 * 2**25 - 2**32


@pytest.mark.parametrize(("words", "first"), [(1, None), (3, None), (2, [True]), (2, [False, True]), (2, [False, False])])
def test_refuses_wrong_counts(words: int, first: list[bool] | None) -> None:
    planes = bit_planes(np.ones((2, 1, 1), np.int64), 16, False)
    with pytest.raises(ValueError, match="2 groups"):
        serial_inner_products(planes, np.ones((words, 1, 1)), 16, first)
