# SPDX-License-Identifier: Apache-2.0
"""Every named distribution stays in range, has the property that its name promises, and depends on the seed alone."""

from __future__ import annotations

import numpy as np
import pytest

from models.precision import group_precision, limits
from tb.common.distributions import DISTRIBUTIONS, draw

GROUPS, SIZE = 400, 64
FORMATS = [(16, False), (16, True), (8, False), (8, True)]
formats = pytest.mark.parametrize(("bits", "signed"), FORMATS)


def values_of(name: str, bits: int, signed: bool, n_low: int = 0, seed: int = 1) -> np.ndarray:
    return draw(np.random.default_rng(seed), name, GROUPS, SIZE, bits, signed, n_low)


@formats
@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("n_low", [0, 1, 5, 7])
def test_values_are_in_range(name: str, bits: int, signed: bool, n_low: int) -> None:
    values = values_of(name, bits, signed, n_low)
    low, high = limits(bits, signed)
    assert (values.shape, values.dtype) == ((GROUPS, SIZE), np.int64)
    assert values.min() >= low
    assert values.max() <= high


@formats
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_same_seed_same_values(name: str, bits: int, signed: bool) -> None:
    assert (values_of(name, bits, signed, 3) == values_of(name, bits, signed, 3)).all()
    if name != "all_zero" and (signed or name != "all_maximum"):
        assert (values_of(name, bits, signed) != values_of(name, bits, signed, seed=2)).any()


@formats
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (1, 256)])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_any_shape(name: str, shape: tuple[int, int], bits: int, signed: bool) -> None:
    assert draw(np.random.default_rng(1), name, *shape, bits, signed, 2).shape == shape


@formats
def test_all_zero(bits: int, signed: bool) -> None:
    assert not values_of("all_zero", bits, signed).any()


@formats
def test_one_outlier(bits: int, signed: bool) -> None:
    """One large value in a group of ones, at any place."""
    values = values_of("one_outlier", bits, signed)
    large = abs(values) > 1
    assert (large.sum(axis=1) == 1).all()
    assert len(set(large.argmax(axis=1))) > SIZE // 2
    low, high = limits(bits, signed)
    assert set(values[large]) == {low or high, high, high // 2 + 1}


@formats
def test_all_maximum(bits: int, signed: bool) -> None:
    """Equal values in a group, at a limit; both limits occur."""
    values = values_of("all_maximum", bits, signed)
    low, high = limits(bits, signed)
    assert (values == values[:, :1]).all()
    assert set(values[:, 0]) == {low or high, high}


@formats
def test_relu_like(bits: int, signed: bool) -> None:
    """Half of the values are cut to zero, none is negative, scales differ from group to group."""
    values = values_of("relu_like", bits, signed)
    assert values.min() == 0
    assert 0.45 < (values == 0).mean() < 0.7
    assert len(set(group_precision(values, bits, signed))) > bits // 2


@formats
def test_weight_like(bits: int, signed: bool) -> None:
    """Small values are the most frequent, signs are balanced, scales differ from group to group."""
    values = values_of("weight_like", bits, signed)
    assert np.median(abs(values)) < abs(values).max() / 16
    assert (values.min() < 0) == signed
    if signed:
        assert abs(np.sign(values).mean()) < 0.05
    assert len(set(group_precision(values, bits, signed))) > bits // 2


@formats
def test_powers_of_two(bits: int, signed: bool) -> None:
    """Magnitudes are 2^k or 2^k - 1, for every k."""
    magnitudes = set(abs(values_of("powers_of_two", bits, signed)).ravel().tolist())
    exponents = range(bits - 1 if signed else bits)
    assert magnitudes == {2**k for k in exponents} | {2**k - 1 for k in exponents}


@formats
def test_alternation(bits: int, signed: bool) -> None:
    """Every other group swings between the limits, the others hold only 0 and 1: longest and shortest precision in turn."""
    low, high = limits(bits, signed)
    values = values_of("alternation", bits, signed)
    wide = (values[:, 0] == high) & (values[:, 1] == low)
    assert (wide[:-1] != wide[1:]).all()
    assert (values[wide] == np.where(np.arange(SIZE) % 2, low, high)).all()
    assert set(values[~wide].ravel()) <= {0, 1}


@formats
def test_sparse(bits: int, signed: bool) -> None:
    """Most values are zero; the others reach the whole range."""
    values = values_of("sparse", bits, signed)
    assert 0.6 < (values == 0).mean() < 0.98
    assert (values != 0).any(axis=1).mean() > 0.5
    assert values.max() > limits(bits, signed)[1] * 0.9


@formats
def test_uniform(bits: int, signed: bool) -> None:
    """Every part of the range equally often, the ends included."""
    low, high = limits(bits, signed)
    values = values_of("uniform", bits, signed)
    counts, _ = np.histogram(values, bins=16, range=(low, high + 1))
    assert counts.min() > 0.85 * values.size / 16
    assert values.min() - low <= (high - low) // 256
    assert high - values.max() <= (high - low) // 256


@formats
def test_short(bits: int, signed: bool) -> None:
    """Every precision, about equally often."""
    precisions = group_precision(values_of("short", bits, signed), bits, signed)
    found, counts = np.unique(precisions, return_counts=True)
    assert list(found) == list(range(2 if signed else 1, bits + 1))
    assert counts.min() > GROUPS / bits / 4


@formats
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_n_low_scales_some_groups_where_they_fit(name: str, bits: int, signed: bool) -> None:
    """A group is as drawn without n_low, or 2^n_low times that."""
    plain, scaled = values_of(name, bits, signed), values_of(name, bits, signed, n_low=3)
    same, up = (scaled == plain).all(axis=1), (scaled == plain << 3).all(axis=1)
    assert (same | up).all()
    low, high = limits(bits, signed)
    fits = (plain << 3 >= low).all(axis=1) & (plain << 3 <= high).all(axis=1)
    if fits.sum() > 50 and name != "all_zero":
        assert 0.3 < up[fits].mean() < 0.7
    assert not (up & ~same)[~fits].any()


def test_unknown_name() -> None:
    with pytest.raises(KeyError):
        values_of("gaussian", 16, True)
