# SPDX-License-Identifier: Apache-2.0
"""Where the containers of a stream begin: a chain, because every length is in the container's own header."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np

from models.codec.params import WORD, CodecParams

HEADER_READ = 27  # bits of a byte-aligned read that always hold a 20-bit header


def container_starts(words: np.ndarray, params: CodecParams, groups: int, block: int) -> Iterator[np.ndarray]:
    """Yield the first bits of the containers, int64, at most `block` at a time and `groups` in all.

    Stops early where the stream has no room for another header. Every length comes from the header alone, also where
    the header is malformed, so the walk always ends: a container has at least 19 bits.
    """
    step = _aligned_steps(words, params) if params.align == WORD else _packed_steps(words, params)
    end = words.size * WORD
    position = 0
    while groups > 0 and position + params.header_bits <= end:
        starts, position = step(position, min(block, groups))
        groups -= starts.size
        yield starts


def _lengths(headers: np.ndarray, params: CodecParams) -> np.ndarray:
    """Return the container lengths in bits of header fields (unsigned integers; bits above the header are ignored)."""
    kind = headers.dtype.type
    precision = (headers & kind((1 << params.prefix_w) - 1)) + kind(1)
    nnz = np.bitwise_count((headers >> kind(params.prefix_w)).astype(np.uint16))
    return params.container_bits(precision.astype(np.uint16), nnz.astype(np.uint16))


def _aligned_steps(words: np.ndarray, params: CodecParams):
    """Return the walker for align = 64: each word's length, if it were a header, is known in advance."""
    size = (_lengths(words, params) // WORD).astype(np.uint8).tobytes()
    end = words.size

    def walk(position: int, limit: int) -> tuple[np.ndarray, int]:
        starts = []
        word = position // WORD
        for _ in range(limit):
            if word >= end:
                break
            starts.append(word)
            word += size[word]
        return np.array(starts, dtype=np.int64) * WORD, word * WORD

    return walk


def _packed_steps(words: np.ndarray, params: CodecParams):
    """Return the walker for align = 1: one table look-up and one byte-aligned read per container."""
    header_mask = (1 << params.header_bits) - 1
    length = array("H", _lengths(np.arange(header_mask + 1, dtype=np.uint32), params).astype(np.uint16).tobytes())
    stream = np.frombuffer(words.astype("<u8").tobytes() + bytes(4), dtype=np.uint8).astype(np.uint32)
    window = stream[:-3] | stream[1:-2] << np.uint32(8) | stream[2:-1] << np.uint32(16) | stream[3:] << np.uint32(24)
    window = array("I", (window & np.uint32((1 << HEADER_READ) - 1)).tobytes())
    last = words.size * WORD - params.header_bits

    def walk(position: int, limit: int) -> tuple[np.ndarray, int]:
        starts = []
        for _ in range(limit):
            if position > last:
                break
            starts.append(position)
            position += length[window[position >> 3] >> (position & 7) & header_mask]
        return np.array(starts, dtype=np.int64), position

    return walk
