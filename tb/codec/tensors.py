# SPDX-License-Identifier: Apache-2.0
"""Tensors for the compressor: named generators of TensorItem, all from one generator of random numbers.

A generator is a function (rng, config, amount) -> iterator of items; STIMULI names them. They need no simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from models.codec import CodecParams
from models.config import GROUP, DesignConfig
from models.precision import limits
from tb.codec.items import TensorItem
from tb.codec.reach import container_shapes, precisions
from tb.codec.stalls import PROFILES
from tb.common.distributions import DISTRIBUTIONS, draw

Rng = np.random.Generator
Stimulus = Callable[[Rng, DesignConfig, int], Iterator[TensorItem]]


def random_params(rng: Rng, config: DesignConfig) -> CodecParams:
    """Return settings with a random sign; n_L is 0 in half of them."""
    n_low = int(rng.integers(1, config.p)) if rng.integers(2) else 0
    return CodecParams.for_design(config, bool(rng.integers(2)), n_low)


def tensor(rng: Rng, params: CodecParams, distribution: str, count: int) -> TensorItem:
    """Return a tensor of `count` values of a distribution; the lanes that are not kept carry random values."""
    groups = -(-count // GROUP)
    values = draw(rng, distribution, groups, GROUP, params.bits, params.signed, params.n_low)
    return TensorItem(values.reshape(-1)[:count], params, distribution, _filler(rng, params))


def _filler(rng: Rng, params: CodecParams) -> np.ndarray:
    low, high = limits(params.bits, params.signed)
    return rng.integers(low, high + 1, GROUP)


def group_of(rng: Rng, params: CodecParams, precision: int, nonzero: int) -> np.ndarray:
    """Return 16 values, int64, whose trimmed form has that precision and number of values that are not zero.

    Magnitudes carry random bits below n_L, which everybody has to drop.
    """
    values = rng.integers(0, 1 << params.n_low, GROUP)
    if not nonzero:
        return values
    bits = precision - int(params.signed)  # of a magnitude, from n_L on
    lanes = rng.permutation(GROUP)[:nonzero]
    if bits:
        codes = rng.integers(1, 1 << bits, nonzero)
        codes[0] = rng.integers(1 << (bits - 1), 1 << bits)
        values[lanes] += codes << params.n_low
    if not params.signed:
        return values
    values = np.where(rng.integers(0, 2, GROUP) == 1, -values, values)
    if bits == 0 or (precision == params.bits - params.n_low and rng.integers(4) == 0):
        values[lanes if bits == 0 else lanes[0]] = limits(params.bits, True)[0]
    return values


def distributions(rng: Rng, config: DesignConfig, amount: int) -> Iterator[TensorItem]:
    """Every distribution, signed and unsigned, `amount` groups each."""
    for name in DISTRIBUTIONS:
        for signed in (False, True):
            yield tensor(rng, CodecParams.for_design(config, signed), name, amount * GROUP)


def mixed(rng: Rng, config: DesignConfig, amount: int) -> Iterator[TensorItem]:
    """`amount` tensors with everything random: sign, n_L, distribution, length, stalls."""
    for _ in range(amount):
        name = str(rng.choice(list(DISTRIBUTIONS)))
        item = tensor(rng, random_params(rng, config), name, int(rng.integers(1, 12 * GROUP)))
        item.profile = str(rng.choice(list(PROFILES)))
        yield item


def tails(rng: Rng, config: DesignConfig, amount: int) -> Iterator[TensorItem]:
    """Every length of the last group, signed and unsigned, behind 0..`amount` - 1 whole groups."""
    for length in range(1, GROUP + 1):
        for signed in (False, True):
            params = CodecParams.for_design(config, signed)
            yield tensor(rng, params, "uniform", int(rng.integers(amount)) * GROUP + length)


def n_low_sweep(rng: Rng, config: DesignConfig, amount: int) -> Iterator[TensorItem]:
    """Every n_L with `amount` groups of the lowest and highest precision it allows."""
    for n_low in range(config.p):
        for signed in (False, True):
            params = CodecParams.for_design(config, signed, n_low)
            reach = precisions(params)
            groups = [group_of(rng, params, p, GROUP) for _ in range(amount) for p in (reach[0], reach[-1])]
            yield TensorItem(np.concatenate(groups), params, "n_low_sweep", _filler(rng, params))


def precision_sweep(rng: Rng, config: DesignConfig, amount: int) -> Iterator[TensorItem]:
    """Every precision with one, some and all values not zero, at four n_L; then every shape of a container."""
    for n_low in (0, 1, config.p // 2, config.p - 1):
        for signed in (False, True):
            params = CodecParams.for_design(config, signed, n_low)
            groups = [group_of(rng, params, 0, 0)]
            for p in precisions(params):
                groups += [group_of(rng, params, p, n) for n in (1, int(rng.integers(2, GROUP)), GROUP)]
            yield TensorItem(np.concatenate(groups), params, "precision_sweep", _filler(rng, params))
    for params, precision, nonzero in container_shapes(config).values():
        groups = [group_of(rng, params, precision, nonzero) for _ in range(amount)]
        yield TensorItem(np.concatenate(groups), params, "container_sweep", _filler(rng, params))


def stall_sweep(rng: Rng, config: DesignConfig, amount: int) -> Iterator[TensorItem]:
    """Under all stalls `amount` groups of every precision, sign and zero pattern, in any order, a tensor for each sign."""
    for profile, signed in product(PROFILES, (False, True)):
        params = CodecParams.for_design(config, signed)
        shapes = [(0, 0), *product(precisions(params), (1, int(rng.integers(2, GROUP)), GROUP))] * amount
        groups = [group_of(rng, params, *shapes[index]) for index in rng.permutation(len(shapes))]
        item = TensorItem(np.concatenate(groups), params, "stall_sweep", _filler(rng, params))
        item.profile = profile
        yield item


def singles(rng: Rng, config: DesignConfig, amount: int) -> Iterator[TensorItem]:
    """`amount` tensors of one value, back to back."""
    for _ in range(amount):
        yield tensor(rng, random_params(rng, config), str(rng.choice(["uniform", "short", "all_zero"])), 1)


def switching(rng: Rng, config: DesignConfig, amount: int) -> Iterator[TensorItem]:
    """`amount` short tensors in which the same bits are signed and unsigned by turns."""
    low, _ = limits(config.p, True)
    for _ in range(amount):
        values = rng.integers(low, -low, int(rng.integers(1, 2 * GROUP)))
        for signed in (True, False):
            seen = values if signed else values & ((1 << config.p) - 1)
            yield TensorItem(seen, CodecParams.for_design(config, signed), "uniform", seen[:1].repeat(GROUP))


def most_negative(rng: Rng, config: DesignConfig, amount: int) -> Iterator[TensorItem]:
    """-2^(P-1), which has no sign-magnitude code: alone, with others and with a short tail, at `amount` values of n_L."""
    for n_low in (0, *rng.integers(0, config.p, amount).tolist(), config.p - 1):
        params = CodecParams.for_design(config, True, n_low)
        group = group_of(rng, params, precisions(params)[-1], GROUP)
        group[::3] = limits(config.p, True)[0]
        yield TensorItem(np.concatenate([group, group[:1], group[1:]]), params, "most_negative", group)
        yield TensorItem(group[:1], params, "most_negative", group)


STIMULI: dict[str, Stimulus] = {
    function.__name__: function
    for function in (
        distributions,
        mixed,
        tails,
        n_low_sweep,
        precision_sweep,
        stall_sweep,
        singles,
        switching,
        most_negative,
    )
}
