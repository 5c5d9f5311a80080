# SPDX-License-Identifier: Apache-2.0
"""Group precision: one definition for codec, dispatcher, tiles and cycle models.

Source: the paper's section 3 ("Detecting the Per Group Precisions") and Fig. 2c; docs/architecture.md, section 3.
All functions are vectorised; "group" is the last axis, of any size (16 in the codec, 256 in the dispatcher).
"""

from __future__ import annotations

import numpy as np

PRECISIONS = (16, 8)  # legal values of P, in bits


class ValueRangeError(ValueError):
    """A value that P bits, the sign or n_low do not allow; the message has the first one and its index."""


def limits(bits: int, signed: bool) -> tuple[int, int]:
    """Return (lowest, highest) value of `bits` bits, unsigned or two's complement."""
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def value_dtype(bits: int, signed: bool) -> np.dtype:
    """Return the dtype that holds values of P = `bits`: uint16, int16, uint8 or int8."""
    return np.dtype(f"{'i' if signed else 'u'}{bits // 8}")


def check_settings(bits: int, n_low: int) -> None:
    """Raise ValueError unless `bits` is 16 or 8 and 0 <= n_low < bits."""
    if bits not in PRECISIONS:
        raise ValueError(f"bits = {bits}: must be 16 or 8")
    if not 0 <= n_low < bits:
        raise ValueError(f"n_low = {n_low}: must be 0..{bits - 1} for {bits}-bit values")


def check_range(values: np.ndarray, bits: int, signed: bool) -> np.ndarray:
    """Return `values` as an integer array, any shape.

    Raises TypeError when the dtype is no integer, ValueRangeError when a value does not fit.
    """
    values = np.asarray(values)
    if values.dtype.kind not in "iu":
        raise TypeError(f"values have dtype {values.dtype}: must be integers")
    low, high = limits(bits, signed)
    info = np.iinfo(values.dtype)
    if values.size == 0 or (info.min >= low and info.max <= high):
        return values
    if int(values.min()) < low or int(values.max()) > high:
        kind = "signed" if signed else "unsigned"
        found = _first((values < low) | (values > high), values)
        raise ValueRangeError(f"{found}: {kind} {bits}-bit values are {low}..{high}")
    return values


def check_trimmed(values: np.ndarray, n_low: int) -> None:
    """Raise ValueRangeError when the magnitude of a value has a bit below `n_low`."""
    if n_low == 0:
        return
    dropped = values & _mask(values.dtype, n_low)
    if dropped.any():
        raise ValueRangeError(f"{_first(dropped != 0, values)}: has bits below n_low = {n_low}")


def _first(bad: np.ndarray, values: np.ndarray) -> str:
    """Return "value V at index I" for the first flagged value in C order."""
    index = tuple(int(axis) for axis in np.unravel_index(np.argmax(bad), values.shape))
    return f"value {int(values[index])} at index {index[0] if len(index) == 1 else index}"


def _mask(dtype: np.dtype, n_low: int) -> np.integer:
    """Return the bits below `n_low` as a scalar of `dtype` (all ones when the dtype is narrower)."""
    width = 8 * dtype.itemsize
    return dtype.type(-1 if n_low >= width and dtype.kind == "i" else (1 << min(n_low, width)) - 1)


def trim(values: np.ndarray, n_low: int) -> np.ndarray:
    """Drop the magnitude bits below `n_low` towards zero; same shape and integer dtype."""
    values = np.asarray(values)
    if n_low == 0:
        return values
    if n_low >= 8 * values.dtype.itemsize:
        return np.zeros_like(values)
    mask = _mask(values.dtype, n_low)
    if values.dtype.kind == "i":  # a negative value rounds up: add the mask before clearing
        values = values + np.where(values < 0, mask, values.dtype.type(0))
    return values & ~mask


def magnitude(values: np.ndarray) -> np.ndarray:
    """Return |v| in the unsigned dtype of the same width, so that -2^(P-1) becomes 2^(P-1)."""
    values = np.asarray(values)
    return values if values.dtype.kind == "u" else np.abs(values).view(f"u{values.dtype.itemsize}")


def bit_length(values: np.ndarray) -> np.ndarray:
    """Return the bit length of every non-negative integer (0 for 0), int64, same shape; exact up to 64 bits."""
    smeared = np.asarray(values).astype(np.uint64)
    for shift in (1, 2, 4, 8, 16, 32):
        smeared |= smeared >> np.uint64(shift)
    return np.bitwise_count(smeared).astype(np.int64)


def precision_of_or(ored: np.ndarray, bits: int, signed: bool, n_low: int = 0) -> np.ndarray:
    """Return p from the OR of a group's magnitudes: the leading-one detector of Fig. 2c; int64, same shape."""
    ored = np.asarray(ored)
    top = np.minimum(bit_length(ored) + int(signed), bits) - n_low
    return np.where(ored >> ored.dtype.type(n_low) == 0, 0, top)


def group_precision(values: np.ndarray, bits: int, signed: bool, n_low: int = 0) -> np.ndarray:
    """Return the precision p in bits of every group (last axis) of the trimmed values.

    values: integers, shape (..., group). Result: int64, shape (...); 0 for a group whose trimmed values are all zero.
    Raises TypeError, ValueError and ValueRangeError as `check_range` and `check_settings` do.
    """
    check_settings(bits, n_low)
    values = check_range(values, bits, signed).astype(value_dtype(bits, signed), copy=False)
    return precision_of_or(np.bitwise_or.reduce(magnitude(values), axis=-1), bits, signed, n_low)


def trailing_position(values: np.ndarray, bits: int, signed: bool) -> np.ndarray:
    """Return the lowest bit position set in any magnitude of every group before trimming (0 for an all-zero group).

    The dynamic n_L of the paper's section 3, an observation only. int64, shape as `group_precision`; raises as it does.
    """
    check_settings(bits, 0)
    values = check_range(values, bits, signed).astype(value_dtype(bits, signed), copy=False)
    ored = np.bitwise_or.reduce(magnitude(values), axis=-1).astype(np.int64)
    return np.where(ored == 0, 0, bit_length(ored & -ored) - 1)
