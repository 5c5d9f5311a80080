# SPDX-License-Identifier: Apache-2.0
"""Name what is wrong with one malformed container, field by field in the order of docs/architecture.md, section 4."""

from __future__ import annotations

import numpy as np

from models.codec.codes import NEGATIVE_ZERO
from models.codec.params import WORD, Z_BITS, CodecParams
from models.codec_errors import CodecError, CodecErrorCode


def container_error(words: np.ndarray, params: CodecParams, group: int, start: int, length: int) -> CodecError:
    """Return the first error of the container `group` of `length` values, whose whole header is at bit `start`.

    words: uint64, the whole stream. The container must be malformed: when all else holds it is the padding.
    """
    end = words.size * WORD
    prefix = _field(words, start, params.prefix_w)
    z = _field(words, start + params.prefix_w, Z_BITS)
    if prefix + params.n_low >= params.bits:
        return CodecError(CodecErrorCode.RANGE, group, start)
    beyond = z >> length << length
    if beyond:
        return CodecError(CodecErrorCode.Z_BEYOND_LENGTH, group, start + params.prefix_w + _lowest(beyond))
    position, width = start + params.header_bits, prefix + 1
    if position + width * z.bit_count() > end:
        return CodecError(CodecErrorCode.TRUNCATED, group, end)
    for _ in range(z.bit_count()):
        code = _field(words, position, width)
        if code == 0:
            return CodecError(CodecErrorCode.ZERO_CODE, group, position)
        if params.signed and code == NEGATIVE_ZERO and width + params.n_low < params.bits:
            return CodecError(CodecErrorCode.NEGATIVE_ZERO, group, position)
        position += width
    padding = _field(words, position, -position % WORD)
    return CodecError(CodecErrorCode.PADDING, group, position + _lowest(padding))


def _field(words: np.ndarray, position: int, width: int) -> int:
    """Return `width` bits of the stream from bit `position`."""
    first, last = position // WORD, (position + width - 1) // WORD
    run = int.from_bytes(words[first : last + 1].astype("<u8").tobytes(), "little")
    return run >> position % WORD & ((1 << width) - 1)


def _lowest(bits: int) -> int:
    """Return the position of the lowest set bit."""
    return (bits & -bits).bit_length() - 1
