# SPDX-License-Identifier: Apache-2.0
"""The container of docs/architecture.md, section 4, written down bit by bit: slow, obvious, the tests' independent path.

A stream is a list of bits (0 or 1), bit 0 first. Nothing here uses NumPy or the models.
"""

from __future__ import annotations

from dataclasses import dataclass

GROUP = 16
WORD = 64
OK, ZERO_CODE, NEGATIVE_ZERO, PADDING, Z_BEYOND_LENGTH, TRUNCATED, RANGE, OVERRUN = range(8)


@dataclass(frozen=True)
class Format:
    """How a tensor is stored: p = maximum precision, n_l = lowest bit kept."""

    p: int
    prefix_w: int
    align: int
    signed: bool
    n_l: int

    @property
    def lowest(self) -> int:
        """Smallest value."""
        return -(1 << (self.p - 1)) if self.signed else 0

    @property
    def highest(self) -> int:
        """Largest value."""
        return (1 << (self.p - 1)) - 1 if self.signed else (1 << self.p) - 1


@dataclass
class Container:
    """The fields of one container; `padding` replaces the first padding bits when it is not empty."""

    prefix: int
    z: list[int]
    codes: list[int]
    padding: list[int]


def trim(value: int, fmt: Format) -> int:
    """Drop the magnitude bits below n_l, towards zero."""
    magnitude = abs(value) >> fmt.n_l << fmt.n_l
    return -magnitude if value < 0 else magnitude


def precision(values: list[int], fmt: Format) -> int:
    """Group precision of docs/architecture.md, section 3."""
    if all(trim(value, fmt) == 0 for value in values):
        return 0
    length = max(abs(value).bit_length() for value in values)
    if fmt.signed:
        length = min(fmt.p, length + 1)
    return length - fmt.n_l


def code_of(value: int, fmt: Format) -> int:
    """The code of a value that is not zero once trimmed."""
    if not fmt.signed:
        return value >> fmt.n_l
    if value == fmt.lowest:
        return 1
    return (abs(value) >> fmt.n_l) << 1 | (value < 0)


def encode_group(values: list[int], fmt: Format) -> Container:
    """The container of 1 to 16 values."""
    z = [int(trim(value, fmt) != 0) for value in values] + [0] * (GROUP - len(values))
    codes = [code_of(value, fmt) for value in values if trim(value, fmt) != 0]
    return Container(max(0, precision(values, fmt) - 1), z, codes, [])


def number_to_bits(number: int, width: int) -> list[int]:
    """Least significant bit first."""
    return [number >> position & 1 for position in range(width)]


def bits_to_number(bits: list[int]) -> int:
    """The inverse of `number_to_bits`."""
    return sum(bit << position for position, bit in enumerate(bits))


def containers_to_words(containers: list[Container], fmt: Format) -> list[int]:
    """Lay containers one after the other, padded as `fmt.align` and the end of the tensor ask."""
    stream: list[int] = []
    for index, container in enumerate(containers):
        stream += number_to_bits(container.prefix, fmt.prefix_w) + container.z
        for code in container.codes:
            stream += number_to_bits(code, container.prefix + 1)
        if fmt.align == WORD or index == len(containers) - 1:
            missing = -len(stream) % WORD
            stream += (container.padding + [0] * missing)[:missing]
    return [bits_to_number(stream[start : start + WORD]) for start in range(0, len(stream), WORD)]


def split(values: list[int]) -> list[list[int]]:
    """Cut a tensor into groups of 16; the last may be shorter."""
    return [values[start : start + GROUP] for start in range(0, len(values), GROUP)]


def encode(values: list[int], fmt: Format) -> list[int]:
    """The words of a tensor."""
    return containers_to_words([encode_group(group, fmt) for group in split(values)], fmt)


def value_of(code: int, width: int, fmt: Format) -> int | None:
    """The value of a code that is not zero; None for a "negative zero" that stands for nothing."""
    if not fmt.signed:
        return code << fmt.n_l
    if code == 1:
        return fmt.lowest if width + fmt.n_l == fmt.p else None
    magnitude = code >> 1 << fmt.n_l
    return -magnitude if code & 1 else magnitude


def decode(words: list[int], count: int, fmt: Format) -> tuple[list[list[int]], int]:
    """Return (the groups before the first malformed container, error code). The last word is the one with tlast."""
    stream = [bit for word in words for bit in number_to_bits(word, WORD)]
    groups: list[list[int]] = []
    position = 0
    for length in [len(group) for group in split([0] * count)]:
        group, position, error = _decode_container(stream, position, length, fmt)
        if error == OK and (fmt.align == WORD or (len(groups) + 1) * GROUP >= count):
            end_of_word = position + -position % WORD
            error = PADDING if any(stream[position:end_of_word]) else OK
            position = end_of_word
        if error != OK:
            return groups, error
        groups.append(group)
    return groups, OVERRUN if position < len(stream) else OK


def _decode_container(stream: list[int], position: int, length: int, fmt: Format) -> tuple[list[int], int, int]:
    """Return (group, position after its last code, error)."""
    header = stream[position : position + fmt.prefix_w + GROUP]
    codes_start = position + fmt.prefix_w + GROUP
    error = _header_error(header, length, len(stream) - codes_start, fmt)
    if error != OK:
        return [], position, error
    width = bits_to_number(header[: fmt.prefix_w]) + 1
    position = codes_start
    group = []
    for present in header[fmt.prefix_w :][:length]:
        value: int | None = 0
        if present:
            code = bits_to_number(stream[position : position + width])
            position += width
            value = value_of(code, width, fmt)
            if code == 0 or value is None:
                return [], position, ZERO_CODE if code == 0 else NEGATIVE_ZERO
        group.append(value)
    return group, position, OK


def _header_error(header: list[int], length: int, bits_behind: int, fmt: Format) -> int:
    """What is wrong with a header that `bits_behind` bits of the stream follow."""
    if len(header) < fmt.prefix_w + GROUP:
        return TRUNCATED
    prefix, z = bits_to_number(header[: fmt.prefix_w]), header[fmt.prefix_w :]
    if prefix + fmt.n_l >= fmt.p:
        return RANGE
    if any(z[length:]):
        return Z_BEYOND_LENGTH
    return TRUNCATED if (prefix + 1) * sum(z) > bits_behind else OK
