# SPDX-License-Identifier: Apache-2.0
"""Floats to the fixed point of a file of precisions, as DNNsim does: scaled, saturated to the precision, rounded."""

from __future__ import annotations

import numpy as np

from models.precision import limits, value_dtype
from models.traces.dnnsim_files import FixedPoint
from models.traces.trace import Format, TraceError

_BLOCK = 1 << 20  # values that are floats of 64 bits at a time


def to_fixed(
    values: np.ndarray, fixed: FixedPoint, bits: int, what: str, signed: bool | None
) -> tuple[np.ndarray, Format, int]:
    """Return (integers, their format, how many were saturated) of finite floats of any shape.

    value = integer * 2^-fraction, rounded to the nearest, ties away from zero. signed None: signed when a value is
    negative. A precision below P saturates, at 2^(precision - 1) - 1 of either sign; one of P bits is no profile, then all
    values of P bits are kept. `what` is for messages. Raises TraceError for a value that is not finite, or beyond P bits.
    """
    flat = np.ascontiguousarray(values).reshape(-1)
    _check_finite(flat, values.shape, what)
    signed = bool(signed if signed is not None else flat.size and flat.min() < 0)
    low, high = limits(bits, signed)
    most = (1 << (fixed.bits - 1)) - 1 if fixed.bits < bits else high
    least = -most if signed and fixed.bits < bits else low
    found, saturated = np.empty(flat.size, value_dtype(bits, signed)), 0
    for first in range(0, flat.size, _BLOCK):
        scaled = flat[first : first + _BLOCK].astype(np.float64) * 2.0**fixed.fraction
        scaled = np.trunc(scaled + np.copysign(0.5, scaled))
        beyond = (scaled < low) | (scaled > high)
        if beyond.any():
            at = int(np.argmax(beyond))
            kind = "signed" if signed else "unsigned"
            raise TraceError(
                f"{what}: value {flat[first + at]:g} at index {_index(first + at, values.shape)}: is {scaled[at]:.0f} with "
                f"{fixed.fraction} fraction bits, {kind} {bits}-bit values are {low}..{high}: lower the fraction"
            )
        kept = np.clip(scaled, least, most)
        saturated += int(np.count_nonzero(kept != scaled))
        found[first : first + _BLOCK] = kept
    n_high = (fixed.bits if signed or fixed.bits == bits else max(1, fixed.bits - 1)) - 1
    return found.reshape(values.shape), Format(bits, signed, n_high, scale=2.0**-fixed.fraction), saturated


def _check_finite(flat: np.ndarray, shape: tuple[int, ...], what: str) -> None:
    for first in range(0, flat.size, _BLOCK):
        good = np.isfinite(flat[first : first + _BLOCK])
        if not good.all():
            at = first + int(np.argmin(good))
            raise TraceError(f"{what}: value {flat[at]} at index {_index(at, shape)}: must be finite numbers")


def _index(at: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(axis) for axis in np.unravel_index(at, shape))
