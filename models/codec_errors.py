# SPDX-License-Identifier: Apache-2.0
"""Error codes of a malformed container stream: the table of docs/architecture.md, section 4.

The RTL has the same table in rtl/codec/dpr_codec_errors.vh.
"""

from __future__ import annotations

from enum import IntEnum


class CodecErrorCode(IntEnum):
    """What is wrong with a stream; the number is the one on the decompressor's `m_axis_tuser`."""

    OK = 0
    ZERO_CODE = 1
    NEGATIVE_ZERO = 2
    PADDING = 3
    Z_BEYOND_LENGTH = 4
    TRUNCATED = 5
    RANGE = 6
    OVERRUN = 7


MEANING = {
    CodecErrorCode.OK: "no error",
    CodecErrorCode.ZERO_CODE: "a zero code under a set Z bit",
    CodecErrorCode.NEGATIVE_ZERO: "code 'negative zero' in a signed group with p + n_low < P",
    CodecErrorCode.PADDING: "a padding bit is not zero",
    CodecErrorCode.Z_BEYOND_LENGTH: "a Z bit at or beyond the tail group's length",
    CodecErrorCode.TRUNCATED: "the stream ends before the tensor's last container is complete",
    CodecErrorCode.RANGE: "the prefix field + n_low is not below P",
    CodecErrorCode.OVERRUN: "the stream goes on after the word that ends the tensor's last container",
}


class CodecError(ValueError):
    """A malformed stream.

    code: what is wrong. group: index of the offending container (the number of groups for OVERRUN).
    bit: position in the stream of the first bit of the offending field; for TRUNCATED the end of the stream.
    """

    def __init__(self, code: CodecErrorCode, group: int, bit: int) -> None:
        super().__init__(f"{code.name}: {MEANING[code]} (group {group}, stream bit {bit})")
        self.code = code
        self.group = group
        self.bit = bit

    def __reduce__(self) -> tuple:
        """Pickle by the three fields, so that the error crosses process boundaries."""
        return type(self), (self.code, self.group, self.bit)
