# SPDX-License-Identifier: Apache-2.0
"""Random tensors and malformed streams for the codec's RTL tests. All randomness comes from the caller's generator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.codec_rtl import bruteforce as bf


@dataclass
class Tensor:
    """A tensor as the decompressor sees it: `count` of the descriptor, the words through tlast."""

    fmt: bf.Format
    count: int
    words: list[int]


def random_format(rng: np.random.Generator, p: int, prefix_w: int, align: int) -> bf.Format:
    """Signed or not, n_l mostly 0."""
    n_l = 0 if rng.random() < 0.5 else int(rng.integers(p))
    return bf.Format(p, prefix_w, align, bool(rng.integers(2)), n_l)


def random_group(rng: np.random.Generator, fmt: bf.Format, length: int) -> list[int]:
    """Values of one of several shapes: zeros, narrow, full range, one outlier, extremes, sparse."""
    shape = rng.integers(6)
    if shape == 0:
        return [0] * length
    if shape == 1:
        return [int(v) for v in rng.choice([fmt.lowest, fmt.highest, 0, 1], length)]
    width = fmt.p if shape == 2 else int(rng.integers(1, fmt.p + 1))
    values = rng.integers(fmt.lowest, fmt.highest, length, endpoint=True) // (1 << (fmt.p - width))
    if shape == 3:
        values = values * (rng.random(length) < 0.3)
    if shape == 4:
        values = values % 2
        values[rng.integers(length)] = rng.integers(fmt.lowest, fmt.highest, endpoint=True)
    return [int(v) for v in values]


def random_values(rng: np.random.Generator, fmt: bf.Format, max_groups: int = 8) -> list[int]:
    """A tensor of 1 to 16 * max_groups values; one in three is a multiple of 16."""
    groups = int(rng.integers(1, max_groups + 1))
    tail = int(rng.integers(1, 17)) if rng.random() < 2 / 3 else 16
    return [v for g in range(groups) for v in random_group(rng, fmt, tail if g == groups - 1 else 16)]


def good_tensor(rng: np.random.Generator, fmt: bf.Format, max_groups: int = 8) -> Tensor:
    """A well-formed tensor."""
    values = random_values(rng, fmt, max_groups)
    return Tensor(fmt, len(values), bf.encode(values, fmt))


def malformed_tensor(rng: np.random.Generator, fmt: bf.Format, error: int) -> Tensor:
    """A tensor with a defect of kind `error` at a random place, and sometimes a second defect further on.

    Not every defect takes effect in every format: what the stream then means is for `bruteforce.decode` to say.
    """
    values = random_values(rng, fmt)
    containers = [bf.encode_group(group, fmt) for group in bf.split(values)]
    first = int(rng.integers(len(containers)))
    words = _break(rng, fmt, containers, len(values), first, error)
    if words is None and rng.random() < 0.3:
        _break(rng, fmt, containers, len(values), int(rng.integers(first, len(containers))), int(rng.integers(1, 7)))
    return Tensor(fmt, len(values), words or bf.containers_to_words(containers, fmt))


def _break(
    rng: np.random.Generator, fmt: bf.Format, containers: list[bf.Container], count: int, index: int, error: int
) -> list[int] | None:
    """Damage container `index`, or return damaged words."""
    container = containers[index]
    if error in (bf.ZERO_CODE, bf.NEGATIVE_ZERO):
        if not container.codes:
            position = int(rng.integers(min(16, count - 16 * index)))
            container.z[position], container.codes = 1, [2]
        container.codes[rng.integers(len(container.codes))] = error - bf.ZERO_CODE
    elif error == bf.PADDING:
        container.padding = [int(bit) for bit in rng.random(63) < 0.03]
        container.padding[rng.integers(63)] = 1
    elif error == bf.Z_BEYOND_LENGTH:
        tail = containers[-1]
        tail.z[-1], tail.codes = 1, [*tail.codes, 1]
    elif error == bf.RANGE:
        container.prefix = min((1 << fmt.prefix_w) - 1, fmt.p - fmt.n_l + int(rng.integers(3)))
    else:
        words = bf.containers_to_words(containers, fmt)
        if error == bf.TRUNCATED:
            return words[: int(rng.integers(1, len(words)))] if len(words) > 1 else words
        return words + [int(rng.integers(1 << 62)) for _ in range(int(rng.integers(1, 5)))]
    return None


def noise_tensor(rng: np.random.Generator, fmt: bf.Format) -> Tensor:
    """Random words, or a good stream with a few bits turned over."""
    tensor = good_tensor(rng, fmt)
    if rng.random() < 0.5:
        tensor.words = [int(word) for word in rng.integers(1 << 63, size=len(tensor.words))]
    for _ in range(int(rng.integers(1, 4))):
        tensor.words[rng.integers(len(tensor.words))] ^= 1 << int(rng.integers(64))
    return tensor


def stalls(rng: np.random.Generator, style: str) -> Iterator[bool] | None:
    """Pause generator: "none", "half" (every cycle by itself), "bursts" (long runs), "rare"."""
    if style == "none":
        return None
    return _stalls(rng, style)


def _stalls(rng: np.random.Generator, style: str) -> Iterator[bool]:
    while True:
        if style == "bursts":
            yield from [True] * int(rng.integers(0, 40)) + [False] * int(rng.integers(0, 40))
        else:
            yield bool(rng.random() < (0.5 if style == "half" else 0.05))
