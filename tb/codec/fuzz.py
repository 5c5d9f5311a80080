# SPDX-License-Identifier: Apache-2.0
"""Streams that nobody meant: random words, and good streams cut, extended, spliced, flipped or misread. No simulator needed.

Most are malformed, some are good by chance; what a decoder has to make of one is the model's or the brute force's word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.codec import CodecParams, encode, group_count
from models.config import GROUP
from models.precision import trim
from tb.common.distributions import DISTRIBUTIONS, draw

Rng = np.random.Generator
_WORD = 64
_MOST_WORDS = 24
_MOST_GROUPS = 12


@dataclass(frozen=True)
class FuzzStream:
    """A stream and what its descriptor says. words: uint64, at least one; count: values announced, 0 at times."""

    kind: str
    words: np.ndarray
    params: CodecParams
    count: int


def random_settings(rng: Rng) -> CodecParams:
    """Draw any legal settings."""
    bits = int(rng.choice([16, 8]))
    return CodecParams(
        bits,
        signed=bool(rng.integers(2)),
        n_low=int(rng.choice([0, rng.integers(bits)])),
        align=int(rng.choice([64, 1])),
        prefix_w=4 if bits == 16 else int(rng.choice([3, 4])),
    )


def good_stream(rng: Rng, params: CodecParams) -> FuzzStream:
    """Return an intact stream of 1 to 12 groups of one distribution."""
    groups = int(rng.integers(1, _MOST_GROUPS + 1))
    count = groups * GROUP - int(rng.integers(GROUP))
    values = draw(rng, str(rng.choice(list(DISTRIBUTIONS))), groups, GROUP, params.bits, params.signed, params.n_low)
    values = trim(values.reshape(-1)[:count].astype(params.dtype), params.n_low)
    return FuzzStream("good", encode(values, params), params, count)


def _random_words(rng: Rng, params: CodecParams) -> FuzzStream:
    words = rng.integers(0, 1 << _WORD, int(rng.integers(1, _MOST_WORDS + 1)), np.uint64)
    return FuzzStream("", words, params, int(rng.integers(0, _MOST_GROUPS * GROUP)))


def _sparse_words(rng: Rng, params: CodecParams) -> FuzzStream:
    """Words with few bits set: short containers, of which more are legal."""
    stream = _random_words(rng, params)
    words = stream.words
    for _ in range(int(rng.integers(1, 5))):
        words = words & rng.integers(0, 1 << _WORD, words.size, np.uint64)
    return replace(stream, words=words)


def _flipped(rng: Rng, params: CodecParams) -> FuzzStream:
    stream = good_stream(rng, params)
    words = stream.words.copy()
    for _ in range(int(rng.integers(1, 9))):
        words[rng.integers(words.size)] ^= np.uint64(1) << np.uint64(rng.integers(_WORD))
    return replace(stream, words=words)


def _cut(rng: Rng, params: CodecParams) -> FuzzStream:
    stream = good_stream(rng, params)
    return replace(stream, words=stream.words[: int(rng.integers(1, stream.words.size + 1))])


def _extended(rng: Rng, params: CodecParams) -> FuzzStream:
    stream = good_stream(rng, params)
    more = rng.integers(0, 1 << _WORD, int(rng.integers(1, 9)), np.uint64) * np.uint64(rng.integers(2))
    return replace(stream, words=np.concatenate([stream.words, more]))


def _spliced(rng: Rng, params: CodecParams) -> FuzzStream:
    """The beginning of one stream and the end of another."""
    one, other = good_stream(rng, params), good_stream(rng, params)
    words = np.concatenate([one.words[: rng.integers(one.words.size + 1)], other.words[rng.integers(other.words.size) :]])
    return replace(one, words=words)


def _miscounted(rng: Rng, params: CodecParams) -> FuzzStream:
    stream = good_stream(rng, params)
    return replace(stream, count=int(rng.integers(0, 2 * group_count(stream.count) * GROUP)))


def _misread(rng: Rng, params: CodecParams) -> FuzzStream:
    """The stream of other settings; width and alignment stay, which a design cannot change."""
    other = replace(params, signed=bool(rng.integers(2)), n_low=int(rng.integers(params.bits)))
    return replace(good_stream(rng, other), params=params)


FUZZ: dict[str, Callable[[Rng, CodecParams], FuzzStream]] = {
    "good": good_stream,
    "random words": _random_words,
    "sparse words": _sparse_words,
    "flipped": _flipped,
    "cut": _cut,
    "extended": _extended,
    "spliced": _spliced,
    "miscounted": _miscounted,
    "misread": _misread,
}


def fuzz_stream(rng: Rng, params: CodecParams, kind: str = "") -> FuzzStream:
    """Return a stream of a kind, a random one by default. Raises KeyError for a kind that does not exist."""
    kind = kind or str(rng.choice(list(FUZZ)))
    return replace(FUZZ[kind](rng, params), kind=kind)
