# SPDX-License-Identifier: Apache-2.0
"""Files that nobody meant, with what docs/file_format.md says of them: bytes are assembled here, the reader is not asked."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from models.codec import CodecErrorCode
from tb.codec.fuzz import FuzzStream, fuzz_stream, good_stream, random_settings
from tests.models import bruteforce_codec as brute

Rng = np.random.Generator
_REFUSED = "DprFileError"


@dataclass
class FuzzFile:
    """A file and what must come of it: "values", "DprFileError" or the name of a code; shape and values if they come."""

    kind: str
    data: bytes
    expected: str
    shape: tuple[int, ...] = ()
    values: list[int] = field(default_factory=list)


@dataclass
class Draft:
    """The fields of a file before they are packed; CRCs are computed last, so that they fit whatever was changed."""

    stream: FuzzStream
    shape: tuple[int, ...]
    fields: dict[str, int]
    payload: bytes

    def pack(self) -> bytes:
        """Return the file, its CRCs right."""
        names = ("version", "header_bytes", "bits", "signed", "n_low", "align", "prefix_w", "dimensions", "reserved")
        fixed = b"DPR\x1a" + struct.pack("<HHBBBBBBH", *(self.fields[name] for name in names))
        fixed += struct.pack("<QQ", self.fields["count"], self.fields["payload_bytes"])
        shape = struct.pack(f"<{len(self.shape)}Q", *self.shape)
        return fixed + struct.pack("<II", zlib.crc32(self.payload), zlib.crc32(fixed + shape)) + shape + self.payload


def draft_of(rng: Rng, stream: FuzzStream) -> Draft:
    """Return the fields of a file of a stream whose count is at least 1, in a random shape."""
    divisors = [n for n in range(1, stream.count + 1) if stream.count % n == 0]
    first = int(rng.choice(divisors))
    shape = (first, stream.count // first) + (1,) * int(rng.integers(3))
    params, payload = stream.params, stream.words.astype("<u8").tobytes()
    fields = {
        "version": 1,
        "header_bytes": 40 + 8 * len(shape),
        "bits": params.bits,
        "signed": int(params.signed),
        "n_low": params.n_low,
        "align": params.align,
        "prefix_w": params.prefix_w,
        "dimensions": len(shape),
        "reserved": 0,
        "count": stream.count,
        "payload_bytes": len(payload),
    }
    return Draft(stream, shape, fields, payload)


def legal(draft: Draft, size: int) -> bool:
    """Whether a reader accepts the header of a packed file of `size` bytes: the table of docs/file_format.md."""
    f = draft.fields
    groups = -(-f["count"] // 16)
    longest = -(-groups * max(f["prefix_w"] + 16, f["align"]) // 64) * 8
    return (
        f["version"] == 1
        and f["bits"] in (8, 16)
        and f["signed"] <= 1
        and f["n_low"] < f["bits"]
        and f["align"] in (1, 64)
        and (f["prefix_w"] == 4 or (f["prefix_w"], f["bits"]) == (3, 8))
        and f["dimensions"] == len(draft.shape)
        and f["header_bytes"] == 40 + 8 * len(draft.shape)
        and f["reserved"] == 0
        and f["count"] == math.prod(draft.shape) >= 1
        and f["payload_bytes"] % 8 == 0
        and f["payload_bytes"] >= longest
        and f["payload_bytes"] == size - f["header_bytes"]
    )


def _judged(kind: str, draft: Draft) -> FuzzFile:
    """Return the file with what the specification makes of it."""
    data = draft.pack()
    if not legal(draft, len(data)):
        return FuzzFile(kind, data, _REFUSED)
    f = draft.fields
    settings = (f["bits"], bool(f["signed"]), f["n_low"], f["align"], f["prefix_w"])
    words = np.frombuffer(draft.payload, "<u8").tolist()
    values, code = brute.decode_bits(brute.from_words(words), settings, f["count"])
    return FuzzFile(kind, data, "values" if code == CodecErrorCode.OK else CodecErrorCode(code).name, draft.shape, values)


def _with_count(rng: Rng, make: Callable[[Rng], FuzzStream]) -> FuzzStream:
    """Draw streams until one announces a value: a file of none cannot be written."""
    while True:
        stream = make(rng)
        if stream.count:
            return stream


def _any_payload(rng: Rng) -> FuzzFile:
    """An intact file around a stream that is anything."""
    return _judged("any payload", draft_of(rng, _with_count(rng, lambda rng: fuzz_stream(rng, random_settings(rng)))))


def _any_field(rng: Rng) -> FuzzFile:
    """One to three header fields with other values; the CRCs fit."""
    draft = draft_of(rng, good_stream(rng, random_settings(rng)))
    widths = {"version": 16, "header_bytes": 16, "reserved": 16, "count": 64, "payload_bytes": 64}
    for name in rng.choice(list(draft.fields), int(rng.integers(1, 4)), replace=False).tolist():
        top = (1 << widths.get(name, 8)) - 1
        near = draft.fields[name] + int(rng.integers(-2, 3))
        far = int(rng.integers(0, top, dtype=np.uint64, endpoint=True))
        draft.fields[name] = int(min(max(near, 0), top)) if rng.integers(2) else far
    return _judged("any field", draft)


def _damaged(rng: Rng) -> bytes:
    return draft_of(rng, good_stream(rng, random_settings(rng))).pack()


def _flipped(rng: Rng) -> FuzzFile:
    """Up to three flipped bits in one file, CRCs left as they were: CRC-32 sees all of them."""
    data = bytearray(_damaged(rng))
    for bit in rng.choice(8 * len(data), int(rng.integers(1, 4)), replace=False).tolist():
        data[bit // 8] ^= 1 << bit % 8
    return FuzzFile("flipped", bytes(data), _REFUSED)


def _cut(rng: Rng) -> FuzzFile:
    data = _damaged(rng)
    return FuzzFile("cut", data[: int(rng.integers(len(data)))], _REFUSED)


def _extended(rng: Rng) -> FuzzFile:
    return FuzzFile("extended", _damaged(rng) + rng.bytes(int(rng.integers(1, 40))), _REFUSED)


def _random_bytes(rng: Rng) -> FuzzFile:
    """No file at all, half of them behind the right magic."""
    head = b"DPR\x1a" * int(rng.integers(2))
    return FuzzFile("random bytes", head + rng.bytes(int(rng.integers(0, 200))), _REFUSED)


FILES: dict[str, Callable[[Rng], FuzzFile]] = {
    function.__name__.removeprefix("_"): function
    for function in (_any_payload, _any_field, _flipped, _cut, _extended, _random_bytes)
}


def fuzz_file(rng: Rng, kind: str = "") -> FuzzFile:
    """Return a file of a kind, a random one by default. Raises KeyError for a kind that does not exist."""
    return FILES[kind or str(rng.choice(list(FILES)))](rng)
