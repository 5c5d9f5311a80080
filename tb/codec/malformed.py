# SPDX-License-Identifier: Apache-2.0
"""Malformed streams: each kind bends one good stream in one way, in its first, a middle or its last container.

What the decompressor has to say to it comes from the model; the expected error of a kind is here only for the tests of
this file and for coverage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.codec import CodecErrorCode, CodecParams
from models.config import GROUP, DesignConfig
from tb.codec.containers import WORD, Z_BITS, Container, assemble, containers_of
from tb.codec.items import StreamItem
from tb.codec.tensors import group_of

Rng = np.random.Generator
POSITIONS = ("first", "middle", "last")
_GROUPS = 5  # containers of a stream that will be bent, at least


class Draft:
    """A good stream under construction: codes of 3 to 8 bits, `nonzero` in a group, and a last group of `tail` values."""

    def __init__(self, rng: Rng, params: CodecParams, position: str, kind: Kind, groups: int) -> None:
        nonzero, tail = kind.nonzero, kind.tail
        self.rng, self.params, self.groups = rng, params, groups
        self.index = {"first": 0, "middle": int(rng.integers(1, groups - 1)), "last": groups - 1}[position]
        widths = rng.integers(3, min(8, params.bits - params.n_low - 1) + 1, groups).tolist()
        groups = [group_of(rng, params, width, nonzero) for width in widths[:-1]]
        groups.append(group_of(rng, params, widths[-1], GROUP)[:tail])
        values = np.concatenate(groups)
        self.count = values.size
        self.containers = containers_of(trimmed(values, params), params)
        self.extra: list[int] = []  # words after the stream
        self.cut = 0  # words taken off its end

    @property
    def target(self) -> Container:
        """The container to bend."""
        return self.containers[self.index]

    def a_code(self) -> int:
        """Return the index of one of the target's codes."""
        return int(self.rng.integers(len(self.target.codes)))

    def words(self) -> np.ndarray:
        """The stream."""
        words = assemble(self.containers, self.params)
        return np.concatenate([words[: words.size - self.cut], np.array(self.extra, np.uint64)])


def trimmed(values: np.ndarray, params: CodecParams) -> np.ndarray:
    """Drop the magnitude bits below n_L, int64."""
    return np.sign(values) * (abs(values) >> params.n_low << params.n_low)


def _zero_code(draft: Draft) -> None:
    draft.target.codes[draft.a_code()] = 0


def _negative_zero(draft: Draft) -> None:
    draft.target.codes[draft.a_code()] = 1  # no code of a draft is as long as P - n_L


def _padding(draft: Draft) -> None:
    draft.target.codes = draft.target.codes[: (44 - 1) // draft.target.width]  # room for padding behind 20 bits of header
    draft.target.z &= (1 << _bit_above(draft.target.z, len(draft.target.codes))) - 1
    before = sum(container.bits(draft.params) for container in draft.containers[: draft.index + 1])
    room = -(before if draft.params.align == 1 else draft.target.bits(draft.params)) % WORD
    if room == 0:  # ends with its word by chance: one code less
        draft.target.codes.pop()
        draft.target.z &= (1 << _bit_above(draft.target.z, len(draft.target.codes))) - 1
        room = draft.target.width
    draft.target.padding = 1 << int(draft.rng.integers(room))


def _bit_above(z: int, codes: int) -> int:
    """Return the position below which `z` has `codes` bits."""
    positions = [i for i in range(Z_BITS) if z >> i & 1]
    return positions[codes - 1] + 1


def _z_beyond_length(draft: Draft) -> None:
    free = [i for i in range(Z_BITS) if i >= draft.count % GROUP]
    draft.target.z |= 1 << int(draft.rng.choice(free))
    draft.target.codes.append(1)


def _truncated(draft: Draft) -> None:
    """End right before a container or at any word boundary in it; whole groups of 3 bits and more are longer than a word."""
    words, start, end = (
        assemble(draft.containers[:stop], draft.params).size for stop in (draft.groups, draft.index, draft.index + 1)
    )
    draft.cut = words - int(draft.rng.integers(max(start, 1), end))


def _range(draft: Draft) -> None:
    lowest = draft.params.bits - draft.params.n_low
    draft.target.prefix = int(draft.rng.integers(lowest, 1 << draft.params.prefix_w))


def _overrun(draft: Draft) -> None:
    draft.extra = draft.rng.integers(0, 1 << 63, int(draft.rng.integers(1, 5))).tolist()


def _overrun_zero_words(draft: Draft) -> None:
    draft.extra = [0] * int(draft.rng.integers(1, 5))


def _count_zero(draft: Draft) -> None:
    draft.count = 0


def _count_too_large(draft: Draft) -> None:
    """The descriptor announces up to 2^32 - 1 values; in packed streams zeros after the last container are groups of zeros."""
    draft.count = int(draft.rng.integers(draft.groups * GROUP * 8, 1 << 32))


def _early_and_late(draft: Draft) -> None:
    """Two errors in one stream: only the first counts."""
    _zero_code(draft)
    _overrun(draft)


@dataclass(frozen=True)
class Kind:
    """How a stream is bent, where it can be, in which settings and drafts, and what the decompressor will call it."""

    bend: Callable[[Draft], None]
    error: CodecErrorCode
    positions: tuple[str, ...] = POSITIONS
    signed: bool | None = None  # None: both
    n_low: bool = False  # needs n_L > 0
    nonzero: int = 11  # values of a group that are not zero
    tail: int = 5  # values of the last group


KINDS = {
    "zero code": Kind(_zero_code, CodecErrorCode.ZERO_CODE),
    "negative zero": Kind(_negative_zero, CodecErrorCode.NEGATIVE_ZERO, signed=True),
    "padding": Kind(_padding, CodecErrorCode.PADDING),
    "Z beyond length": Kind(_z_beyond_length, CodecErrorCode.Z_BEYOND_LENGTH, ("last",)),
    "truncated": Kind(_truncated, CodecErrorCode.TRUNCATED, nonzero=GROUP, tail=GROUP),
    "range": Kind(_range, CodecErrorCode.RANGE, n_low=True),
    "overrun": Kind(_overrun, CodecErrorCode.OVERRUN, ("last",)),
    "overrun by zero words": Kind(_overrun_zero_words, CodecErrorCode.OVERRUN, ("last",)),
    "count zero": Kind(_count_zero, CodecErrorCode.OVERRUN, ("first",)),
    "count too large": Kind(_count_too_large, CodecErrorCode.TRUNCATED, ("middle",)),
    "zero code, then overrun": Kind(_early_and_late, CodecErrorCode.ZERO_CODE),
}


def reachable(config: DesignConfig) -> list[tuple[str, str]]:
    """Return every (kind, position) that exists: packed containers have no padding but at the end."""
    return [
        (name, position)
        for name, kind in KINDS.items()
        for position in kind.positions
        if not (name == "padding" and config.align == 1 and position != "last")
    ]


def malformed_params(rng: Rng, config: DesignConfig, kind: Kind) -> CodecParams:
    """Return random settings in which the kind exists; n_L leaves at least four bits."""
    signed = bool(rng.integers(2)) if kind.signed is None else kind.signed
    n_low = int(rng.integers(1, config.p - 3)) if kind.n_low or rng.integers(2) else 0
    return CodecParams.for_design(config, signed, n_low)


def malformed(rng: Rng, config: DesignConfig, name: str, position: str, groups: int = _GROUPS) -> StreamItem:
    """Return a stream of that kind of `groups` containers, at least 3, bent in the container at that position."""
    kind = KINDS[name]
    params = malformed_params(rng, config, kind)
    draft = Draft(rng, params, position, kind, groups)
    kind.bend(draft)
    return StreamItem(draft.words(), params, draft.count, "uniform", name, position)


def flipped(rng: Rng, item: StreamItem) -> StreamItem:
    """Return the stream with 1 to 3 random bits flipped: perhaps malformed, perhaps another good stream."""
    words = item.words.copy()
    for _ in range(int(rng.integers(1, 4))):
        words[rng.integers(words.size)] ^= np.uint64(1) << np.uint64(rng.integers(WORD))
    return StreamItem(words, item.params, item.count, item.distribution, "bit flips")
