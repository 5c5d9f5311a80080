# SPDX-License-Identifier: Apache-2.0
"""Codes of a group to four packed quads and back, and quads to and from the bit stream.

A quad is the run of codes of 4 neighbouring values without the zeros: at most 4 x 16 bits, one 64-bit number. Two
neighbours in memory are one wider little-endian number, so packing is two shift-and-or passes over whole arrays.
"""

from __future__ import annotations

import numpy as np

U64 = np.uint64
LOW16, LOW32 = np.uint32(0xFFFF), U64(0xFFFFFFFF)


def pack_quads(codes: np.ndarray, nonzero: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Return the quads, uint64 (groups, 4).

    codes: uint16 (groups, 16), contiguous. nonzero: uint8 0/1 (groups, 16). precision: (groups,) p in bits.
    """
    width = precision.astype(np.uint8)[:, None]
    first = nonzero[:, 0::2] * width  # bits of the first code of a pair
    pairs = codes.view("<u4")
    pairs = (pairs & LOW16) | ((pairs >> np.uint32(16)) << first)
    half = (nonzero[:, 0::4] + nonzero[:, 1::4]) * width  # bits of the first pair of a quad
    quads = pairs.view("<u8")
    return (quads & LOW32) | ((quads >> U64(32)) << half)


def unpack_quads(quads: np.ndarray, nonzero: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Return the codes, uint16 (groups, 16), zero where `nonzero` is 0: the inverse of `pack_quads`.

    Bits of a quad above its codes must be zero.
    """
    width = precision.astype(np.uint8)[:, None]
    half = (nonzero[:, 0::4] + nonzero[:, 1::4]) * width
    upper = quads >> half
    pairs = ((quads ^ (upper << half)) | (upper << U64(32))).view("<u4")
    first = nonzero[:, 0::2] * width
    upper = pairs >> first
    return ((pairs ^ (upper << first)) | (upper << np.uint32(16))).view("<u2")


def write_bits(words: np.ndarray, position: np.ndarray, fields: np.ndarray) -> None:
    """Add uint64 `fields` to a zeroed uint64 word array at bit positions that do not overlap.

    Two words more than the stream needs must be there.
    """
    word = position >> 6
    shift = (position & 63).astype(U64)
    np.add.at(words, word, fields << shift)  # bits are disjoint: a sum is an OR
    np.add.at(words, word + 1, (fields >> U64(1)) >> (U64(63) - shift))


def read_bits(words: np.ndarray, position: np.ndarray, width: np.ndarray | int) -> np.ndarray:
    """Return the uint64 fields of `width` bits (0..64) at bit positions; `words` has one word after the last bit."""
    word = position >> 6
    shift = (position & 63).astype(U64)
    fields = (words[word] >> shift) | ((words[word + 1] << U64(1)) << (U64(63) - shift))
    drop = U64(64) - np.asarray(width).astype(U64)
    return (fields << drop) >> drop
