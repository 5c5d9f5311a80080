# SPDX-License-Identifier: Apache-2.0
"""Containers as fields that can be bent, and their assembly bit by bit (docs/architecture.md, section 4).

Slow and plain on purpose: it is a second way to make a stream, independent of models/codec.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from models.codec import CodecParams
from models.config import GROUP

WORD = 64
Z_BITS = 16


@dataclass
class Container:
    """One group's fields. `width` of a code is prefix + 1; padding is what follows the codes up to the end of the word."""

    prefix: int
    z: int
    codes: list[int] = field(default_factory=list)
    padding: int = 0

    @property
    def width(self) -> int:
        """Bits of a code."""
        return self.prefix + 1

    def bits(self, params: CodecParams) -> int:
        """Length without padding."""
        return params.prefix_w + Z_BITS + self.width * len(self.codes)


def containers_of(values: Sequence[int], params: CodecParams, widen: int = 0) -> list[Container]:
    """Return the containers of trimmed values; `widen` makes every code that many bits wider, as far as is legal."""
    groups = [[int(value) for value in values[start : start + GROUP]] for start in range(0, len(values), GROUP)]
    return [_container(group, params, widen) for group in groups]


def _container(group: list[int], params: CodecParams, widen: int) -> Container:
    magnitudes = [abs(value) >> params.n_low for value in group]
    if not any(magnitudes):
        return Container(0, 0)
    longest = params.bits - params.n_low
    needed = min(max(magnitudes).bit_length() + params.signed, longest)
    width = min(needed + widen, longest)
    codes = [_code(value, params) for value, magnitude in zip(group, magnitudes, strict=True) if magnitude]
    return Container(width - 1, sum(1 << i for i, magnitude in enumerate(magnitudes) if magnitude), codes)


def _code(value: int, params: CodecParams) -> int:
    if not params.signed:
        return value >> params.n_low
    if value == -(1 << (params.bits - 1)):
        return 1  # negative zero
    return (abs(value) >> params.n_low) << 1 | (value < 0)


def assemble(containers: Sequence[Container], params: CodecParams) -> np.ndarray:
    """Return the stream, uint64. The last container is padded to a word; the others are if align = 64."""
    stream = position = 0
    for index, container in enumerate(containers):
        fields = [(container.prefix, params.prefix_w), (container.z, Z_BITS)]
        fields += [(code, container.width) for code in container.codes]
        for value, width in fields:
            stream |= (value & ((1 << width) - 1)) << position
            position += width
        if params.align == WORD or index == len(containers) - 1:
            room = -position % WORD
            stream |= (container.padding & ((1 << room) - 1)) << position
            position += room
    return np.frombuffer(stream.to_bytes(position // 8, "little"), dtype="<u8").astype(np.uint64)
