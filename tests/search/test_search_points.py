# SPDX-License-Identifier: Apache-2.0
"""Bits and bit positions by hand."""

from __future__ import annotations

import pytest

from models.search import Bits, Operand, PrecisionPoint, Space

ACTS = Operand("conv", "acts", False, 3, 100)  # values below 8: the point is above bit 12
WEIGHTS = Operand("conv", "weights", True, -1, 40, stored=True)  # below 0.5: 16 bits after the point and a sign
SPACE = Space((ACTS, WEIGHTS))


def test_full_bits_fill_the_container():
    assert SPACE.full.bits == (Bits(3, 13), Bits(-1, 16))
    assert [ACTS.width(Bits(3, 13)), WEIGHTS.width(Bits(-1, 16))] == [16, 16]
    assert SPACE.full.vector == [3, 13, -1, 16]
    assert PrecisionPoint.of([3, 13, -1, 16]) == SPACE.full


@pytest.mark.parametrize(
    ("operand", "bits", "n_high", "n_low", "precision"),
    [
        (ACTS, Bits(3, 13), 15, 0, 16),
        (ACTS, Bits(3, 2), 15, 11, 5),  # 4 2 1 . 1/2 1/4
        (ACTS, Bits(1, 4), 13, 9, 5),  # 1 . 1/2 1/4 1/8 1/16
        (ACTS, Bits(-2, 5), 10, 8, 3),  # 1/8 1/16 1/32
        (ACTS, Bits(3, -1), 15, 14, 2),  # 4 2
        (WEIGHTS, Bits(-1, 16), 15, 0, 16),
        (WEIGHTS, Bits(-1, 4), 15, 12, 4),  # sign, 1/4 1/8 1/16
        (WEIGHTS, Bits(-3, 5), 13, 11, 3),  # sign, 1/16 1/32
    ],
)
def test_positions_in_the_container(operand, bits, n_high, n_low, precision):
    form = operand.form(bits)
    assert (form.n_high, form.n_low, form.precision, form.signed) == (n_high, n_low, precision, operand.signed)
    assert form.scale == 2.0**-13 if operand is ACTS else 2.0**-16


@pytest.mark.parametrize("bits", [Bits(4, 2), Bits(3, 14), Bits(2, -2)])
def test_bits_that_an_operand_does_not_have(bits):
    with pytest.raises(ValueError, match=r"layer 'conv': acts: .*must have 1 bit or more"):
        ACTS.form(bits)


def test_the_footprint_by_hand():
    point = PrecisionPoint((Bits(3, 2), Bits(-1, 4)))  # 5 and 4 bits
    assert SPACE.footprint(point) == (2 * 100 * 5 + 40 * 4) / (2 * 100 * 32 + 40 * 32)
    assert SPACE.footprint(point, 10) == (2 * 100 * 5 + 4 * 4) / (2 * 100 * 32 + 4 * 32)
    assert SPACE.footprint(SPACE.full) == 0.5


def test_a_computed_operand_moves_like_activations():
    computed = Operand("product", "weights", True, 2, 40)
    assert Space((ACTS, computed)).footprint(PrecisionPoint((Bits(3, 2), Bits(2, 1))), 10) == (100 * 5 + 40 * 4) / (140 * 32)


def test_all_layers_alike():
    more = Operand("fc", "acts", True, 5, 10)
    space = Space((ACTS, WEIGHTS, more, WEIGHTS))
    assert space.uniform_full() == (Bits(5, 10), Bits(-1, 16))
    point = space.uniform(Bits(4, 0), Bits(-1, 3))
    assert point.bits == (Bits(4, 0), Bits(-1, 3), Bits(4, 0), Bits(-1, 3))
    assert space.clipped(point).bits == (Bits(3, 0), Bits(-1, 3), Bits(4, 0), Bits(-1, 3))
    small = Space((Operand("one", "acts", False, -4, 1),))
    assert small.clipped(PrecisionPoint((Bits(4, 2),))).bits == (Bits(-4, 5),)  # a bit is left


def test_names_and_least_bits_of_coordinates():
    assert SPACE.coordinates == ["conv acts integer", "conv acts fraction", "conv weights integer", "conv weights fraction"]
    assert SPACE.least == [-12, -2, -15, 2]
    assert SPACE.legal(PrecisionPoint((Bits(-12, 13), Bits(-1, 2))))
    assert not SPACE.legal(PrecisionPoint((Bits(-13, 13), Bits(-1, 2))))
