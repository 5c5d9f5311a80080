# SPDX-License-Identifier: Apache-2.0
"""Values to a container stream (paper, section 3; docs/architecture.md, section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.codec.codes import to_codes
from models.codec.packing import pack_quads, write_bits
from models.codec.params import WORD, CodecParams, group_count
from models.config import GROUP
from models.precision import check_range, check_trimmed, magnitude, precision_of_or

BLOCK = 8192  # groups handled at once: the working set stays in the cache


@dataclass(frozen=True)
class GroupStats:
    """What the encoder found in a tensor; one array entry per group, sizes in bits."""

    params: CodecParams
    count: int  # values of the tensor
    precision: np.ndarray  # p, int64
    z: np.ndarray  # Z vector, uint16
    nnz: np.ndarray  # values that are not zero, int64
    container_bits: np.ndarray  # container length, int64; with its padding when align = 64

    @property
    def raw_bits(self) -> np.ndarray:
        """Uncompressed size of every group (a tail group counts its own length)."""
        raw = np.full(self.precision.size, GROUP * self.params.bits, dtype=np.int64)
        if self.count % GROUP:
            raw[-1] = self.count % GROUP * self.params.bits
        return raw

    @property
    def compressed_bits(self) -> int:
        """Size of the stream with all padding: a multiple of 64."""
        return -(-int(self.container_bits.sum()) // WORD) * WORD

    @property
    def ratio(self) -> float:
        """Compressed size over raw size."""
        return self.compressed_bits / (self.count * self.params.bits)

    @property
    def expanded_groups(self) -> int:
        """Number of groups whose container is larger than their raw values."""
        return int(np.count_nonzero(self.container_bits > self.raw_bits))


@dataclass(frozen=True)
class _Block:
    """Up to BLOCK groups on their way to the stream."""

    codes: np.ndarray  # uint16 (groups, 16)
    nonzero: np.ndarray  # uint8 0/1 (groups, 16)
    precision: np.ndarray  # int64 (groups,)
    z: np.ndarray  # uint16 (groups,)


def encode(values: np.ndarray, params: CodecParams) -> np.ndarray:
    """Return the stream of a tensor as uint64 words.

    values: integers of any shape, taken in C order, all trimmed to params.n_low.
    Raises TypeError for other dtypes, ValueRangeError for values out of range or with bits below n_low.
    """
    flat = np.ravel(values)
    longest = -(-(params.header_bits + GROUP * params.bits) // WORD)  # words of a container
    words = np.zeros(group_count(flat.size) * longest + 2, dtype=np.uint64)
    position = 0
    for block in _blocks(flat, params):
        nnz = np.bitwise_count(block.z).astype(np.int64)
        length = params.container_bits(block.precision, nnz)
        start = position + np.cumsum(length) - length
        _write(words, start, block, params)
        position += int(length.sum())
    return words[: -(-position // WORD)].copy()


def encode_groups(values: np.ndarray, params: CodecParams) -> GroupStats:
    """Return the statistics of the stream that `encode` makes, without making it; raises as `encode` does."""
    flat = np.ravel(values)
    blocks = [(block.precision, block.z) for block in _blocks(flat, params)]
    precision = np.concatenate([np.empty(0, np.int64), *(block[0] for block in blocks)])
    z = np.concatenate([np.empty(0, np.uint16), *(block[1] for block in blocks)])
    nnz = np.bitwise_count(z).astype(np.int64)
    return GroupStats(params, flat.size, precision, z, nnz, params.container_bits(precision, nnz))


def compressed_bits(values: np.ndarray, params: CodecParams) -> int:
    """Return the size in bits of the stream of a tensor, with all padding."""
    return encode_groups(values, params).compressed_bits


def _blocks(flat: np.ndarray, params: CodecParams) -> Iterator[_Block]:
    """Check and code the values, BLOCK groups at a time."""
    lane = np.int16 if params.signed else np.uint16
    flat = check_range(flat, params.bits, params.signed)
    check_trimmed(flat, params.n_low)
    for first in range(0, flat.size, BLOCK * GROUP):
        part = flat[first : first + BLOCK * GROUP]
        lanes = np.zeros((group_count(part.size), GROUP), dtype=lane)
        lanes.reshape(-1)[: part.size] = part
        ored = np.bitwise_or.reduce(magnitude(lanes).view("<u8"), axis=-1)
        ored |= ored >> np.uint64(32)
        ored = (ored | ored >> np.uint64(16)) & np.uint64(0xFFFF)
        codes = to_codes(lanes, params)
        nonzero = codes != 0
        z = np.packbits(nonzero, axis=-1, bitorder="little").view("<u2")[:, 0]
        yield _Block(codes, nonzero.view(np.uint8), precision_of_or(ored, params.bits, params.signed, params.n_low), z)


def _write(words: np.ndarray, start: np.ndarray, block: _Block, params: CodecParams) -> None:
    """Write headers and codes of a block whose containers begin at the bits `start`."""
    prefix = np.maximum(block.precision - 1, 0).astype(np.uint64)
    write_bits(words, start, prefix | block.z.astype(np.uint64) << np.uint64(params.prefix_w))
    quads = pack_quads(block.codes, block.nonzero, block.precision)
    position = start + params.header_bits
    for index in range(4):
        write_bits(words, position, quads[:, index])
        nibble = (block.z >> np.uint16(4 * index)) & np.uint16(15)
        position = position + np.bitwise_count(nibble) * block.precision
