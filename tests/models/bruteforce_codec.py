# SPDX-License-Identifier: Apache-2.0
"""The container of docs/architecture.md section 4, once more: bit by bit, on lists, as close to its words as possible.

It shares no line with models/codec and is the independent expectation of its tests. Settings are a plain tuple
(bits, signed, n_low, align, prefix_w).
"""

from __future__ import annotations

Settings = tuple[int, bool, int, int, int]

OK, ZERO_CODE, NEGATIVE_ZERO, PADDING, Z_BEYOND_LENGTH, TRUNCATED, RANGE, OVERRUN = range(8)


def to_bits(number: int, width: int) -> list[int]:
    """Return a field, least significant bit first; it must fit."""
    assert 0 <= number < 1 << width
    return [number >> i & 1 for i in range(width)]


def to_number(bits: list[int]) -> int:
    return sum(bit << i for i, bit in enumerate(bits))


def to_words(bits: list[int]) -> list[int]:
    """Return the 64-bit words of a stream, the last one filled up with zeros."""
    return [to_number(bits[i : i + 64]) for i in range(0, len(bits), 64)]


def from_words(words: list[int]) -> list[int]:
    return [bit for word in words for bit in to_bits(int(word), 64)]


def trimmed(value: int, n_low: int) -> int:
    """Return the value without the magnitude bits below n_low."""
    kept = abs(value) // 2**n_low * 2**n_low
    return -kept if value < 0 else kept


def precision(values: list[int], settings: Settings) -> int:
    """Return the group precision of docs/architecture.md section 3."""
    bits, signed, n_low, _, _ = settings
    values = [trimmed(value, n_low) for value in values]
    if not any(values):
        return 0
    longest = max(len(f"{abs(value):b}") for value in values)
    return min(bits, longest + 1) - n_low if signed else longest - n_low


def code_of(value: int, settings: Settings) -> int:
    bits, signed, n_low, _, _ = settings
    if not signed:
        return value >> n_low
    if value == -(2 ** (bits - 1)):
        return 1
    return (abs(value) >> n_low) * 2 + (value < 0)


def container(prefix: int, z: int, codes: list[int], width: int, settings: Settings) -> list[int]:
    """Return the bits of a container with any fields, also malformed ones, with its padding."""
    align, prefix_w = settings[3:]
    bits = to_bits(prefix, prefix_w) + to_bits(z, 16)
    for code in codes:
        bits += to_bits(code, width)
    return bits + [0] * (-len(bits) % align)


def group_bits(group: list[int], settings: Settings) -> list[int]:
    """Return the container of up to 16 trimmed values."""
    p = precision(group, settings)
    z = sum(1 << i for i, value in enumerate(group) if value != 0)
    codes = [code_of(value, settings) for value in group if value != 0]
    return container(max(p - 1, 0), z, codes, p, settings)


def encode_bits(values: list[int], settings: Settings) -> list[int]:
    """Return the stream's bits, up to a whole number of words."""
    bits = []
    for first in range(0, len(values), 16):
        bits += group_bits(values[first : first + 16], settings)
    return bits + [0] * (-len(bits) % 64)


class _MalformedError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Reader:
    """Takes fields off a bit list."""

    def __init__(self, bits: list[int]) -> None:
        self.bits = bits
        self.position = 0

    def take(self, width: int) -> int:
        if self.position + width > len(self.bits):
            raise _MalformedError(TRUNCATED)
        self.position += width
        return to_number(self.bits[self.position - width : self.position])

    def skip_padding(self, align: int) -> None:
        if self.take(-self.position % align):
            raise _MalformedError(PADDING)


def _value_of(code: int, width: int, settings: Settings) -> int:
    bits, signed, n_low, _, _ = settings
    if code == 0:
        raise _MalformedError(ZERO_CODE)
    if not signed:
        return code << n_low
    if code == 1:
        if width + n_low < bits:
            raise _MalformedError(NEGATIVE_ZERO)
        return -(2 ** (bits - 1))
    magnitude = (code >> 1) << n_low
    return -magnitude if code % 2 else magnitude


def _read_group(reader: _Reader, length: int, last: bool, settings: Settings) -> list[int]:
    bits, _, n_low, align, prefix_w = settings
    header = reader.take(prefix_w + 16)
    prefix, z = header % 2**prefix_w, header >> prefix_w
    if prefix + n_low >= bits:
        raise _MalformedError(RANGE)
    if any(z >> i & 1 for i in range(length, 16)):
        raise _MalformedError(Z_BEYOND_LENGTH)
    width = prefix + 1
    present = [i for i in range(16) if z >> i & 1]
    codes = [reader.take(width) for _ in present]  # complete before any code is judged
    values = [0] * length
    for i, code in zip(present, codes, strict=True):
        values[i] = _value_of(code, width, settings)
    reader.skip_padding(64 if last else align)
    return values


def decode_bits(bits: list[int], settings: Settings, count: int) -> tuple[list[int], int]:
    """Return (values of the groups before the first malformed container, error code)."""
    reader = _Reader(bits)
    values = []
    try:
        for first in range(0, count, 16):
            length = min(16, count - first)
            values += _read_group(reader, length, first + length == count, settings)
    except _MalformedError as error:
        return values, error.code
    return values, OVERRUN if reader.position < len(bits) else OK
