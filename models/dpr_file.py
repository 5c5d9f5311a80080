# SPDX-License-Identifier: Apache-2.0
"""The `.dpr` file: one tensor's container stream behind a header that says how to decode it (docs/file_format.md)."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.atomic_file import atomic_output
from models.codec import CodecParams, decode, encode, group_count
from models.codec.params import ALIGNMENTS, WORD

MAGIC = b"DPR\x1a"
VERSION = 1
MAX_DIMENSIONS = 64  # NumPy's limit
WORD_BYTES = WORD // 8

_FIXED = struct.Struct("<4sHHBBBBBBHQQII")  # magic .. header CRC; the shape follows
_DIMENSION = struct.Struct("<Q")
_CRC_AT = _FIXED.size - 8  # payload CRC, header CRC


class DprFileError(ValueError):
    """A file that is no intact .dpr file; `field` names the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


@dataclass(frozen=True)
class DprHeader:
    """The header's content. Sizes in bytes."""

    params: CodecParams
    shape: tuple[int, ...]
    payload_bytes: int
    payload_crc32: int

    @property
    def count(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def payload_offset(self) -> int:
        """Where the containers begin in the file: also the header's size."""
        return _FIXED.size + _DIMENSION.size * len(self.shape)

    @property
    def raw_bytes(self) -> int:
        """Size of the uncompressed values."""
        return self.count * self.params.bits // 8

    def pack(self) -> bytes:
        """Return the header as bytes."""
        params = self.params
        fields = (
            MAGIC,
            VERSION,
            self.payload_offset,
            params.bits,
            params.signed,
            params.n_low,
            params.align,
            params.prefix_w,
            len(self.shape),
            0,
            self.count,
            self.payload_bytes,
        )
        shape = b"".join(_DIMENSION.pack(length) for length in self.shape)
        fixed = _FIXED.pack(*fields, 0, 0)[:_CRC_AT]
        return fixed + struct.pack("<II", self.payload_crc32, zlib.crc32(shape, zlib.crc32(fixed))) + shape


def write_dpr(path: Path | str, values: np.ndarray, params: CodecParams) -> DprHeader:
    """Encode a tensor into a file and return its header; the file appears whole or not at all.

    values: integers, 1 to 64 dimensions, at least one value. Raises as `encode` does, ValueError for other shapes, OSError.
    """
    if not 1 <= values.ndim <= MAX_DIMENSIONS or values.size == 0:
        raise ValueError(f"array of shape {values.shape}: must have 1..{MAX_DIMENSIONS} dimensions and at least one value")
    payload = encode(values, params).astype("<u8", copy=False).tobytes()
    header = DprHeader(params, values.shape, len(payload), zlib.crc32(payload))
    with atomic_output(path) as file:
        file.write(header.pack())
        file.write(payload)
    return header


def read_dpr(path: Path | str) -> tuple[DprHeader, np.ndarray]:
    """Return (header, uint64 words) of a file whose every field and both CRCs hold.

    Raises DprFileError that names the field, or OSError.
    """
    data = Path(path).read_bytes()
    header = parse_header(data)
    present = len(data) - header.payload_offset
    if present != header.payload_bytes:
        what = "the file is truncated" if present < header.payload_bytes else "the file has bytes behind its end"
        raise DprFileError("payload length", f"{header.payload_bytes} bytes announced, {present} present: {what}")
    payload = memoryview(data)[header.payload_offset :]
    found = zlib.crc32(payload)
    if found != header.payload_crc32:
        raise DprFileError("payload CRC-32", f"{header.payload_crc32:#010x} stored, {found:#010x} computed: corrupt file")
    return header, np.frombuffer(payload, dtype="<u8").astype(np.uint64, copy=False)


def load_values(path: Path | str) -> tuple[DprHeader, np.ndarray]:
    """Return (header, the tensor in its shape). Raises DprFileError, CodecError for malformed containers, or OSError."""
    header, words = read_dpr(path)
    return header, decode(words, header.params, header.count).reshape(header.shape)


def parse_header(data: bytes) -> DprHeader:
    """Return the header at the start of `data`. Raises DprFileError that names the first field that is wrong."""
    if not data.startswith(MAGIC):
        found = data[: len(MAGIC)].hex() or "nothing"
        raise DprFileError("magic", f"{found} found, {MAGIC.hex()} expected: not a .dpr file")
    if len(data) < _FIXED.size:
        expected = f"at least {_FIXED.size} expected"
        raise DprFileError("header length", f"{len(data)} bytes present, {expected}: the file is truncated")
    (
        _,
        version,
        header_bytes,
        bits,
        signed,
        n_low,
        align,
        prefix_w,
        dimensions,
        reserved,
        count,
        payload_bytes,
        payload_crc,
        header_crc,
    ) = _FIXED.unpack_from(data)
    if version != VERSION:
        raise DprFileError("version", f"{version}: this reader knows version {VERSION}")
    shape = _parse_shape(data, header_bytes, dimensions)
    _check_flags(signed, align, reserved)
    try:
        params = CodecParams(bits, bool(signed), n_low, align, prefix_w or -1)
    except ValueError as error:
        raise DprFileError("header", str(error)) from None
    header = DprHeader(params, shape, payload_bytes, payload_crc)
    _check_sizes(header, count)
    found = zlib.crc32(data[_FIXED.size : header_bytes], zlib.crc32(data[:_CRC_AT]))
    if found != header_crc:
        raise DprFileError("header CRC-32", f"{header_crc:#010x} stored, {found:#010x} computed: corrupt file")
    return header


def _parse_shape(data: bytes, header_bytes: int, dimensions: int) -> tuple[int, ...]:
    """Return the shape, after the fields that say where it is."""
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise DprFileError("dimensions", f"{dimensions}: must be 1..{MAX_DIMENSIONS}")
    expected = _FIXED.size + _DIMENSION.size * dimensions
    if header_bytes != expected:
        raise DprFileError("header length", f"{header_bytes}: must be {expected} for {dimensions} dimensions")
    if len(data) < expected:
        raise DprFileError("header length", f"{expected} bytes announced, {len(data)} present: the file is truncated")
    return struct.unpack_from(f"<{dimensions}Q", data, _FIXED.size)


def _check_flags(signed: int, align: int, reserved: int) -> None:
    """Refuse values of one-byte fields that have no meaning."""
    if signed > 1:
        raise DprFileError("signed", f"{signed}: must be 0 or 1")
    if align not in ALIGNMENTS:
        raise DprFileError("align", f"{align}: must be 64 or 1")
    if reserved:
        raise DprFileError("reserved", f"{reserved:#x}: must be 0")


def _check_sizes(header: DprHeader, count: int) -> None:
    """Refuse sizes that contradict each other, before anything of such a size is allocated."""
    if count != header.count or count == 0:
        raise DprFileError("count", f"{count}: must be the product of the shape {header.shape} and at least 1")
    groups = group_count(count)
    shortest = -(-groups * max(header.params.header_bits, header.params.align) // WORD) * WORD_BYTES
    if header.payload_bytes % WORD_BYTES or header.payload_bytes < shortest:
        raise DprFileError(
            "payload length",
            f"{header.payload_bytes}: must be a multiple of {WORD_BYTES} and at least {shortest} for {count} values",
        )
