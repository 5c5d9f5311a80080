# SPDX-License-Identifier: Apache-2.0
"""Values to codes and back: the sign-magnitude form with the sign in the least significant place (paper, section 3)."""

from __future__ import annotations

import numpy as np

from models.codec.params import CodecParams

NEGATIVE_ZERO = 1  # the code of -2^(P-1), which sign-magnitude cannot express


def to_codes(values: np.ndarray, params: CodecParams) -> np.ndarray:
    """Return the codes of trimmed values, uint16; int16 (signed) or uint16 values of any shape.

    The most negative value becomes (2^(P - n_low) | 1), and the mask leaves "negative zero".
    """
    n_low = np.uint16(params.n_low)
    if not params.signed:
        return values >> n_low
    bits = values.view(np.uint16)
    sign = bits >> np.uint16(15)
    magnitude = np.abs(values).view(np.uint16)
    codes = (magnitude >> n_low) << np.uint16(1)
    codes |= sign
    if params.bits - params.n_low < 16:
        codes &= np.uint16((1 << (params.bits - params.n_low)) - 1)
    return codes


def to_values(codes: np.ndarray, params: CodecParams) -> np.ndarray:
    """Return the values (dtype `params.dtype`) of valid codes (uint16, any shape): the inverse of `to_codes`."""
    n_low = np.uint16(params.n_low)
    if not params.signed:
        return (codes << n_low).astype(params.dtype, copy=False)
    sign = codes & np.uint16(1)
    values = (codes >> np.uint16(1)) << n_low
    values ^= np.uint16(0) - sign  # negate: invert, add one
    values += sign
    values |= (codes == NEGATIVE_ZERO).view(np.uint8).astype(np.uint16) << np.uint16(params.bits - 1)
    return values.view(np.int16).astype(params.dtype, copy=False)
