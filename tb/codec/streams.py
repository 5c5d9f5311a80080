# SPDX-License-Identifier: Apache-2.0
"""Streams for the decompressor: named generators of StreamItem. They need no simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle, product

import numpy as np

from models.codec import CodecErrorCode, encode
from models.config import GROUP, DesignConfig
from tb.codec.containers import assemble, containers_of
from tb.codec.items import StreamItem, TensorItem
from tb.codec.malformed import KINDS, flipped, malformed, reachable
from tb.codec.stalls import PROFILES
from tb.codec.tensors import STIMULI, mixed, random_params, tensor

Rng = np.random.Generator
_SHORTEST = 5  # containers of a malformed stream
StreamStimulus = Callable[[Rng, DesignConfig, int], Iterator[StreamItem]]


def stream_of(item: TensorItem) -> StreamItem:
    """Return the good stream of a tensor, under the same stalls."""
    stream = StreamItem(encode(item.trimmed, item.params), item.params, item.values.size, item.distribution)
    stream.profile = item.profile
    return stream


def good(name: str) -> StreamStimulus:
    """Return the generator of the good streams of the tensors STIMULI[name]."""

    def streams(rng: Rng, config: DesignConfig, amount: int) -> Iterator[StreamItem]:
        return (stream_of(item) for item in STIMULI[name](rng, config, amount))

    return streams


def wide_prefixes(rng: Rng, config: DesignConfig, amount: int) -> Iterator[StreamItem]:
    """`amount` good streams whose prefixes are larger than needed, which an encoder never makes."""
    for _ in range(amount):
        params = random_params(rng, config)
        item = tensor(rng, params, "short", int(rng.integers(1, 5 * GROUP)))
        words = assemble(containers_of(item.trimmed.tolist(), params, int(rng.integers(1, 5))), params)
        yield StreamItem(words, params, item.values.size, "short", "wide prefix")


def malformed_sweep(rng: Rng, config: DesignConfig, amount: int) -> Iterator[StreamItem]:
    """Every kind at every position and under every stalls, `amount` times; good streams in between in every other turn.

    Streams bent in their last container have one container more each, so that errors come to every engine.
    """
    lengths = cycle(range(_SHORTEST, _SHORTEST + config.engines))
    for turn, (place, profile) in product(range(amount), enumerate(PROFILES)):
        for kind, spec in KINDS.items():
            positions = [position for name, position in reachable(config) if name == kind]
            position = positions[place % len(positions)]
            groups = next(lengths) if position == "last" and spec.error != CodecErrorCode.OVERRUN else _SHORTEST
            item = malformed(rng, config, kind, position, groups)
            item.profile = profile
            yield item
            if turn % 2 == 0 and place % 2 == 0:
                yield stream_of(tensor(rng, random_params(rng, config), "uniform", int(rng.integers(1, 3 * GROUP))))


def bit_flips(rng: Rng, config: DesignConfig, amount: int) -> Iterator[StreamItem]:
    """`amount` random streams with some bits flipped."""
    for item in mixed(rng, config, amount):
        yield _stalled(rng, flipped(rng, stream_of(item)))


def _stalled(rng: Rng, item: StreamItem) -> StreamItem:
    item.profile = str(rng.choice(list(PROFILES)))
    return item


STREAMS: dict[str, StreamStimulus] = {
    **{name: good(name) for name in STIMULI},
    **{function.__name__: function for function in (wide_prefixes, malformed_sweep, bit_flips)},
}
