# SPDX-License-Identifier: Apache-2.0
"""When every beat has to leave the codec if nobody stalls: the cycle contract of docs/architecture.md, section 5.

The schedules follow from the contract and the constant latencies below; a bubble anywhere is a difference.
Cycle 0 is the one in which the first beat goes in, and the input never pauses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from models.codec import GroupStats, encode_groups, group_count
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
        ends = np.cumsum(_stats(item).container_bits)
        words = -(-int(ends[-1]) // WORD)
        group = np.searchsorted(ends, WORD * np.arange(1, words + 1))
        parts.append(first + np.minimum(group, ends.size - 1))
        first += ends.size
    return np.concatenate(parts)


def last_words(items: Sequence[TensorItem]) -> np.ndarray:
    """Return the last word of each group's container, int64 [groups]; words count through all tensors."""
    parts, first = [], 0
    for item in items:
        ends = np.cumsum(_stats(item).container_bits)
        parts.append(first - (-ends // WORD) - 1)
        first += int(-(-ends[-1] // WORD))
    return np.concatenate(parts)


def compressor_schedule(items: Sequence[TensorItem]) -> np.ndarray:
    """Return the cycle of every word of the compressor, int64 [words].

    A container joins the output one cycle after the one before, or later when the output is the limit: in the cycle in
    which the last whole word leaves (a tensor's last container: its last word). A word leaves from the next cycle on.
    """
    counts = np.bincount(word_groups(items), minlength=groups_of(items)).tolist()  # words that each container completes
    cycles = []
    joined = left = -1
    for words in counts:
        joined = max(joined + 1, left)
        for _ in range(words):
            left = max(left, joined) + 1
            cycles.append(left)
    return np.array(cycles) + COMPRESSOR_LATENCY - 1


def decompressor_schedule(items: Sequence[TensorItem], config: DesignConfig) -> np.ndarray:
    """Return the cycle of every group of the decompressor, int64 [groups].

    A container goes to the engine whose turn it is once all of it is in the input buffer, one a cycle; an engine takes a
    cycle for every value. A word enters the buffer when that holds less than the longest container, and only words of one
    tensor: the next one's enter from the cycle on in which the last container leaves.
    """
    longest = items[0].params.header_bits + GROUP * config.p
    free = [0] * config.engines
    cycles, cycle, out = [], WORD_TO_ENGINE - 1, -1
    for item in items:
        fill = 0
        for bits, taken, length in _containers(item):
            engine = len(cycles) % config.engines
            while True:
                if fill < longest:  # past the last word of a tensor, too: all its containers are there then
                    fill += WORD
                cycle += 1
                if fill >= bits and cycle >= free[engine]:
                    break
            fill -= taken
            free[engine] = cycle + length
            out = max(out + 1, free[engine] + ENGINE_TO_OUTPUT)
            cycles.append(out)
    return np.array(cycles)


def _stats(item: TensorItem) -> GroupStats:
    return encode_groups(item.trimmed, item.params)


def _containers(item: TensorItem) -> Iterator[tuple[int, int, int]]:
    """Yield each container's bits without and with padding, and its group's length."""
    stats = _stats(item)
    bits = stats.precision * stats.nnz + item.params.header_bits
    lengths = np.minimum(item.values.size - GROUP * np.arange(bits.size), GROUP)
    return zip(bits.tolist(), stats.container_bits.tolist(), lengths.tolist(), strict=True)


def decompressor_bound(items: Sequence[TensorItem], config: DesignConfig) -> int:
    """Return the cycle by which the last group of good tensors is out, from the contract alone.

    No container costs more than its words or its share of the engines' time, whichever is more, but that one round of the
    engines may come on top.
    """
    words = np.diff(last_words(items), prepend=-1)
    cost = np.maximum(np.maximum(words, 1), GROUP / config.engines)
    return int(np.ceil(cost.sum())) + GROUP + WORD_TO_ENGINE + ENGINE_TO_OUTPUT + GROUP


def groups_of(items: Sequence[TensorItem]) -> int:
    """Return the number of groups of all tensors."""
    return sum(group_count(item.values.size) for item in items)
