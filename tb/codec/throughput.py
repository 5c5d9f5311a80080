# SPDX-License-Identifier: Apache-2.0
"""When every beat has to leave the codec if nobody stalls: the cycle contract of docs/architecture.md, section 5.

The schedules follow from the contract and the constant latencies below; a bubble anywhere is a difference.
Cycle 0 is the one in which the first beat goes in, and the input never pauses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.codec import encode_groups, group_count
from models.config import GROUP, DesignConfig
from tb.codec.items import TensorItem

WORD = 64
COMPRESSOR_LATENCY = 5  # from a group's cycle at the input to that of the first word it completes at the output
WORD_TO_ENGINE = 2  # from the cycle of a container's last word at the input to the one in which an engine takes it
ENGINE_TO_OUTPUT = 2  # from the cycle after an engine's last value to the group's cycle at the output


def word_groups(items: Sequence[TensorItem]) -> np.ndarray:
    """Return the group that completes each word of tensors sent back to back, int64 [words]; groups count through."""
    parts, first = [], 0
    for item in items:
        ends = np.cumsum(encode_groups(item.trimmed, item.params).container_bits)
        words = -(-int(ends[-1]) // WORD)
        group = np.searchsorted(ends, WORD * np.arange(1, words + 1))
        parts.append(first + np.minimum(group, ends.size - 1))
        first += ends.size
    return np.concatenate(parts)


def last_words(items: Sequence[TensorItem]) -> np.ndarray:
    """Return the last word of each group's container, int64 [groups]; words count through all tensors."""
    parts, first = [], 0
    for item in items:
        ends = np.cumsum(encode_groups(item.trimmed, item.params).container_bits)
        parts.append(first - (-ends // WORD) - 1)
        first += int(-(-ends[-1] // WORD))
    return np.concatenate(parts)


def compressor_schedule(items: Sequence[TensorItem]) -> np.ndarray:
    """Return the cycle of every word of the compressor, int64 [words].

    A container joins the output one cycle after the one before, or later when the output is the limit: in the cycle in
    which the last whole word leaves (a tensor's last container: its last word). A word leaves from the next cycle on.
    """
    counts = np.bincount(word_groups(items), minlength=groups_of(items)).tolist()  # words that each container completes
    cycles, joined, left = [], -1, -1
    for words in counts:
        joined = max(joined + 1, left)
        for _ in range(words):
            left = max(left, joined) + 1
            cycles.append(left)
    return np.array(cycles) + COMPRESSOR_LATENCY - 1


def decompressor_schedule(items: Sequence[TensorItem], config: DesignConfig) -> np.ndarray:
    """Return the cycle of every group of the decompressor, int64 [groups].

    A container goes to the engine whose turn it is when its last word is there, one a cycle; an engine takes a cycle for
    every value. The input buffer holds words of one tensor: the next one's enter from the cycle on in which the last
    container leaves. Exact where all containers are of one size: there the size of the buffer does not matter.
    """
    words = last_words(items).tolist()
    free = [0] * config.engines
    cycles, start, out, group, first_word, opened = [], -1, -1, 0, 0, 0
    for item in items:
        for length in _lengths(item.values.size):
            engine = group % config.engines
            there = max(words[group] + WORD_TO_ENGINE, opened + words[group] - first_word + 1)
            start = max(there, start + 1, free[engine])
            free[engine] = start + length
            out = max(out + 1, free[engine] + ENGINE_TO_OUTPUT)
            cycles.append(out)
            group += 1
        first_word, opened = words[group - 1] + 1, start
    return np.array(cycles)


def decompressor_bound(items: Sequence[TensorItem], config: DesignConfig) -> int:
    """Return the cycle by which the last group of any good tensors is out.

    No container costs more than its words or its share of the engines' time, whichever is more, but that one round of the
    engines may come on top.
    """
    words = np.diff(last_words(items), prepend=-1)
    cost = np.maximum(np.maximum(words, 1), GROUP / config.engines)
    return int(np.ceil(cost.sum())) + GROUP + WORD_TO_ENGINE + ENGINE_TO_OUTPUT + GROUP


def _lengths(count: int) -> list[int]:
    return [GROUP] * (count // GROUP) + ([count % GROUP] if count % GROUP else [])


def groups_of(items: Sequence[TensorItem]) -> int:
    """Return the number of groups of all tensors."""
    return sum(group_count(item.values.size) for item in items)
