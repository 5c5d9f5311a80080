# SPDX-License-Identifier: Apache-2.0
"""Named distributions of values: the shapes that real tensors have, and the corners that break hardware.

Every distribution is a function (rng, groups, size, bits, signed) -> int64 array [groups, size]; `draw` picks one a group.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.precision import limits

Draw = Callable[[np.random.Generator, int, int, int, bool], np.ndarray]


def _all_zero(rng: np.random.Generator, groups: int, size: int, bits: int, signed: bool) -> np.ndarray:
    return np.zeros((groups, size), np.int64)


def _one_outlier(rng: np.random.Generator, groups: int, size: int, bits: int, signed: bool) -> np.ndarray:
    low, high = limits(bits, signed)
    values = rng.integers(-1 if signed else 0, 2, (groups, size))
    values[np.arange(groups), rng.integers(0, size, groups)] = rng.choice([low or high, high, high // 2 + 1], groups)
    return values


def _all_maximum(rng: np.random.Generator, groups: int, size: int, bits: int, signed: bool) -> np.ndarray:
    low, high = limits(bits, signed)
    return np.broadcast_to(rng.choice([low or high, high], (groups, 1)), (groups, size)).copy()


def _relu_like(rng: np.random.Generator, groups: int, size: int, bits: int, signed: bool) -> np.ndarray:
    scale = 2.0 ** rng.uniform(1, bits - 2, (groups, 1))
    values = rng.standard_normal((groups, size), np.float32) * scale.astype(np.float32)
    return np.clip(values, 0, limits(bits, signed)[1]).astype(np.int64)


def _weight_like(rng: np.random.Generator, groups: int, size: int, bits: int, signed: bool) -> np.ndarray:
    scale = 2.0 ** rng.uniform(0, bits - 3, (groups, 1))
    values = np.rint(rng.laplace(0, scale, (groups, size))).astype(np.int64)
    return np.clip(values if signed else abs(values), *limits(bits, signed))


def _powers_of_two(rng: np.random.Generator, groups: int, size: int, bits: int, signed: bool) -> np.ndarray:
    values = np.int64(1) << rng.integers(0, bits - 1 if signed else bits, (groups, size))
    values = values - rng.integers(0, 2, (groups, size))
    return np.where(rng.integers(0, 2, (groups, size)) == 1, -values, values) if signed else values


def _alternation(rng: np.random.Generator, groups: int, size: int, bits: int, signed: bool) -> np.ndarray:
    """Neighbouring groups swing between the shortest and the longest precision, neighbouring values between the limits."""
    low, high = limits(bits, signed)
    values = np.where(np.arange(size) % 2, low, high)[None, :].repeat(groups, 0)
    values[rng.integers(0, 2) :: 2] = rng.integers(0, 2, (1, size))
    return values


def _sparse(rng: np.random.Generator, groups: int, size: int, bits: int, signed: bool) -> np.ndarray:
    keep = rng.random((groups, size)) < rng.uniform(0.02, 0.4, (groups, 1))
    return np.where(keep, _uniform(rng, groups, size, bits, signed), 0)


def _uniform(rng: np.random.Generator, groups: int, size: int, bits: int, signed: bool) -> np.ndarray:
    low, high = limits(bits, signed)
    return rng.integers(low, high + 1, (groups, size))


def _short(rng: np.random.Generator, groups: int, size: int, bits: int, signed: bool) -> np.ndarray:
    """Every precision from 1 bit up, equally often: uniform values under a random width."""
    high = (np.int64(1) << rng.integers(1, bits if signed else bits + 1, (groups, 1))) - 1
    return np.rint(rng.uniform(-1 if signed else 0, 1, (groups, size)) * high).astype(np.int64)


DISTRIBUTIONS: dict[str, Draw] = {
    "all_zero": _all_zero,
    "one_outlier": _one_outlier,
    "all_maximum": _all_maximum,
    "relu_like": _relu_like,
    "weight_like": _weight_like,
    "powers_of_two": _powers_of_two,
    "alternation": _alternation,
    "sparse": _sparse,
    "uniform": _uniform,
    "short": _short,
}


def draw(rng: np.random.Generator, name: str, groups: int, size: int, bits: int, signed: bool, n_low: int = 0) -> np.ndarray:
    """Return int64 [groups, size] from the distribution `name`; bits of the magnitude below `n_low` are kept as drawn.

    Raises KeyError for an unknown name. A positive `n_low` scales half of the groups up by 2^n_low where they fit, so that
    trimming does not erase every short group.
    """
    values = DISTRIBUTIONS[name](rng, groups, size, bits, signed)
    if n_low:
        scaled = values << n_low
        low, high = limits(bits, signed)
        fits = ((scaled >= low) & (scaled <= high)).all(axis=1, keepdims=True) & (rng.integers(0, 2, (groups, 1)) == 1)
        values = np.where(fits, scaled, values)
    return values
