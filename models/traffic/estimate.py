# SPDX-License-Identifier: Apache-2.0
"""Bits of a tensor from a mean precision, where there are no values."""

from __future__ import annotations

import math

from models.codec.params import WORD, CodecParams
from models.traffic.schemes import RUN_BITS, SchemeBits, TensorTraffic


def estimated_tensor(
    values: int, groups: int, precision: float | None, profile: int | None, *, zeros: float | None = None, bits: int = 16
) -> TensorTraffic:
    """Return a tensor of `values` in `groups` containers, all of the mean precision, in bits.

    profile: of the layer; None: P bits a value. zeros: part of the values that are zero; None: not known, then none are
    left out and run lengths are not known either. dpred_64 pads the mean container: the mean of padded ones differs. None
    of it is a bound.
    """
    found = {"none": SchemeBits(values * bits), "profile": SchemeBits(values * (profile or bits))}
    if zeros is not None:
        entries = values * (1 - zeros)  # runs of more than 15 zeros left out of account
        found["zero_rle"] = SchemeBits(entries * (bits + RUN_BITS), entries * RUN_BITS)
    if precision is not None:
        header = CodecParams(bits).header_bits
        used = header + values / groups * (1 - (zeros or 0.0)) * precision
        padded = math.ceil(used / WORD) * WORD
        found["dpred_64"] = SchemeBits(groups * padded, groups * header, groups * (padded - used))
        found["dpred_1"] = SchemeBits(groups * used, groups * header)
    return TensorTraffic(values, found)
