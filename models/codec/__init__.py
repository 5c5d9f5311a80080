# SPDX-License-Identifier: Apache-2.0
"""Reference model of the container codec: the paper's section 3 as docs/architecture.md, section 4 settles it."""

from models.codec.decoder import decode, decode_prefix
from models.codec.encoder import GroupStats, compressed_bits, encode, encode_groups
from models.codec.params import CodecParams, group_count
from models.codec_errors import CodecError, CodecErrorCode

__all__ = [
    "CodecError",
    "CodecErrorCode",
    "CodecParams",
    "GroupStats",
    "compressed_bits",
    "decode",
    "decode_prefix",
    "encode",
    "encode_groups",
    "group_count",
]
