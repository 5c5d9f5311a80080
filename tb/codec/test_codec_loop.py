# SPDX-License-Identifier: Apache-2.0
"""Tests of compressor and decompressor in a loop."""

from __future__ import annotations

import pyuvm

from tb.codec.base import CodecTest
from tb.codec.env import LoopEnv, WatchedLoopEnv
from tb.codec.stalls import spread_profiles
from tb.codec.tensors import STIMULI

_AMOUNTS = {
    "precision_sweep": 1,
    "tails": 2,
    "distributions": 2,
    "switching": 4,
    "most_negative": 3,
    "singles": 12,
    "mixed": 16,
}


@pyuvm.test()
class CodecLoopRandom(CodecTest):
    """Groups in, groups out, with no word of a container looked at: what comes out is what went in, trimmed."""

    env_type = LoopEnv

    async def stimulus(self) -> None:
        await self.send(spread_profiles(self.drawn(STIMULI, _AMOUNTS), self.context.rng("profiles")))


@pyuvm.test()
class CodecPassive(CodecLoopRandom):
    """The same loop inside the block environments, whose agents on the stream in the middle only watch it."""

    env_type = WatchedLoopEnv
