# SPDX-License-Identifier: Apache-2.0
"""A container stream back to values, with every malformation found in stream order (docs/architecture.md, section 4).

Thousands of groups are decoded at once; only the first bad one is looked at again, bit by bit, to name the error.
"""

from __future__ import annotations

import numpy as np

from models.codec.codes import NEGATIVE_ZERO, to_values
from models.codec.diagnose import container_error
from models.codec.packing import read_bits, unpack_quads
from models.codec.params import WORD, CodecParams, group_count
from models.codec.walk import container_starts
from models.codec_errors import CodecError, CodecErrorCode
from models.config import GROUP


def decode(words: np.ndarray, params: CodecParams, count: int) -> np.ndarray:
    """Return the `count` values of a stream, 1-D, dtype `params.dtype`.

    words: uint64, the whole stream: its last word is the tensor's last. Raises CodecError when it is malformed.
    """
    values, error = _decode(words, params, count)
    if error is not None:
        raise error
    return values


def decode_prefix(words: np.ndarray, params: CodecParams, count: int) -> tuple[np.ndarray, CodecErrorCode]:
    """Return (the values of the groups before the first malformed container, its error code or OK).

    This is what the decompressor delivers. After OVERRUN all `count` values are there.
    """
    values, error = _decode(words, params, count)
    return values, CodecErrorCode.OK if error is None else error.code


def _decode(words: np.ndarray, params: CodecParams, count: int) -> tuple[np.ndarray, CodecError | None]:
    """Return (the values of the good groups, the first error)."""
    stream = _Stream(_as_words(words), params, _as_count(count))
    parts = [np.empty(0, params.dtype)]
    error = None
    done = position = 0
    for starts in container_starts(stream.words, params, stream.groups):
        values, good, position = stream.decode_groups(starts, done)
        parts.append(values)
        done += good
        if good < starts.size:
            error = container_error(stream.words, params, done, int(starts[good]), stream.length(done))
            break
    else:
        error = stream.end_error(done, position)
    return np.concatenate(parts)[:count], error


class _Stream:
    """A stream under decoding. Bit positions count from its start."""

    def __init__(self, words: np.ndarray, params: CodecParams, count: int) -> None:
        self.words = words
        self.params = params
        self.count = count
        self.groups = group_count(count)
        self.end = words.size * WORD
        self._padded = np.concatenate([words, np.zeros(2, np.uint64)])  # fields of no width may lie at the end

    def length(self, group: int) -> int:
        """Return the number of values of a group."""
        return min(GROUP, self.count - group * GROUP)

    def decode_groups(self, starts: np.ndarray, first: int) -> tuple[np.ndarray, int, int]:
        """Decode the groups `first`.. whose containers begin at `starts`, int64 and not empty.

        Returns (values of the groups before the first bad one, the number of these groups, the bit after them).
        """
        params = self.params
        header = read_bits(self._padded, starts, params.header_bits)
        precision = (header & np.uint64((1 << params.prefix_w) - 1)).astype(np.int64) + 1
        z = (header >> np.uint64(params.prefix_w)).astype(np.uint16)
        codes_end = starts + params.header_bits + precision * np.bitwise_count(z)
        bad = (precision - 1 + params.n_low >= params.bits) | (codes_end > self.end)
        if int(z[-1]) >> self.length(first + starts.size - 1):
            bad[-1] = True
        good = _first(bad)
        precision, z, codes_end = precision[:good], z[:good], codes_end[:good]
        codes = self._codes(starts[:good], precision, z)
        good = _first(self._bad_codes(codes, precision, z) | self._bad_padding(codes_end, first))
        position = -(-int(codes_end[good - 1]) // params.align) * params.align if good else 0
        return to_values(codes[:good], params).reshape(-1), good, position

    def _codes(self, starts: np.ndarray, precision: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the codes of complete containers, uint16 (groups, 16), zero where Z is 0."""
        nonzero = np.unpackbits(z.view(np.uint8).reshape(-1, 2), axis=-1, bitorder="little")
        quads = np.empty((starts.size, 4), dtype=np.uint64)
        position = starts + self.params.header_bits
        for index in range(4):
            width = np.bitwise_count((z >> np.uint16(4 * index)) & np.uint16(15)) * precision
            quads[:, index] = read_bits(self._padded, position, width)
            position = position + width
        return unpack_quads(quads, nonzero, precision)

    def _bad_codes(self, codes: np.ndarray, precision: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Flag groups with a zero code under a set Z bit or a "negative zero" that is none."""
        bad = np.zeros(z.size, dtype=bool)
        if np.count_nonzero(codes) != int(np.bitwise_count(z).sum(dtype=np.int64)):
            bad |= np.packbits(codes != 0, axis=-1, bitorder="little").view("<u2")[:, 0] != z
        if self.params.signed:
            flags = (codes == NEGATIVE_ZERO).view(np.uint64)
            bad |= (flags[:, 0] | flags[:, 1] != 0) & (precision + self.params.n_low < self.params.bits)
        return bad

    def _bad_padding(self, codes_end: np.ndarray, first: int) -> np.ndarray:
        """Flag groups with a bit set between their last code and the end of its word (align = 1: the last group only)."""
        inside = codes_end & 63
        bad = (self._padded[codes_end >> 6] >> inside.astype(np.uint64) != 0) & (inside != 0)
        if self.params.align != WORD:
            bad[: self.groups - 1 - first] = False
        return bad

    def end_error(self, done: int, position: int) -> CodecError | None:
        """Return what is wrong after `done` good groups that end at bit `position`, if anything."""
        if done < self.groups:
            return CodecError(CodecErrorCode.TRUNCATED, done, self.end)
        used = -(-position // WORD) * WORD
        return CodecError(CodecErrorCode.OVERRUN, done, used) if used < self.end else None


def _as_words(words: np.ndarray) -> np.ndarray:
    """Return the words as a uint64 vector; TypeError or ValueError when they are none."""
    words = np.asarray(words)
    if words.ndim != 1:
        raise ValueError(f"words have shape {words.shape}: must be one-dimensional")
    if words.size and words.dtype.kind not in "iu":
        raise TypeError(f"words have dtype {words.dtype}: must be uint64")
    return np.ascontiguousarray(words, dtype=np.uint64)


def _as_count(count: int) -> int:
    """Return the number of values as an int; ValueError when it is negative."""
    if count < 0:
        raise ValueError(f"count = {count}: must not be negative")
    return int(count)


def _first(bad: np.ndarray) -> int:
    """Return the index of the first set flag, or the number of flags."""
    return int(np.argmax(bad)) if bad.any() else bad.size
