# SPDX-License-Identifier: Apache-2.0
"""Where the containers of a stream begin: a chain, because every length is in the container's own header.

The chain is the one part of decoding that NumPy cannot do at once. Its loop touches nothing but headers, one segment of
the stream at a time, so that memory stays bounded and a walk can never leave the stream.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np

from models.codec.params import WORD, CodecParams

SEGMENT = 8192  # words of the stream walked at once: of the order of 8,000 containers
READ = np.uint32((1 << 27) - 1)  # what a byte-aligned read keeps: a 20-bit header behind at most 7 other bits


def container_starts(words: np.ndarray, params: CodecParams, groups: int) -> Iterator[np.ndarray]:
    """Yield the first bits of the stream's containers, int64, some thousands at a time and `groups` in all.

    words: uint64, the whole stream. Stops early where the stream has no room for another header. Lengths come from the
    headers alone, whether well formed or not, and none is shorter than a header: the walk always ends.
    """
    walk = _walk_aligned if params.align == WORD else _walk_packed
    last = words.size * WORD - params.header_bits  # no header fits behind this bit
    position = 0
    while groups > 0 and position <= last:
        base = position // WORD * WORD
        stop = min(SEGMENT * WORD, last + 1 - base)
        starts, position = walk(words[base // WORD :][: SEGMENT + 1], position - base, stop, params)
        position += base
        yield np.array(starts[:groups], dtype=np.int64) + base
        groups -= len(starts)


def _walk_aligned(words: np.ndarray, position: int, stop: int, params: CodecParams) -> tuple[list[int], int]:
    """Return the containers' first bits below `stop` and the first one at or after it, when every one fills its words.

    What each word would mean as the first of a container is computed beforehand, for all words at once.
    """
    precision = (words & np.uint64((1 << params.prefix_w) - 1)) + np.uint64(1)
    nnz = np.bitwise_count((words >> np.uint64(params.prefix_w)).astype(np.uint16))
    size = (params.container_bits(precision.astype(np.int64), nnz) // WORD).astype(np.uint8).tobytes()
    starts = []
    append = starts.append
    word, end = position // WORD, -(-stop // WORD)
    while word < end:
        append(word * WORD)
        word += size[word]
    return starts, word * WORD


def _walk_packed(words: np.ndarray, position: int, stop: int, params: CodecParams) -> tuple[list[int], int]:
    """Return the same when containers follow each other bit by bit: one byte-aligned read per header."""
    window = _byte_window(words)
    header_bits, prefix_w = params.header_bits, params.prefix_w
    prefix_mask, z_mask = (1 << prefix_w) - 1, 0xFFFF << prefix_w
    starts = []
    append = starts.append
    while position < stop:
        append(position)
        header = window[position >> 3] >> (position & 7)
        position += header_bits + ((header & prefix_mask) + 1) * (header & z_mask).bit_count()
    return starts, position


def _byte_window(words: np.ndarray) -> array:
    """Return, for every byte of the stream, the 27 bits from there on."""
    stream = words.astype("<u8").tobytes() + bytes(4)
    window = np.empty(8 * words.size, dtype=np.uint32)
    for byte in range(4):
        window[byte::4] = np.frombuffer(stream, dtype="<u4", offset=byte, count=window.size // 4)
    return array("I", (window & READ).tobytes())
