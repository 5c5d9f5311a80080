# SPDX-License-Identifier: Apache-2.0
"""Synthetic tensors for networks whose tensors nobody may ship, calibrated to the paper's Tables 1 and 2.

The shape of the distribution is a choice, stated here and nowhere tuned to a result: half of the activations are zero, as
after a ReLU; the others are exponentially distributed, and so are the magnitudes of the weights (a Laplace distribution).
A brick's values share a scale that varies from brick to brick, for activations smoothly over the picture: neighbours are
alike. One number is fitted: the overall scale, until groups of 16 along the channels, weighted by use, have the mean
precision that the paper prints. Values are cut at the profile: Table 3's of activations, of weights the mean one that
Table 2's precision and reduction imply.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

from models.config import GROUP
from models.convolution import pad_channels
from models.layer import ConvLayer
from models.precision import group_precision
from models.statistics.groups import position_uses

ZERO_FRACTION = 0.5  # of the activations
BRICK_SPREAD = 1.0  # standard deviation of the logarithm of a brick's scale
SMOOTH = 4  # positions over which the scale of activations changes
BITS = 16
_STEPS = 30  # of the bisection: the scale is known to 2^-20 of an octave


def stream(network: str, layer: str, tensor: str) -> np.random.Generator:
    """Return the generator of a tensor: its names are its seed."""
    return np.random.default_rng(zlib.crc32(f"{network}/{layer}/{tensor}".encode()))


def _smooth_field(rng: np.random.Generator, height: int, width: int, bricks: int) -> np.ndarray:
    """Return normal numbers [height, width, bricks], alike at neighbouring positions: drawn coarsely, interpolated."""
    coarse = rng.standard_normal((height // SMOOTH + 2, width // SMOOTH + 2, bricks))
    field = _interpolate(_interpolate(coarse, 0, height), 1, width)
    return field / max(float(field.std()), 1e-9)


def _interpolate(values: np.ndarray, axis: int, size: int) -> np.ndarray:
    """Return `size` linear interpolations, SMOOTH to an interval, along an axis."""
    place, part = np.divmod(np.arange(size), SMOOTH)
    part = (part / SMOOTH).reshape([-1 if i == axis else 1 for i in range(values.ndim)])
    return np.take(values, place, axis) * (1 - part) + np.take(values, place + 1, axis) * part


def _fit(target: float, mean_precision: Callable[[float], float]) -> float:
    """Return the scale, a power of two of any fraction, at which the mean precision is `target` or as near as it gets."""
    low, high = -4.0, float(BITS)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if mean_precision(2.0**middle) < target else (low, middle)
    return 2.0**high


def activations(layer: ConvLayer, precision: float, profile: int, rng: np.random.Generator) -> np.ndarray:
    """Return uint16 [H, W, C] whose groups of 16 have the mean `precision`, by use; no value has more than `profile` bits."""
    shape, bricks = (layer.H, layer.W, layer.C), -(-layer.C // GROUP)
    scale = np.exp(BRICK_SPREAD * _smooth_field(rng, layer.H, layer.W, bricks)).astype(np.float32)
    raw = rng.standard_exponential(shape, np.float32) * np.repeat(scale, GROUP, axis=2)[:, :, : layer.C]
    raw[rng.random(shape, np.float32) < ZERO_FRACTION] = 0
    largest = pad_channels(raw).reshape(layer.H, layer.W, bricks, GROUP).max(axis=3)
    most, uses = np.float32((1 << profile) - 1), position_uses(layer)[:, :, None]

    def mean(scale: float) -> float:
        bits = _bits(np.minimum(np.rint(largest * np.float32(scale)), most))
        return float((bits * uses).sum() / (uses.sum() * bricks))

    return np.minimum(np.rint(raw * np.float32(_fit(precision, mean))), most).astype(np.uint16)


def _bits(values: np.ndarray) -> np.ndarray:
    """Return the bit length of non-negative whole numbers below 2^16."""
    return np.frexp(values)[1] * (values > 0)


def weights(layer: ConvLayer, precision: float, profile: int, rng: np.random.Generator, most: int | None = None) -> np.ndarray:
    """Return int16 [K, R, S, C / groups] whose groups of 16 have the signed mean `precision`.

    profile: bits of the largest, the sign included. most: the values at most that are drawn, in whole filters; None: all.
    A share of the filters is enough for means.
    """
    filters = layer.K if most is None else max(1, min(layer.K, most // layer.products))
    shape, bricks = (filters, layer.R, layer.S, layer.group_channels), -(-layer.group_channels // GROUP)
    scale = np.exp(BRICK_SPREAD * rng.standard_normal((*shape[:3], bricks))).astype(np.float32)
    raw = rng.laplace(size=shape).astype(np.float32) * np.repeat(scale, GROUP, axis=3)[..., : shape[3]]
    limit = np.float32((1 << (profile - 1)) - 1)

    def values(scale: float) -> np.ndarray:
        return np.clip(np.rint(raw * np.float32(scale)), -limit, limit).astype(np.int16)

    def mean(scale: float) -> float:
        groups = pad_channels(values(scale)).reshape(-1, GROUP)
        return float(group_precision(groups, BITS, signed=True).mean())

    return values(_fit(precision, mean))
